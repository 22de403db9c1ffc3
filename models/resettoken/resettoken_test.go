package resettoken_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/resettoken"
	"github.com/ginauth/ginauth/models/session"
)

const newPassword = "a better one than before"

// site is a database with the people, who have addresses.
type site struct {
	db    *gorm.DB
	users *models.Users
	*resettoken.Generator
}

func newSite(t *testing.T, db *gorm.DB, c ...resettoken.Config) site {
	t.Helper()
	people.Create(t, db)
	modeltest.Execute(t, db, "UPDATE auth_user SET email = username || '@example.com'")
	return site{db, modeltest.UsersOf(t, db), generatorOf(t, db, c...)}
}

// link returns the two parts of a link for a user.
func (s site) link(t *testing.T, name string) (uid, token string) {
	t.Helper()
	user := people.Named(t, s.db, name)
	made, err := s.MakeToken(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return s.UID(user), string(made)
}

// opens reports whether a password is a user's.
func (s site) opens(t *testing.T, name, raw string) bool {
	t.Helper()
	_, err := s.users.AuthenticateUnlimited(t.Context(), modeltest.Given(name, raw))
	if err != nil && !errors.Is(err, models.ErrBadCredentials) {
		t.Fatal(err)
	}
	return err == nil
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		uid, token := s.link(t, "alice")
		bobs, bobsToken := s.link(t, "bob")
		inactive, inactivesToken := s.link(t, "inactive")
		invalid := resettoken.ErrInvalid.Error()
		for _, row := range []struct{ name, uid, token, password, want string }{
			{"another user's token", bobs, token, newPassword, invalid},
			{"another user's key", uid, bobsToken, newPassword, invalid},
			{"unknown user", "OTk5OQ", token, newPassword, invalid},
			{"inactive user", inactive, inactivesToken, newPassword, invalid},
			{"no token", uid, "", newPassword, invalid},
			{"no key", "", token, newPassword, invalid},
			{"key that is no base64", "!", token, newPassword, invalid},
			{"key that is no number", "YWxpY2U", token, newPassword, invalid},
			{"key of a megabyte", strings.Repeat("M", 1<<20), token, newPassword, invalid},
			{"token of a megabyte", uid, token + strings.Repeat("0", 1<<20), newPassword, invalid},
			{"invalid token, weak password", uid, "x-y", "1", invalid},
			{"weak password", uid, token, "bz47", "This password is too short. It must contain at least 8 characters."},
			{"the user's name", uid, token, "alice@example", "The password is too similar to the email address."},
			{"no password", uid, token, "", "This field is required."},
			{"very long password", uid, token, strings.Repeat("x", password.MaxBytes+1), password.ErrTooLong.Error()},
			{"good", uid, token, newPassword, ""},
			{"used", uid, token, newPassword + "!", invalid},
		} {
			user, err := s.SetPassword(t.Context(), row.uid, row.token, row.password)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != row.want || (user == nil) != (err != nil) {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
			if changed := s.opens(t, "alice", newPassword); changed != (row.name == "good" || row.name == "used") {
				t.Errorf("%s: changed is %v", row.name, changed)
			}
			if _, err := s.Find(t.Context(), row.uid, row.token); (err == nil) != slices.Contains([]string{"weak password", "the user's name", "no password", "very long password"}, row.name) {
				t.Errorf("%s: afterwards Find returns %v", row.name, err)
			}
		}
		for _, name := range []string{"bob", "inactive"} {
			if hash := people.Named(t, db, name).Password; !checks(t, hash, people.Password(name)) {
				t.Errorf("%s has another password", name)
			}
		}
	})
}

func checks(t *testing.T, hash models.Secret, raw string) bool {
	t.Helper()
	ok, _ := people.Passwords.Hashers.CheckPassword(raw, string(hash))
	return ok
}

