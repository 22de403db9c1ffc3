package models_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/dbtest"
	"github.com/ginauth/ginauth/models"
)

func TestEnrol(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := migrated(t, db)
		create(t, db, "alice", "porridge")
		staff := func(u *models.User) error { u.IsStaff = true; return nil }
		for _, c := range []struct {
			name      string
			configure func(*models.User) error
			staff     bool
		}{
			{"alice", staff, false}, // is there already
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
			if c.name != "alice" && models.IsPasswordUsable(string(user.(*models.User).Password)) {
				t.Errorf("%s has a password", c.name)
			}
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
		migrated(t, dbtest.Open(t, url))
		servers := []*models.Users{usersOf(t, dbtest.Open(t, url)), usersOf(t, dbtest.Open(t, url))}
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
