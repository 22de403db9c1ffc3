package models_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models/login"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

func TestAdmits(t *testing.T) {
	t.Parallel()
	const revoked = epoch.Epoch(1_700_000_000_500_000) // half a second past a full one
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	for _, row := range []struct {
		name     string
		present  epoch.Epoch
		recorded epoch.Epoch
		known    bool
		issued   time.Time
		want     bool
	}{
		{"never revoked, says nothing", 0, 0, false, time.Time{}, true},
		{"never revoked, made in the first epoch", 0, 0, true, at(1), true},
		{"never revoked, of an epoch that is not there", 0, revoked, true, at(1), false},
		{"revoked, of the present epoch", revoked, revoked, true, at(1), true},
		{"revoked, of the first epoch", revoked, 0, true, at(1_800_000_000), false},
		{"revoked, of an epoch before", revoked, revoked - 1, true, at(1_800_000_000), false},
		{"revoked, says nothing, issued before", revoked, 0, false, at(1_699_999_999), false},
		{"revoked, says nothing, issued in the same second", revoked, 0, false, at(1_700_000_000), false},
		{"revoked, says nothing, issued afterwards", revoked, 0, false, at(1_700_000_001), true},
		{"revoked, says nothing, issued at an unknown time", revoked, 0, false, time.Time{}, false},
	} {
		if got := row.present.Admits(row.recorded, row.known, row.issued); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

func TestWhatEndsAnEpoch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		users := s.Users()
		for name, end := range modeltest.Endings(users) {
			user := modeltest.Lookup(t, users, "alice")
			before, session := modeltest.EpochOf(t, users, user), modeltest.LogIn(t, s, "", "alice")
			others := modeltest.LogIn(t, s, "", "bob")
			if err := end(t, user); err != nil {
				t.Fatal(name, err)
			}
			after := modeltest.EpochOf(t, users, user)
			if stored := modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "alice")); after <= before || stored != after {
				t.Errorf("%s: from epoch %d to %d, stored %d", name, before, after, stored)
			}
			if got := modeltest.Whose(t, s, session.Key); got != "stale" {
				t.Errorf("%s: the session is %s", name, got)
			}
			if got := modeltest.Whose(t, s, others.Key); got != "bob" {
				t.Errorf("%s: the session of another user is %s", name, got)
			}
			if got := modeltest.Whose(t, s, modeltest.LogIn(t, s, "", "alice").Key); got != "alice" {
				t.Errorf("%s: a new session is %s", name, got)
			}
		}
	})
}

// TestEpochsAreDifferent checks two revocations in one microsecond, and one
// after the clock was set back.
func TestEpochsAreDifferent(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		user := modeltest.Create(t, db, "alice", "pw")
		modeltest.Execute(t, db, "INSERT INTO ginauth_epoch (user_id, epoch) SELECT id, 9000000000000000 FROM auth_user")
		for n := range epoch.Epoch(3) {
			if err := users.RevokeAll(t.Context(), user); err != nil {
				t.Fatal(err)
			}
			if got := modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "alice")); got != 9_000_000_000_000_001+n {
				t.Errorf("epoch %d", got)
			}
		}
	})
}

// TestASessionOfDjangos uses a session begun by Django, which does not record
// its epoch.
func TestASessionOfDjangos(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		djangos := func() *session.Session {
			session := modeltest.LogIn(t, s, "", "alice")
			session.Delete("_ginauth_epoch")
			if err := s.Save(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			return session
		}
		before := djangos()
		if got := modeltest.Whose(t, s, before.Key); got != "alice" {
			t.Error(got)
		}
		if err := s.Users().RevokeAll(t.Context(), modeltest.Lookup(t, s.Users(), "alice")); err != nil {
			t.Fatal(err)
		}
		if got := modeltest.Whose(t, s, before.Key); got != "stale" {
			t.Error("begun before:", got)
		}
		time.Sleep(1100 * time.Millisecond) // signatures of sessions have a resolution of a second
		after := djangos()
		if got := modeltest.Whose(t, s, after.Key); got != "alice" {
			t.Error("begun afterwards:", got)
		}
		found, err := s.Find(t.Context(), string(after.Key))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.User(t.Context(), found); err != nil {
			t.Fatal(err)
		}
		if recorded := new(epoch.Epoch); !found.Get("_ginauth_epoch", recorded) || *recorded == 0 {
			t.Error("if it is written here, it does not say its epoch")
		}
	})
}

func TestUpdateAuthHashKeepsTheSession(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		session, user := modeltest.LogIn(t, s, "", "alice"), modeltest.Lookup(t, s.Users(), "alice")
		if err := s.Users().SetPassword(t.Context(), user, "another"); err != nil {
			t.Fatal(err)
		}
		fresh, err := s.UpdateAuthHash(t.Context(), session, user)
		if err != nil {
			t.Fatal(err)
		}
		if old, now := modeltest.Whose(t, s, session.Key), modeltest.Whose(t, s, fresh.Key); old != "no session" || now != "alice" {
			t.Errorf("the old session is %s, the new one %s", old, now)
		}
	})
}