// TestWhatEndsAToken checks that a token ends when its user logs in or changes
// the password or the address, and after its time, but not by anything else.
func TestWhatEndsAToken(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db, resettoken.Config{Timeout: time.Hour})
		set := func(column string, value any) func(*testing.T, models.UserModel) error {
			return func(_ *testing.T, user models.UserModel) error {
				return db.Model(user).UpdateColumn(column, value).Error
			}
		}
		for _, row := range []struct {
			name string
			do   func(t *testing.T, user models.UserModel) error
			ends bool
		}{
			{"nothing", func(*testing.T, models.UserModel) error { return nil }, false},
			{"another name", set("last_name", "Liddell"), false},
			{"more rights", set("is_staff", true), false},
			{"login", func(t *testing.T, user models.UserModel) error { return s.users.UpdateLastLogin(t.Context(), user) }, true},
			{"change of password", func(t *testing.T, user models.UserModel) error {
				return s.users.SetPassword(t.Context(), user, "another")
			}, true},
			{"the same password again", func(t *testing.T, user models.UserModel) error {
				return s.users.SetPassword(t.Context(), user, "another")
			}, true},
			{"no password", func(t *testing.T, user models.UserModel) error { return s.users.SetPassword(t.Context(), user, "") }, true},
			{"another address", set("email", "rabbit@example.com"), true},
			{"inactive", set("is_active", false), true},
			{"active again", set("is_active", true), false},
			{"deleted", func(_ *testing.T, user models.UserModel) error { return db.Delete(user).Error }, true},
		} {
			uid, token := s.link(t, "alice")
			if err := row.do(t, people.Named(t, db, "alice")); err != nil {
				t.Fatal(row.name, err)
			}
			_, err := s.Find(t.Context(), uid, token)
			if errors.Is(err, resettoken.ErrInvalid) != row.ends || !row.ends && err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
		}
		uid, token := s.link(t, "bob")
		for after, valid := range map[time.Duration]bool{-time.Hour: true, 58 * time.Minute: true, time.Hour + 2*time.Second: false, 1e6 * time.Hour: false} {
			if _, err := s.At(time.Now().Add(after)).Find(t.Context(), uid, token); (err == nil) != valid {
				t.Errorf("after %s: %v", after, err)
			}
		}
	})
}

// TestOneTokenChangesOnePassword checks that of many who present a token at
// once exactly one sets the password.
func TestOneTokenChangesOnePassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		errs := make([]error, 8)
		var loaded, group sync.WaitGroup
		loaded.Add(len(errs))
		var calls atomic.Int32
		calls.Store(-1) // the first is to make the token
		s := newSite(t, db, resettoken.Config{Value: func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) {
			if n := calls.Add(1); 0 < n && int(n) <= len(errs) { // all load the user before one changes it
				loaded.Done()
				loaded.Wait()
			}
			return base, nil
		}})
		uid, token := s.link(t, "alice")
		for i := range errs {
			group.Go(func() { _, errs[i] = s.SetPassword(t.Context(), uid, token, fmt.Sprint(newPassword, i)) })
		}
		group.Wait()
		var winners []int
		for i, err := range errs {
			if err == nil {
				winners = append(winners, i)
			} else if !errors.Is(err, resettoken.ErrInvalid) {
				t.Error(err)
			}
		}
		if len(winners) != 1 || !s.opens(t, "alice", fmt.Sprint(newPassword, winners[0])) {
			t.Errorf("the password was set by %v", winners)
		}
	})
}

// TestAResetIsNoLogin checks that a change of the password ends the sessions of
// the user, and begins none.
func TestAResetIsNoLogin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		sessions := modeltest.SessionsOf(t, db, session.Config{})
		stolen := modeltest.LogIn(t, sessions, "", "alice")
		others := modeltest.LogIn(t, sessions, "", "bob")
		uid, token := s.link(t, "alice")
		before := people.Named(t, db, "alice")
		user, err := s.SetPassword(t.Context(), uid, token, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if got := modeltest.Whose(t, sessions, stolen.Key); got != "stale" {
			t.Errorf("the session from before is of %s", got)
		}
		if got := modeltest.Whose(t, sessions, others.Key); got != "bob" {
			t.Errorf("bob's session is of %s", got)
		}
		var n int64
		after := people.Named(t, db, "alice")
		if err := db.Table("django_session").Count(&n).Error; err != nil || n != 2 || !after.LastLogin.Equal(*before.LastLogin) {
			t.Errorf("%d sessions, last login %v, %v", n, after.LastLogin, err)
		}
		if loaded, known := user.(*models.User).LoadedEpoch(); !known || loaded == 0 || user.(*models.User).Password != after.Password {
			t.Error("the user that is returned is not the one that is stored")
		}
	})
}

