package logins_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies/logins"
)

// pausing is a hasher that calls a function before each comparison.
type pausing struct {
	password.PBKDF2SHA256
	before *atomic.Pointer[func()]
}

func (p pausing) Verify(password, encoded string) bool {
	if f := p.before.Load(); f != nil {
		(*f)()
	}
	return p.PBKDF2SHA256.Verify(password, encoded)
}

// lineOfOne returns a site that tests one password of alice's at a time, and
// calls a function before each comparison.
func lineOfOne(t *testing.T, db *gorm.DB) (engine *gin.Engine, before *atomic.Pointer[func()]) {
	t.Helper()
	before = new(atomic.Pointer[func()])
	err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{pausing{password.PBKDF2SHA256{Iterations: 1}, before}}}),
		db.Use(logins.Limits{
			Store: logins.NewDatabaseStore(db),
			Curve: logins.Curve{Free: 1, NetworkBurst: 1, NetworkEvery: time.Hour},
		}), models.Migrate(db))
	for _, name := range []string{"alice", "Alice"} {
		err = errors.Join(err, models.CreateUser(t.Context(), db, &models.User{Username: name}, "porridge"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return site(db), before
}

// TestWhoLeavesTheLine checks that an attempt whose client has gone away does
// not hold up those behind it in the line.
func TestWhoLeavesTheLine(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		engine, before := lineOfOne(t, db)
		logIn := func(ctx context.Context) string { return logIn(ctx, engine, home, "alice", "porridge") }
		if got := logIn(t.Context()); got != "200" {
			t.Fatal(got)
		}
		reached, release := make(chan struct{}), make(chan struct{})
		pause := func() { close(reached); <-release }
		before.Store(&pause)
		answers := make(chan string, 2)
		go func() { answers <- logIn(t.Context()) }()
		<-reached
		before.Store(nil)
		go func() { answers <- logIn(t.Context()) }() // asks the store
		time.Sleep(50 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if got := logIn(ctx); got != "503 after 5" { // stands behind it
			t.Error(got)
		}
		close(release)
		for range 2 {
			if got := <-answers; got != "200" {
				t.Error(got)
			}
		}
		time.Sleep(time.Second) // the spare place has been given back
		if got := logIn(t.Context()); got != "200" {
			t.Error(got)
		}
	})
}

// TestAPlaceIsOfOneName checks the places of an attacker with a name that looks
// like the user's, who is known in the network and so is not held to the gates
// there. Attempts on the user's name that wait in the same line get none of
// these places.
func TestAPlaceIsOfOneName(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		engine, before := lineOfOne(t, db)
		expect := func(from, name, password, want string) {
			t.Helper()
			if got := logIn(t.Context(), engine, from, name, password); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		expect(home, "Alice", "porridge", "200") // is known from now on
		expect(home, "bob", "wrong", "401")      // and the network's gate is shut
		expect(home, "Alice", "porridge", "200") // her place is kept
		expect(home, "alice", "guess", "429 after 3600")

		expect(away, "Alice", "porridge", "200")
		reached, release := make(chan struct{}), make(chan struct{})
		pause := func() { close(reached); <-release }
		before.Store(&pause)
		answers := make(chan string, 3)
		go func() { answers <- logIn(t.Context(), engine, away, "Alice", "porridge") }()
		<-reached
		before.Store(nil)
		for range 2 { // the first asks the store from time to time, the second waits behind it
			go func() { answers <- logIn(t.Context(), engine, away, "alice", "guess") }()
		}
		time.Sleep(400 * time.Millisecond)
		expect(away, "bob", "wrong", "401") // meanwhile the gate is shut
		close(release)
		got := map[string]int{}
		for range 3 {
			got[<-answers]++
		}
		if got["200"] != 1 || got["429 after 3600"] != 2 {
			t.Errorf("%v", got)
		}
	})
}

// TestLinesAreForgotten checks that a line is removed when no attempt waits in
// it and no place is kept.
func TestLinesAreForgotten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		engine, _ := lineOfOne(t, db)
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 20 {
			from := fmt.Sprint("10.0.0.", n)
			logIn(t.Context(), engine, from, "alice", "porridge")
			logIn(t.Context(), engine, from, "alice", "porridge") // her place is kept
			logIn(t.Context(), engine, from, fmt.Sprint("user", n), "guess")
		}
		for range 50 {
			if logins.Of(users).Lines() == 0 {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("%d lines are left", logins.Of(users).Lines())
	})
}

// silent is a store that answers nothing until it is released, and then that it
// was too late.
type silent struct {
	logins.Store
	release chan struct{}
	asked   atomic.Int64
}

func (s *silent) Reserve(context.Context, loginstore.Attempt, loginstore.Curve) (loginstore.Reservation, error) {
	s.asked.Add(1)
	<-s.release
	return loginstore.Reservation{}, fmt.Errorf("silent: %w", context.DeadlineExceeded)
}

// TestALineGivesUpTogether checks that attempts in a line do not wait for a
// store that is silent one after the other.
func TestALineGivesUpTogether(t *testing.T) {
	db, store := dbtest.Open(t, dbtest.SQLite(t)), &silent{Store: logins.NewMemoryStore(), release: make(chan struct{})}
	err := errors.Join(db.Use(logins.Limits{Store: store}), models.Migrate(db))
	if err != nil {
		t.Fatal(err)
	}
	const attempts = 20
	engine, answers := site(db), make(chan string, attempts)
	for range attempts {
		go func() { answers <- logIn(t.Context(), engine, home, "alice", "porridge") }()
	}
	time.Sleep(200 * time.Millisecond) // for them to stand in line
	close(store.release)
	for range attempts {
		if got := <-answers; got != "503 after 5" {
			t.Error(got)
		}
	}
	if asked := store.asked.Load(); asked > attempts/2 {
		t.Errorf("the store was asked %d times", asked)
	}
}
