package requirements_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// key is that of the authenticator of alice, and other that of bob.
const (
	key   = "12345678901234567890"
	other = "09876543210987654321"
)

// world is a database with the users of package people, what Django's packages
// ask, and a clock that moves only when told to.
type world struct {
	t     *testing.T
	db    *gorm.DB
	users *models.Users
	now   atomic.Pointer[time.Time]
	ids   map[string]int64
}

// declaration returns what a world asks.
type declaration = func(w *world) login.Requirements

// opener opens a world on a database.
type opener = func(declare declaration) *world

// requiring declares requirements.
func requiring(all ...login.Requirement) login.Requirements {
	return login.Requirements{All: all}
}

// locking declares a lock.
func locking(lock login.Lock) login.Requirements {
	return login.Requirements{Locks: []login.Lock{lock}}
}

// inWorlds calls f on each kind of database, which has the users and the tables.
// open returns a world whose requirements declare makes; its tables are empty.
func inWorlds(t *testing.T, f func(t *testing.T, open opener)) {
	t.Helper()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		people.Create(t, db)
		djangologin.Migrate(t, db)
		f(t, func(declare declaration) *world {
			djangologin.Clear(t, db)
			return newWorld(t, dbtest.Open(t, url), declare)
		})
	})
}

// newWorld returns a world of a database that has the tables.
func newWorld(t *testing.T, db *gorm.DB, declare declaration) *world {
	t.Helper()
	w := &world{t: t, db: db, ids: map[string]int64{}}
	w.set(time.Date(2026, 11, 29, 2, 0, 10, 0, time.UTC))
	people.Configure(t, db, declare(w))
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(1)
	if w.users, err = models.UsersOf(db); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob", "staff", "root", "inactive"} {
		w.ids[name] = people.Named(t, db, name).ID
	}
	return w
}

func (w *world) set(now time.Time)           { w.now.Store(&now) }
func (w *world) clock() time.Time            { return *w.now.Load() }
func (w *world) later(d time.Duration)       { w.set(w.clock().Add(d)) }
func (w *world) code(d time.Duration) string { return djangologin.Code(key, w.clock().Add(d)) }

// login logs in with the right password, and returns the code of the refusal,
// "in" with the device, or "failure".
func (w *world) login(name, code string) string {
	w.t.Helper()
	return w.given(login.Credentials{Username: name, Password: models.Secret(people.Password(name)), Code: models.Secret(code)})
}

func (w *world) given(given login.Credentials) string {
	if !given.Address.IsValid() {
		given.Address = netip.MustParseAddr("192.0.2.1")
	}
	result, err := login.AuthenticateUnlimited(w.t.Context(), w.users, given)
	refusal, refused := errors.AsType[*login.Refusal](err)
	switch {
	case errors.Is(err, models.ErrBadCredentials):
		return "bad credentials"
	case refused && refusal.Wait > 0:
		return fmt.Sprint(refusal.Code, " ", refusal.Wait)
	case refused:
		return refusal.Code
	case err != nil:
		return "failure"
	case len(result.Factors) == 1:
		return "in"
	}
	return "in by " + result.Factors[1].Device
}

func (w *world) expect(want, name, code string) {
	w.t.Helper()
	if got := w.login(name, code); got != want {
		w.t.Errorf("%s with the code %q: got %q, want %q", name, code, got, want)
	}
}
