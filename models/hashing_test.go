package models_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// gate is a hasher that computes nothing but holds every caller until it is
// opened, and records the largest number it has held.
type gate struct {
	password.PBKDF2SHA256
	open         chan struct{}
	inside, most *atomic.Int64
}

func newGate() gate {
	return gate{open: make(chan struct{}), inside: &atomic.Int64{}, most: &atomic.Int64{}}
}

func (gate) Algorithm() string { return "gate" }

func (g gate) pass() {
	defer g.inside.Add(-1)
	for n := g.inside.Add(1); ; {
		most := g.most.Load()
		if n <= most || g.most.CompareAndSwap(most, n) {
			break
		}
	}
	<-g.open
}

func (g gate) Encode(string) (string, error) { g.pass(); return "gate$", nil }
func (g gate) Verify(_, _ string) bool       { g.pass(); return false }

func limited(t *testing.T, db *gorm.DB, hasher password.Hasher, limits password.Limits) {
	t.Helper()
	err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{hasher}, Limits: limits}), models.Migrate(db))
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for range 2000 {
		if condition() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it did not happen: " + what)
}

// TestHashesAreBounded checks that all users of a database share one bound,
// whatever handle they have of it. Beyond it they get ErrBusy, at once if the
// queue is full, else after the wait.
func TestHashesAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		g := newGate()
		limited(t, db, g, password.Limits{Concurrent: 2, Queue: 3, Wait: time.Minute})
		session, _ := dbtest.Count(db)
		handles := []*models.Users{modeltest.UsersOf(t, db), modeltest.UsersOf(t, db.Session(&gorm.Session{NewDB: true})),
			modeltest.UsersOf(t, session)}
		results := make(chan error, 20)
		for i := range 20 {
			go func() {
				_, err := login.AuthenticateUnlimited(t.Context(), handles[i%3], modeltest.Given("nobody", "pw"))
				results <- err
			}()
		}
		for range 15 {
			if err := <-results; !errors.Is(err, password.ErrBusy) {
				t.Fatalf("%v, want ErrBusy", err)
			}
		}
		close(g.open)
		for range 5 {
			if err := <-results; !errors.Is(err, models.ErrBadCredentials) {
				t.Errorf("%v, want ErrBadCredentials", err)
			}
		}
		if most := g.most.Load(); most != 2 {
			t.Errorf("%d hashes at once, want 2", most)
		}
	})
}

func TestHashesWaitNoLongerThanTheLimit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		g := newGate()
		limited(t, db, g, password.Limits{Concurrent: 1, Wait: 20 * time.Millisecond})
		users := modeltest.UsersOf(t, db)
		done := make(chan struct{})
		go func() {
			_, _ = login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("nobody", "pw"))
			close(done)
		}()
		eventually(t, "a hash", func() bool { return g.inside.Load() == 1 })

		_, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("nobody", "pw"))
		retry, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err)
		if !errors.Is(err, password.ErrBusy) || !ok || retry.RetryAfter() != 20*time.Millisecond {
			t.Errorf("%v", err)
		}
		alice := &models.User{Username: "alice"}
		for name, f := range map[string]func() error{
			"create user":  func() error { return models.CreateUser(t.Context(), db, alice, "pw") },
			"set password": func() error { return users.SetPassword(t.Context(), alice, "pw") },
		} {
			if err := f(); !errors.Is(err, password.ErrBusy) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := login.AuthenticateUnlimited(ctx, users, modeltest.Given("nobody", "pw")); err == nil || errors.Is(err, password.ErrBusy) {
			t.Errorf("a caller that has gone: %v", err)
		}
		close(g.open)
		<-done
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("nobody", "pw")); !errors.Is(err, models.ErrBadCredentials) {
			t.Errorf("afterwards: %v", err) // refused calls leave nothing behind
		}
	})
}

// A hasher of the application's own may panic; its place is freed.
func TestAPanicFreesItsPlace(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	limited(t, db, panicking{}, password.Limits{Concurrent: 1, Wait: time.Millisecond})
	users := modeltest.UsersOf(t, db)
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the hasher was not asked")
				}
			}()
			_, _ = login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("nobody", "pw"))
		}()
	}
}

type panicking struct{ password.PBKDF2SHA256 }

func (panicking) Encode(string) (string, error) { panic("out of order") }

func TestNegativeLimits(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, limits := range []password.Limits{{Concurrent: -1}, {Queue: -1}, {Wait: -1}} {
		if err := db.Use(models.Passwords{Limits: limits}); err == nil {
			t.Errorf("%+v was accepted", limits)
		}
	}
}

// TestAFloodOfLoginsTakesLittleMemory checks the bound; without it the memory
// would be 200 times 8 MiB.
func TestAFloodOfLoginsTakesLittleMemory(t *testing.T) {
	const logins, memory = 200, 8 << 20
	db := dbtest.Open(t, dbtest.SQLite(t))
	limited(t, db, password.Argon2{Memory: memory >> 10, Time: 1}, password.Limits{Concurrent: 2, Queue: logins, Wait: time.Minute})
	modeltest.Create(t, db, "alice", "porridge")
	users := modeltest.UsersOf(t, db)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	for i := range logins {
		all.Go(func() {
			name := []string{"alice", "nobody"}[i%2]
			if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(name, "wrong")); !errors.Is(err, models.ErrBadCredentials) {
				t.Error(err)
			}
		})
	}
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	most := uint64(0)
	for sampling := true; sampling; {
		select {
		case <-finished:
			sampling = false
		case <-time.After(5 * time.Millisecond):
		}
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
	}
	if limit := uint64(logins * memory / 8); most > limit { // including garbage
		t.Errorf("%d MiB, want at most %d", most>>20, limit>>20)
	}
}

// TestTwoServersUpgradeAtOnce checks that both logins succeed and the remaining
// hash is good.
func TestTwoServersUpgradeAtOnce(t *testing.T) {
	old, preferred := password.PBKDF2SHA1{Iterations: 1}, password.PBKDF2SHA256{Iterations: 1000}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		var servers []*models.Users
		for i := range 2 {
			db := dbtest.Open(t, url)
			if err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{preferred, old}}), models.Migrate(db)); err != nil {
				t.Fatal(err)
			}
			servers = append(servers, modeltest.UsersOf(t, db))
			if i == 0 {
				modeltest.Create(t, db, "alice", "porridge")
			}
		}
		for range 10 {
			db := dbtest.Open(t, url)
			db.Exec("UPDATE auth_user SET password = ?", modeltest.Encode(t, old, "porridge"))
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					if _, err := login.AuthenticateUnlimited(t.Context(), servers[i%2], modeltest.Given("alice", "porridge")); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			var stored string
			db.Raw("SELECT password FROM auth_user").Scan(&stored)
			if !preferred.Verify("porridge", stored) || preferred.MustUpdate(stored) {
				t.Fatalf("stored: %s", stored)
			}
		}
	})
}
