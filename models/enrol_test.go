package models_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

func TestEnrol(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "porridge")
		staff := func(u *models.User) error { u.IsStaff = true; return nil }
		for _, c := range []struct {
			name      string
			configure func(*models.User) error
			staff     bool
		}{
			{"bob", staff, true},
			{"bob", nil, true},
			{"carol", nil, false},
			{"élodie", nil, false},
		} {
			user, err := users.Enrol(t.Context(), c.name, c.configure)
			if err != nil {
				t.Fatal(err)
			}
			if u := user.(*models.User); u.Username != c.name || !u.IsActive || u.IsStaff != c.staff {
				t.Errorf("%s: %+v", c.name, u)
			}
			if password.IsUsable(string(user.(*models.User).Password)) {
				t.Errorf("%s has a password", c.name)
			}
		}
		if _, err := users.Enrol(t.Context(), "alice", staff); !errors.Is(err, models.ErrNameTaken) {
			t.Errorf("an account with a password: %v", err)
		}
		for _, name := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 151)} {
			if _, err := users.Enrol(t.Context(), name, nil); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%.10q: %v", name, err)
			}
		}
		failed := errors.New("no")
		if _, err := users.Enrol(t.Context(), "dave", func(*models.User) error { return failed }); !errors.Is(err, failed) {
			t.Error(err)
		}
		if _, err := users.ByUsername(t.Context(), "dave"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a user was stored that could not be configured: %v", err)
		}
	})
}

func TestConcurrentEnrolment(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		modeltest.Migrated(t, dbtest.Open(t, url))
		servers := []*models.Users{modeltest.UsersOf(t, dbtest.Open(t, url)), modeltest.UsersOf(t, dbtest.Open(t, url))}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				user, err := servers[i%2].Enrol(t.Context(), "alice", nil)
				if err != nil || user.(*models.User).ID == 0 {
					t.Errorf("%v, %v", user, err)
				}
			})
		}
		all.Wait()
		n := 0
		for range servers[0].All(t.Context()) {
			n++
		}
		if n != 1 {
			t.Errorf("%d users", n)
		}
	})
}

// TestEnrolTakesNoAccountWithAPassword checks that a person who registered a
// name first does not get the account of the user whom another party calls by
// it, at any moment.
func TestEnrolTakesNoAccountWithAPassword(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		for _, row := range []struct {
			name, stored string
			taken        bool
		}{
			{"usable", "pbkdf2_sha256$1$salt$AAAA", true},
			{"unusable", "!0123456789012345678901234567890123456789", false},
			{"django's", "", false}, // by some versions of RemoteUserBackend
			{"unknown", "crypt$x$y", true},
			{"malformed", "x", true},
		} {
			must(t, db.Create(&models.User{Username: row.name, Password: models.Secret(row.stored), IsActive: true, DateJoined: time.Now()}).Error)
			user, err := users.Enrol(t.Context(), row.name, nil)
			taken := errors.Is(err, models.ErrNameTaken) && errors.Is(err, models.ErrNotFound) && user == nil
			if taken != row.taken || !taken && err != nil {
				t.Errorf("%s: %v, %v", row.name, user, err)
			}
		}
		meanwhile := func(u *models.User) error { // between the look-up and the insert
			return models.CreateUserUnvalidated(t.Context(), db, &models.User{Username: u.Username}, "mallory's")
		}
		if user, err := users.Enrol(t.Context(), "oidc:1", meanwhile); !errors.Is(err, models.ErrNameTaken) || user != nil {
			t.Errorf("registered meanwhile: %v, %v", user, err)
		}
		own, err := users.Enrol(t.Context(), "oidc:2", nil)
		must(t, err)
		must(t, users.SetPassword(t.Context(), own, "a password of its own"))
		if _, err := users.Enrol(t.Context(), "oidc:2", nil); !errors.Is(err, models.ErrNameTaken) {
			t.Errorf("after it got a password: %v", err)
		}
	})
}
