package loginstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/policies/logins"
)

func TestDatabaseStore(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := logintest.Migrated(t, dbtest.Open(t, logintest.Careless(url)))
		logintest.Run(t, func(t *testing.T, f func(t *testing.T, s logintest.Subject)) {
			if err := db.Exec("DELETE FROM ginauth_login_failure").Error; err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			store := newStore(db)
			store.SetClock(func() time.Time { return now })
			f(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
		})
	})
}

// TestDatabaseStoresCountTogether uses two pools of connections, as two server
// processes do.
func TestDatabaseStoresCountTogether(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		one, another := logintest.Migrated(t, dbtest.Open(t, logintest.Careless(url))), dbtest.Open(t, logintest.Careless(url))
		logintest.Concurrent(t, newStore(one), newStore(another))
	})
}

// TestTheDatabasesClock checks that waits end by themselves.
func TestTheDatabasesClock(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		store, curve, alice := newStore(logintest.Migrated(t, db)), logintest.Curve(), logintest.From("alice", 1)
		curve.Free, curve.FirstWait = 1, 300*time.Millisecond
		reserve := func() loginstore.Reservation {
			r, err := store.Reserve(t.Context(), alice, curve)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if err := store.Settle(t.Context(), reserve(), loginstore.Failed, curve); err != nil {
			t.Fatal(err)
		}
		if r := reserve(); r.Verdict != loginstore.Refused || r.Wait <= 0 || r.Wait > curve.FirstWait {
			t.Errorf("%+v", r)
		}
		time.Sleep(curve.FirstWait)
		if r := reserve(); r.Verdict != loginstore.Reserved {
			t.Errorf("%+v", r)
		}
		for c, err := range store.Counters(t.Context(), loginstore.Filter{}) {
			if since := time.Since(c.Last); err != nil || since < 0 || since > time.Minute {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// TestARestartForgetsNothing checks that a new store knows what the previous
// one counted.
func TestARestartForgetsNothing(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		now := time.Now()
		restarted := func() logintest.Subject {
			store := newStore(logintest.Migrated(t, dbtest.Open(t, url)))
			store.SetClock(func() time.Time { return now })
			return logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }}
		}
		alice := logintest.From("alice", 1)
		s := restarted()
		for range 5 {
			r, err := s.Store.Reserve(t.Context(), alice, logintest.Curve())
			if err != nil || s.Store.Settle(t.Context(), r, loginstore.Failed, logintest.Curve()) != nil {
				t.Fatal(r, err)
			}
		}
		r, err := restarted().Store.Reserve(t.Context(), alice, logintest.Curve())
		if err != nil || r.Verdict != loginstore.Refused || r.Wait != time.Second {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestPrune checks that rows that no longer matter, and only those, are deleted
// on demand.
func TestPrune(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		now := time.Now()
		store, curve := newStore(logintest.Migrated(t, db)), logintest.Curve()
		store.SetClock(func() time.Time { return now })
		try := func(name string, outcome loginstore.Outcome) {
			r, err := store.Reserve(t.Context(), logintest.From(name, 1), curve)
			if err != nil || r.Verdict != loginstore.Reserved || store.Settle(t.Context(), r, outcome, curve) != nil {
				t.Fatal(r, err)
			}
		}
		prune := func(want int) {
			t.Helper()
			if _, err := store.Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := rows(t, db); n != want {
				t.Errorf("%d rows are left, want %d", n, want)
			}
		}
		try("known", loginstore.Succeeded)
		for i := range 50 {
			try(fmt.Sprint("user", i), loginstore.Failed)
		}
		prune(1 + 2*50 + 1)
		for range 3 {
			try("user0", loginstore.Failed)
		}
		now = now.Add(16 * time.Minute)
		prune(1 + 1) // known, and user0, which has three failures left
		now = now.Add(time.Hour)
		prune(1)
		now = now.Add(90 * 24 * time.Hour)
		prune(0)
	})
}

// TestRowsGoByThemselves checks that rows are deleted without further logins.
func TestRowsGoByThemselves(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		store, curve := newStore(logintest.Migrated(t, db)), logintest.Curve()
		curve.Free, curve.FirstWait, curve.LongestWait, curve.Forget = 1, time.Millisecond, time.Millisecond, time.Millisecond
		curve.Network, curve.Account = loginstore.Gate{Burst: 1, Every: time.Millisecond}, loginstore.Gate{Burst: 1, Every: time.Millisecond}
		r, err := store.Reserve(t.Context(), logintest.From("alice", 1), curve)
		if err != nil || store.Settle(t.Context(), r, loginstore.Failed, curve) != nil || rows(t, db) == 0 {
			t.Fatal(r, err)
		}
		for range 200 {
			if time.Sleep(50 * time.Millisecond); rows(t, db) == 0 {
				return
			}
		}
		t.Error("the rows are still there")
	})
}