// TestNobodyLearnsWhoHasALink checks that unknown and inactive users and wrong
// tokens get one answer with the same queries and signatures.
func TestNobodyLearnsWhoHasALink(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		values := 0
		c := resettoken.Config{Value: func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) {
			values++
			return base, nil
		}}
		s := newSite(t, db)
		counted, counter := dbtest.Count(db)
		g := generatorOf(t, counted, c)
		uid, good := s.link(t, "alice")
		inactive, inactives := s.link(t, "inactive")
		wrong := good[:len(good)-1] + "!"
		expired, err := s.At(time.Now().Add(-30*24*time.Hour)).MakeToken(t.Context(), people.Named(t, db, "alice"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Find(t.Context(), uid, good); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			name, uid, token string
			work             int
		}{
			{"wrong token", uid, wrong, 1},
			{"expired token", uid, string(expired), 1},
			{"unknown user", "OTk5OQ", good, 1},
			{"inactive user", inactive, inactives, 1},
			{"inactive user, wrong token", inactive, wrong, 1},
			{"what no server makes: no token", uid, "", 0},
			{"time in capitals", uid, strings.ToUpper(good), 0},
			{"no key", "", good, 0},
			{"key that is no base64", "!", good, 0},
			{"very long token", uid, good + strings.Repeat("0", 1000), 0},
			{"very long key", strings.Repeat("M", 10_000), good, 0},
		} {
			counter.Statements()
			values = 0
			user, err := g.Find(t.Context(), row.uid, row.token)
			if !errors.Is(err, resettoken.ErrInvalid) || err.Error() != resettoken.ErrInvalid.Error() || user != nil {
				t.Errorf("%s: %v, %v", row.name, user, err)
			}
			if n := counter.Statements(); n != row.work || values != row.work {
				t.Errorf("%s: %d queries, %d signatures", row.name, n, values)
			}
		}
	})
}

// TestResetDuringAnOutage checks that a failure is neither a refusal nor a
// change.
func TestResetDuringAnOutage(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := dbtest.WithOutage(t, url)
		s := newSite(t, db)
		uid, token := s.link(t, "alice")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Find(ctx, uid, token); err == nil || errors.Is(err, resettoken.ErrInvalid) {
			t.Error("a request that has ended:", err)
		}
		for n := 0; ; n++ {
			outage.Begin(n, false)
			_, err := s.SetPassword(t.Context(), uid, token, newPassword)
			if !outage.End() {
				if err != nil {
					t.Error("without an outage:", err)
				}
				break
			}
			if err == nil || errors.Is(err, resettoken.ErrInvalid) || s.opens(t, "alice", newPassword) {
				t.Fatalf("after %d steps: %v", n, err)
			}
		}
		outage.Begin(0, false)
		if _, err := s.FindByEmail(t.Context(), "bob@example.com"); err == nil {
			t.Error("nobody has the address, as far as a database tells that is gone")
		}
		outage.End()
	})
}

func TestFindByEmail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		modeltest.Execute(t, db, "UPDATE auth_user SET password = '!unusable' WHERE username = 'bob'",
			"UPDATE auth_user SET email = 'Alice@Example.com' WHERE username = 'staff'",
			"UPDATE auth_user SET email = 'mıke@example.org' WHERE username = 'root'") // a dotless ı
		for _, row := range []struct{ email, want string }{
			{"alice@example.com", "alice staff"},
			{"ALICE@EXAMPLE.COM", "alice staff"},
			{"bob@example.com", ""}, // no usable password
			{"inactive@example.com", ""},
			{"mıke@example.org", "root"},
			{"mike@example.org", ""}, // CVE-2019-19844
			{"MIKE@example.org", ""},
			{"", ""},
			{"alice@example.com\x00", ""},
			{"alice@example.com\xff", ""},
			{"%", ""},
			{"alice@example_com", ""},
			{strings.Repeat("a", 1<<20), ""},
		} {
			found, err := s.FindByEmail(t.Context(), row.email)
			var names []string
			for _, user := range found {
				names = append(names, s.users.Username(user))
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != row.want || err != nil {
				t.Errorf("%.30q: got %q, %v, want %q", row.email, got, err, row.want)
			}
		}
	})
}