func TestRevokeAllAndTheTablesOfDjango(t *testing.T) {
	t.Parallel()
	for _, setting := range []models.Revocation{{}, {Tokens: true}} {
		dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
			if err := db.Use(setting); err != nil {
				t.Fatal(err)
			}
			s := modeltest.NewSessions(t, db, session.Config{})
			users, list := s.Users(), modeltest.RefreshTokens(t, db)
			user := modeltest.Lookup(t, users, "alice")
			token, err := users.GetOrCreateToken(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			mine, others := modeltest.Outstanding("mine"), modeltest.Outstanding("others")
			mine.User, others.User = user, modeltest.Lookup(t, users, "bob")
			sliding := modeltest.Outstanding("sliding") // renewed after its row's time
			sliding.User, sliding.ExpiresAt = user, time.Now().Add(-time.Hour)
			err = errors.Join(list.Issue(t.Context(), mine), list.Issue(t.Context(), others), list.Issue(t.Context(), sliding))
			if err != nil {
				t.Fatal(err)
			}
			session, foreign := modeltest.LogIn(t, s, "", "alice"), modeltest.LogIn(t, s, "", "bob")
			if err := users.RevokeAll(t.Context(), user); err != nil {
				t.Fatal(err)
			}
			if _, _, err := users.ByToken(t.Context(), string(token.Key)); errors.Is(err, models.ErrNotFound) != setting.Tokens {
				t.Errorf("%+v: the token: %v", setting, err)
			}
			for id, want := range map[string]bool{"mine": true, "sliding": true, "others": false} {
				if got, err := list.Contains(t.Context(), id); got != want || err != nil {
					t.Errorf("the refresh token %s is revoked: %v, %v", id, got, err)
				}
			}
			if n, err := s.DeleteAll(t.Context(), user); n != 1 || err != nil {
				t.Errorf("%d sessions deleted, %v", n, err)
			}
			if gone, left := modeltest.Whose(t, s, session.Key), modeltest.Whose(t, s, foreign.Key); gone != "no session" || left != "bob" {
				t.Errorf("the session is %s, that of another user %s", gone, left)
			}
		})
	}
}

// TestNothingIsRevokedByHalves checks that no credential ends if the last step
// fails.
func TestNothingIsRevokedByHalves(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		users := s.Users()
		user := modeltest.Lookup(t, users, "alice")
		session, token := modeltest.LogIn(t, s, "", "alice"), modeltest.Outstanding("mine")
		token.User = user
		if err := modeltest.RefreshTokens(t, db).Issue(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		// This lets the users learn which tables exist.
		if err := userkit.Of(users).Preflight(t.Context()); err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, "ALTER TABLE token_blacklist_blacklistedtoken RENAME TO elsewhere")
		for name, end := range modeltest.Endings(users) {
			if err := end(t, user); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if epoch := modeltest.EpochOf(t, users, user); epoch != 0 {
			t.Errorf("the user is in epoch %d", epoch)
		}
		if got := modeltest.Whose(t, s, session.Key); got != "alice" {
			t.Errorf("the session is %s", got)
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "alice-pw")); err != nil {
			t.Error(err)
		}
	})
}

// TestWithoutEpochs uses a database that only Django has made.
func TestWithoutEpochs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		if err := errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys{modeltest.DjangoKey})); err != nil {
			t.Fatal(err)
		}
		s := modeltest.SessionsOf(t, db, session.Config{})
		users := s.Users()
		user := modeltest.Lookup(t, users, "alice")
		if err := users.RevokeAll(t.Context(), user); err == nil || !strings.Contains(err.Error(), "call models.Migrate") {
			t.Errorf("error %v", err)
		}
		session := modeltest.LogIn(t, s, "", "alice")
		if session.Get("_ginauth_epoch", new(epoch.Epoch)) {
			t.Error("the session names an epoch")
		}
		if got := modeltest.Whose(t, s, session.Key); got != "alice" {
			t.Errorf("the session is %s", got)
		}
		if err := errors.Join(users.SetPassword(t.Context(), user, "another"), users.SetActive(t.Context(), user, false)); err != nil {
			t.Fatal(err)
		}
		modeltest.Migrate(t, db)
		if err := users.RevokeAll(t.Context(), user); err != nil {
			t.Error("after Migrate:", err)
		}
	})
}

// TestTheEpochCostsNoQuery checks that the query for the user returns it too.
func TestTheEpochCostsNoQuery(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		current := modeltest.LogIn(t, s, "", "alice")
		counted, counter := dbtest.Count(db)
		s = modeltest.SessionsOf(t, counted, session.Config{})
		_, user, err := s.FindWithUser(t.Context(), string(current.Key))
		if n := counter.Statements(); n != 1 || user == nil || err != nil {
			t.Errorf("%d statements for a session with its user %v, %v", n, user, err)
		}
		found, err := s.Find(t.Context(), string(current.Key))
		if err == nil {
			_, err = s.User(t.Context(), found)
		}
		if n := counter.Statements(); n != 2 || err != nil {
			t.Errorf("%d statements for a session and its user, %v", n, err)
		}
	})
}

// TestRevokedSinceKnowsItsUsers checks that a user of another kind counts as
// revoked.
func TestRevokedSinceKnowsItsUsers(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	users := modeltest.UsersOf(t, db)
	for _, row := range []struct {
		name    string
		user    models.UserModel
		revoked bool
	}{
		{"a user", people.Named(t, db, "alice"), false},
		{"nil", nil, true},
		{"a nil pointer", (*models.User)(nil), true},
		{"a user of another model", &modeltest.Account{}, true},
	} {
		if revoked, err := users.RevokedSince(t.Context(), row.user, time.Now()); revoked != row.revoked || (err != nil) != row.revoked {
			t.Errorf("%s: %t, %v", row.name, revoked, err)
		}
	}
}
