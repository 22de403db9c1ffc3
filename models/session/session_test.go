package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/people"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// withKeys returns a handle of the database with other secret keys.
func withKeys(t *testing.T, url string, keys ...models.Secret) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, url)
	if err := errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys(keys))); err != nil {
		t.Fatal(err)
	}
	return db
}

func rowsIn(t *testing.T, db *gorm.DB, table string) (n int64) {
	t.Helper()
	if err := db.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSessionLogin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		first := modeltest.LogIn(t, s, "", "alice")
		if len(first.Key) != 32 || strings.Trim(string(first.Key), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("a key that Django would not make: %q", string(first.Key))
		}
		if left := time.Until(first.ExpireDate); left < 14*24*time.Hour-time.Minute || left > 14*24*time.Hour {
			t.Errorf("it expires in %s", left)
		}
		var alice models.User
		if db.Where("username = ?", "alice").Take(&alice); alice.LastLogin == nil || time.Since(*alice.LastLogin) > time.Minute {
			t.Errorf("last_login is %v", alice.LastLogin)
		}
		if got := modeltest.Whose(t, s, first.Key); got != "alice" {
			t.Error(got)
		}

		// Values of the user's own session move to the new key, those of
		// another user's session do not.
		if err := errors.Join(first.Set("cart", []int{1, 2}), s.Save(t.Context(), first)); err != nil {
			t.Fatal(err)
		}
		again := modeltest.LogIn(t, s, string(first.Key), "alice")
		other := modeltest.LogIn(t, s, string(again.Key), "bob")
		var cart []int
		if !again.Get("cart", &cart) || len(cart) != 2 || other.Get("cart", &cart) {
			t.Errorf("alice's cart: %v, bob's: %v", again.Get("cart", &cart), other.Get("cart", &cart))
		}
		for key, want := range map[models.Secret]string{first.Key: "no session", again.Key: "no session", other.Key: "bob"} {
			if got := modeltest.Whose(t, s, key); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// TestWhatALoginTakesOver: a login keeps a visitor's values, except the CSRF
// secret, which an attacker may have planted. It keeps nothing of a session
// that the user's change of password has ended.
func TestWhatALoginTakesOver(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		with := func(session *session.Session, anonymous bool) string {
			if anonymous {
				session.Delete("_auth_user_id")
			}
			err := errors.Join(session.Set("cart", 7), session.Set("_csrftoken", "planted"), s.Save(t.Context(), session))
			if err != nil {
				t.Fatal(err)
			}
			return string(session.Key)
		}
		visitors, alices := with(modeltest.LogIn(t, s, "", "alice"), true), with(modeltest.LogIn(t, s, "", "alice"), false)
		for _, row := range []struct {
			what, old string
			cart      bool
		}{{"a visitor's", visitors, true}, {"her own", alices, true}} {
			var cart int
			var secret string
			if fresh := modeltest.LogIn(t, s, row.old, "alice"); fresh.Get("cart", &cart) != row.cart || fresh.Get("_csrftoken", &secret) {
				t.Errorf("of %s session: cart %d, secret %q", row.what, cart, secret)
			}
		}
		ended := with(modeltest.LogIn(t, s, "", "alice"), false)
		modeltest.Execute(t, db, "UPDATE auth_user SET password = 'pbkdf2_sha256$1$another$one' WHERE username = 'alice'")
		var cart int
		if fresh := modeltest.LogIn(t, s, ended, "alice"); fresh.Get("cart", &cart) || modeltest.Whose(t, s, fresh.Key) != "alice" {
			t.Errorf("of a session before the change of password: cart %d", cart)
		}
	})
}

// TestSessionFixation: a login never uses the key that the client brings.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		for _, planted := range []string{
			"", "short", "attackerchosenkey000000000000000", strings.Repeat("x", 5000),
			"a\x00bcdefgh", "\xff\xfe\xff\xfe\xff\xfe\xff\xfe", "' OR '1'='1' -- ",
		} {
			session := modeltest.LogIn(t, s, planted, "alice")
			if string(session.Key) == planted || modeltest.Whose(t, s, models.Secret(planted)) != "no session" {
				t.Errorf("%.20q was accepted", planted)
			}
		}
	})
}

