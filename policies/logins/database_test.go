package logins_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

func migrated(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	return db
}

// careless makes PostgreSQL answer before it has written to the disk, for a
// test of many statements.
func careless(url string) string {
	if strings.HasPrefix(url, "postgres") {
		url += "?synchronous_commit=off"
	}
	return url
}

func TestDatabaseStore(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := migrated(t, dbtest.Open(t, careless(url)))
		logintest.Run(t, func(t *testing.T, f func(t *testing.T, s logintest.Subject)) {
			if err := db.Exec("DELETE FROM ginauth_login_failure").Error; err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			store := logins.NewDatabaseStore(db)
			store.SetClock(func() time.Time { return now })
			f(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
		})
	})
}

// TestDatabaseStoresCountTogether: two pools of connections are what two server
// processes have.
func TestDatabaseStoresCountTogether(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		one, another := migrated(t, dbtest.Open(t, careless(url))), dbtest.Open(t, careless(url))
		logintest.Concurrent(t, logins.NewDatabaseStore(one), logins.NewDatabaseStore(another))
	})
}

// TestTheDatabasesClock: waits end by themselves.
func TestTheDatabasesClock(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		store, curve, alice := logins.NewDatabaseStore(migrated(t, db)), logintest.Curve(), logintest.From("alice", 1)
		curve.Free, curve.FirstWait = 1, 300*time.Millisecond
		reserve := func() logins.Reservation {
			r, err := store.Reserve(t.Context(), alice, curve)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if err := store.Settle(t.Context(), reserve(), logins.Failed, curve); err != nil {
			t.Fatal(err)
		}
		if r := reserve(); r.Verdict != logins.Refused || r.Wait <= 0 || r.Wait > curve.FirstWait {
			t.Errorf("%+v", r)
		}
		time.Sleep(curve.FirstWait)
		if r := reserve(); r.Verdict != logins.Reserved {
			t.Errorf("%+v", r)
		}
		for c, err := range store.Counters(t.Context(), logins.Filter{}) {
			if since := time.Since(c.Last); err != nil || since < 0 || since > time.Minute {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// TestARestartForgetsNothing: a store that is made anew knows what the one
// before it has counted.
func TestARestartForgetsNothing(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		now := time.Now()
		restarted := func() logintest.Subject {
			store := logins.NewDatabaseStore(migrated(t, dbtest.Open(t, url)))
			store.SetClock(func() time.Time { return now })
			return logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }}
		}
		alice := logintest.From("alice", 1)
		s := restarted()
		for range 5 {
			r, err := s.Store.Reserve(t.Context(), alice, logintest.Curve())
			if err != nil || s.Store.Settle(t.Context(), r, logins.Failed, logintest.Curve()) != nil {
				t.Fatal(r, err)
			}
		}
		r, err := restarted().Store.Reserve(t.Context(), alice, logintest.Curve())
		if err != nil || r.Verdict != logins.Refused || r.Wait != time.Second {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestPrune: rows that do not matter any more are deleted, without a login and
// by hand, and only those.
func TestPrune(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		now := time.Now()
		store, curve := logins.NewDatabaseStore(migrated(t, db)), logintest.Curve()
		store.SetClock(func() time.Time { return now })
		try := func(name string, outcome logins.Outcome) {
			r, err := store.Reserve(t.Context(), logintest.From(name, 1), curve)
			if err != nil || r.Verdict != logins.Reserved || store.Settle(t.Context(), r, outcome, curve) != nil {
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
		try("known", logins.Succeeded)
		for i := range 50 {
			try(fmt.Sprint("user", i), logins.Failed)
		}
		prune(1 + 2*50 + 1)
		for range 3 {
			try("user0", logins.Failed)
		}
		now = now.Add(16 * time.Minute)
		prune(1 + 1) // known, and of user0 three are left
		now = now.Add(time.Hour)
		prune(1)
		now = now.Add(90 * 24 * time.Hour)
		prune(0)
	})
}

// TestRowsGoByThemselves, when there are no more logins.
func TestRowsGoByThemselves(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		store, curve := logins.NewDatabaseStore(migrated(t, db)), logintest.Curve()
		curve.Free, curve.FirstWait, curve.LongestWait, curve.Forget = 1, time.Millisecond, time.Millisecond, time.Millisecond
		curve.Network, curve.Account = logins.Gate{Burst: 1, Every: time.Millisecond}, logins.Gate{Burst: 1, Every: time.Millisecond}
		r, err := store.Reserve(t.Context(), logintest.From("alice", 1), curve)
		if err != nil || store.Settle(t.Context(), r, logins.Failed, curve) != nil || rows(t, db) == 0 {
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

// TestTurnsAreBounded: refusals fill no more than half of a table, and hold up
// nobody else.
func TestTurnsAreBounded(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		now := time.Now()
		store := logins.NewDatabaseStore(migrated(t, dbtest.Open(t, careless(url))), logins.DatabaseConfig{MaxCounters: 300})
		store.SetClock(func() time.Time { return now })
		logintest.BoundedTurns(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
	})
}

// TestRowsAreBounded: whoever fills the table gets rid of nothing that holds
// him back, and is slowed down earlier; users are let in where they are known,
// and each is known in a bounded number of networks.
func TestRowsAreBounded(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := migrated(t, dbtest.Open(t, careless(url)))
		now := time.Now()
		store, curve := logins.NewDatabaseStore(db, logins.DatabaseConfig{MaxCounters: 300}), logintest.Curve()
		store.SetClock(func() time.Time { return now })
		logintest.Bounded(t, logintest.Subject{Store: store, Advance: func(d time.Duration) { now = now.Add(d) }})
		if n := rows(t, db); n > 300+3*1024+100 {
			t.Errorf("%d rows", n)
		}
		for n := range 130 {
			now = now.Add(time.Second)
			r, err := store.Reserve(t.Context(), logintest.From("owner", 5000+n), curve)
			if err != nil || r.Verdict != logins.Reserved || store.Settle(t.Context(), r, logins.Succeeded, curve) != nil {
				t.Fatal(n, r, err)
			}
		}
		owner, known := logintest.From("owner", 0), 0
		for c, err := range store.Counters(t.Context(), logins.Filter{Account: &owner.Account}) {
			if err != nil {
				t.Fatal(err)
			}
			if c.Kind == logins.OfUserInNetwork {
				known++
			}
		}
		if r, err := store.Reserve(t.Context(), logintest.From("owner", 5129), curve); err != nil || !r.Known || known != 100 {
			t.Errorf("known in %d networks; in the last: %v, %v", known, r.Known, err)
		}
	})
}

func rows(t *testing.T, db *gorm.DB) int {
	t.Helper()
	var n int64
	if err := db.Table("ginauth_login_failure").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestAMigrationBesideLogins: statements that PostgreSQL has planned for the
// table as it was are asked once more, on each connection.
func TestAMigrationBesideLogins(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.Postgres(t)))
	store := logins.NewDatabaseStore(db, logins.DatabaseConfig{Connections: 4})
	logIn := func() {
		var wg sync.WaitGroup
		for n := range 40 {
			wg.Go(func() {
				a := logintest.From(fmt.Sprint("user", n), n)
				r, err := store.Reserve(t.Context(), a, logintest.Curve())
				if err == nil {
					err = store.Settle(t.Context(), r, logins.Succeeded, logintest.Curve())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	list := func() {
		for _, err := range store.Counters(t.Context(), logins.Filter{}) {
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