// TestOtherTokens checks that tokens of one purpose are not good for another,
// that those of inactive users activate accounts, and that a token that a
// change of the password would not end changes no password.
func TestOtherTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		active := func(_ context.Context, user models.UserModel, _ string, timestamp int64) (string, error) {
			return fmt.Sprint(user.(*models.User).ID, timestamp, user.Active()), nil
		}
		activation := site{db, s.users, generatorOf(t, db, resettoken.Config{KeySalt: "activation", Inactive: true, Value: active})}
		uid, token := activation.link(t, "inactive")
		_, reset := s.link(t, "inactive")
		for name, attempt := range map[string]func() (models.UserModel, error){
			"to activate, by a token to reset": func() (models.UserModel, error) { return activation.Find(t.Context(), uid, reset) },
			"to reset, by a token to activate": func() (models.UserModel, error) { return s.Find(t.Context(), uid, token) },
			"to reset an inactive user":        func() (models.UserModel, error) { return s.Find(t.Context(), uid, reset) },
		} {
			if user, err := attempt(); !errors.Is(err, resettoken.ErrInvalid) {
				t.Errorf("%s: %v, %v", name, user, err)
			}
		}
		if _, err := activation.SetPassword(t.Context(), uid, token, newPassword); err == nil || !strings.Contains(err.Error(), "outlive its use") {
			t.Error("a token that lives on has changed a password:", err)
		}
		user, err := activation.Find(t.Context(), uid, token)
		if err := errors.Join(err, s.users.SetActive(t.Context(), user, true)); err != nil {
			t.Fatal(err)
		}
		if _, err := activation.Find(t.Context(), uid, token); !errors.Is(err, resettoken.ErrInvalid) {
			t.Error("after its use the token is", err)
		}

		failing := generatorOf(t, db, resettoken.Config{
			Value: func(context.Context, models.UserModel, string, int64) (string, error) { return "", dbtest.ErrGone },
		})
		_, made := failing.MakeToken(t.Context(), user)
		_, found := failing.Find(t.Context(), uid, token)
		if !errors.Is(made, dbtest.ErrGone) || !errors.Is(found, dbtest.ErrGone) {
			t.Error("a value that cannot be had:", made, found)
		}
	})
}

// TestNobodyHasNoLink checks that the user who stands in for unknown ones is not
// returned, even if the user model takes every user for active.
func TestNobodyHasNoLink(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Configure(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
		modeltest.AutoMigrate(t, db, &modeltest.Member{})
		modeltest.Migrate(t, db)
		g := generatorOf(t, db)
		token, err := g.MakeToken(t.Context(), &modeltest.Member{})
		if err != nil {
			t.Fatal(err)
		}
		for _, uid := range []string{g.UID(&modeltest.Member{}), "OTk5OQ"} {
			if user, err := g.Find(t.Context(), uid, string(token)); !errors.Is(err, resettoken.ErrInvalid) {
				t.Errorf("%s is %v, %v", uid, user, err)
			}
		}
	})
}

type stranger struct{ models.AbstractBaseUser }

func (*stranger) Active() bool { return true }

func TestUsersOfAnotherKind(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, token := s.link(t, "alice")
	for _, user := range []models.UserModel{nil, (*models.User)(nil), &stranger{}} {
		if made, err := s.MakeToken(t.Context(), user); err == nil || made != "" {
			t.Errorf("%T has a token", user)
		}
		if err := s.CheckToken(t.Context(), user, token); !errors.Is(err, resettoken.ErrInvalid) {
			t.Errorf("%T: %v", user, err)
		}
		if uid := s.UID(user); uid != "" {
			t.Errorf("%T has the key %s", user, uid)
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	keyless := dbtest.Open(t, dbtest.SQLite(t))
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Configure(t, db)
	for _, row := range []struct {
		name   string
		db     *gorm.DB
		config resettoken.Config
		want   string
	}{
		{"no database", nil, resettoken.Config{}, "the database is nil"},
		{"no key", keyless, resettoken.Config{}, "the database has no secret key"},
		{"negative", db, resettoken.Config{Timeout: -time.Hour}, "it must be positive and in whole seconds"},
		{"fraction", db, resettoken.Config{Timeout: 1500 * time.Millisecond}, "it must be positive and in whole seconds"},
		{"no column", db, resettoken.Config{EmailField: "mail"}, `no column "mail"`},
	} {
		if g, err := resettoken.Of(row.db, row.config); err == nil || !strings.Contains(err.Error(), row.want) || g != nil {
			t.Errorf("%s: %v, %v", row.name, g, err)
		}
	}
	g := generatorOf(t, world{Keys: models.SecretKeys{people.SecretKey}}.database(t, "Label"))
	if _, err := g.FindByEmail(t.Context(), "alice@example.com"); err == nil {
		t.Error("users without addresses were looked up by address")
	}
}