// TestTurnsAreBounded checks that refusals fill no more than half of a table,
// and hold up no other client.
func TestTurnsAreBounded(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		now := time.Now()
		store := newStore(logintest.Migrated(t, dbtest.Open(t, logintest.Careless(url))), logins.DatabaseConfig{MaxCounters: 300})
		store.SetClock(func() time.Time { return now })
		logintest.BoundedTurns(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
	})
}

// TestRowsAreBounded checks that a client that fills the table erases no
// counter that holds it back, and is slowed down earlier; that users are let in
// where they are known; and that each is known in a bounded number of networks.
func TestRowsAreBounded(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := logintest.Migrated(t, dbtest.Open(t, logintest.Careless(url)))
		now := time.Now()
		store, curve := newStore(db, logins.DatabaseConfig{MaxCounters: 300}), logintest.Curve()
		store.SetClock(func() time.Time { return now })
		logintest.Bounded(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
		if n := rows(t, db); n > 300+3*1024+100 {
			t.Errorf("%d rows", n)
		}
		for n := range 130 {
			now = now.Add(time.Second)
			r, err := store.Reserve(t.Context(), logintest.From("owner", 5000+n), curve)
			if err != nil || r.Verdict != loginstore.Reserved || store.Settle(t.Context(), r, loginstore.Succeeded, curve) != nil {
				t.Fatal(n, r, err)
			}
		}
		owner, known := logintest.From("owner", 0), 0
		for c, err := range store.Counters(t.Context(), loginstore.Filter{Account: &owner.Account}) {
			if err != nil {
				t.Fatal(err)
			}
			if c.Kind == loginstore.OfUserInNetwork {
				known++
			}
		}
		if r, err := store.Reserve(t.Context(), logintest.From("owner", 5129), curve); err != nil || !r.Known || known != 100 {
			t.Errorf("known in %d networks; in the last: %v, %v", known, r.Known, err)
		}
	})
}

// newStore returns the store that an application would create.
func newStore(db *gorm.DB, config ...logins.DatabaseConfig) *loginstore.DatabaseStore {
	return logins.NewDatabaseStore(db, config...).(*loginstore.DatabaseStore)
}

func rows(t *testing.T, db *gorm.DB) int {
	t.Helper()
	var n int64
	if err := db.Table("ginauth_login_failure").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestGuessingLeavesConnections checks that other requests get connections,
// however many clients guess.
func TestGuessingLeavesConnections(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := logintest.Migrated(t, dbtest.Open(t, logintest.Careless(url)))
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(8)
		store := newStore(db) // uses a quarter
		var wg, sampler sync.WaitGroup
		done, most := make(chan struct{}), 0
		sampler.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(100 * time.Microsecond):
					most = max(most, pool.Stats().InUse)
				}
			}
		})
		for i := range 100 {
			wg.Go(func() {
				r, err := store.Reserve(t.Context(), logintest.From("alice", i%7), logintest.Curve())
				if err == nil && r.Verdict == loginstore.Reserved {
					err = store.Settle(t.Context(), r, loginstore.Failed, logintest.Curve())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(done)
		sampler.Wait()
		if most < 1 || most > 2 {
			t.Errorf("%d connections of 8 were in use", most)
		}
	})
}

// TestAMigrationBesideLogins checks that statements that PostgreSQL planned for
// the table as it was are repeated, on each connection.
func TestAMigrationBesideLogins(t *testing.T) {
	db := logintest.Migrated(t, dbtest.Open(t, dbtest.Postgres(t)))
	store := newStore(db, logins.DatabaseConfig{Connections: 4})
	logIn := func() {
		var wg sync.WaitGroup
		for n := range 40 {
			wg.Go(func() {
				a := logintest.From(fmt.Sprint("user", n), n)
				r, err := store.Reserve(t.Context(), a, logintest.Curve())
				if err == nil {
					err = store.Settle(t.Context(), r, loginstore.Succeeded, logintest.Curve())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	list := func() {
		for _, err := range store.Counters(t.Context(), loginstore.Filter{}) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	logIn()
	list()
	if err := db.Exec(`ALTER TABLE ginauth_login_failure ALTER COLUMN network TYPE text`).Error; err != nil {
		t.Fatal(err)
	}
	list()
	logIn()
}