func TestSessionThatIsNoCredential(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := modeltest.NewSessions(t, db, session.Config{})
		foreign := modeltest.SessionsOf(t, withKeys(t, url, "another key of many bytes"), session.Config{})
		backend := modeltest.SessionsOf(t, db, session.Config{Backends: []string{"my.Backend"}})
		stored := func(change func(session *session.Session)) models.Secret {
			session := modeltest.LogIn(t, s, "", "alice")
			change(session)
			if err := s.Save(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			return session.Key
		}
		row := func(sql string) models.Secret {
			key := modeltest.LogIn(t, s, "", "alice").Key
			modeltest.Execute(t, db, strings.ReplaceAll(sql, "KEY", "'"+string(key)+"'"))
			return key
		}
		renamed := func(key models.Secret) models.Secret {
			row("UPDATE django_session SET session_key = '" + string(key) + "' WHERE session_key = KEY")
			return key
		}
		set := func(name string, value any) func(*session.Session) {
			return func(session *session.Session) {
				if err := session.Set(name, value); err != nil {
					t.Fatal(err)
				}
			}
		}
		bobs := modeltest.LogIn(t, s, "", "bob")
		var bobsHash string
		bobs.Get("_auth_user_hash", &bobsHash)
		for _, c := range []struct {
			name string
			key  models.Secret
			want string
		}{
			{"untouched", stored(func(*session.Session) {}), "alice"},
			{"expired", row("UPDATE django_session SET expire_date = '2024-01-01 00:00:00+00:00' WHERE session_key = KEY"), "no session"},
			{"data tampered with", row("UPDATE django_session SET session_data = 'X' || session_data WHERE session_key = KEY"), "nobody"},
			{"data emptied", row("UPDATE django_session SET session_data = '' WHERE session_key = KEY"), "nobody"},
			{"signed with another key", modeltest.LogIn(t, foreign, "", "alice").Key, "nobody"},
			{"of a short key", renamed("1234567"), "no session"}, // Django does not look it up either
			{"of a key just long enough", renamed("12345678"), "alice"},
			{"of another backend", modeltest.LogIn(t, backend, "", "alice").Key, "nobody"},
			{"without a hash", stored(func(session *session.Session) { session.Delete("_auth_user_hash") }), "stale"},
			{"with an empty hash", stored(set("_auth_user_hash", "")), "stale"},
			{"with another user's hash", stored(set("_auth_user_hash", bobsHash)), "stale"},
			{"with a number for a hash", stored(set("_auth_user_hash", 7)), "stale"},
			{"without a user", stored(func(session *session.Session) { session.Delete("_auth_user_id") }), "nobody"},
			{"of a user who is not there", stored(set("_auth_user_id", "4711")), "nobody"},
			{"of a user who is no number", stored(set("_auth_user_id", "alice")), "nobody"},
		} {
			if got := modeltest.Whose(t, s, c.key); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
		modeltest.Execute(t, db, "UPDATE auth_user SET is_active = false")
		if got := modeltest.Whose(t, s, bobs.Key); got != "nobody" {
			t.Errorf("inactive: %s", got)
		}
	})
}

func TestSessionAges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		endless := modeltest.NewSessions(t, db, session.Config{})
		s := modeltest.SessionsOf(t, db, session.Config{Age: time.Hour, MaxAge: 90 * time.Minute})
		near := func(session *session.Session, want time.Duration) {
			t.Helper()
			if left := time.Until(session.ExpireDate); left > want || left < want-time.Minute {
				t.Errorf("it expires in %s, want %s", left, want)
			}
		}
		session := modeltest.LogIn(t, s, "", "alice")
		near(session, time.Hour)
		began := func(ago time.Duration) {
			t.Helper()
			if err := errors.Join(session.Set("_ginauth_login_time", time.Now().Add(-ago).Unix()), s.Save(t.Context(), session)); err != nil {
				t.Fatal(err)
			}
		}
		began(time.Hour)
		near(session, 30*time.Minute)
		began(89 * time.Minute)
		if got := modeltest.Whose(t, s, session.Key); got != "alice" {
			t.Error(got)
		}
		if err := session.Set("_ginauth_login_time", time.Now().Add(-91*time.Minute).Unix()); err != nil {
			t.Fatal(err)
		}
		// A server without a MaxAge keeps it alive.
		if err := endless.Save(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		if got := modeltest.Whose(t, s, session.Key); got != "no session" {
			t.Errorf("after its end: %s", got)
		}
		for value, want := range map[any]time.Duration{600: 10 * time.Minute, 0: time.Hour, "x": time.Hour,
			time.Now().Add(20 * time.Minute).Format(time.RFC3339Nano): 20 * time.Minute} {
			custom := modeltest.LogIn(t, s, "", "alice")
			if err := errors.Join(custom.Set("_session_expiry", value), s.Extend(t.Context(), custom)); err != nil {
				t.Fatal(err)
			}
			near(custom, want)
			if custom.EndsWithBrowser() != (value == 0) {
				t.Errorf("%v: EndsWithBrowser is %v", value, custom.EndsWithBrowser())
			}
		}
	})
}

func TestSessionsOfASwappedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys{modeltest.DjangoKey}),
			db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}),
			db.AutoMigrate(&modeltest.Account{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		alice := modeltest.NewAccount(t, db, "alice@example.com", "pw")
		s := modeltest.SessionsOf(t, db, session.Config{})
		session := modeltest.LogIn(t, s, "", "alice@example.com")
		var id string
		if session.Get("_auth_user_id", &id); id != alice.ID.String() {
			t.Errorf("_auth_user_id is %q", id)
		}
		user, err := s.User(t.Context(), session)
		if err != nil || user.(*modeltest.Account).ID != alice.ID {
			t.Error(user, err)
		}
	})
}
