package prune_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models/prune"
)

// journal is the log of a runner.
type journal struct{ sitetest.Log }

func (j *journal) lines(text string) int { return strings.Count(j.String(), text) }

// await waits until there are n lines with a text.
func (j *journal) await(t *testing.T, text string, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); j.lines(text) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there are no %d lines with %q: %s", n, text, j)
		}
	}
}

func (j *journal) config() prune.Config {
	return prune.Config{Logger: slog.New(slog.NewTextHandler(j, nil))}
}

const done = "expired rows were deleted"

// start calls Every until the function that it returns is called.
func start(t *testing.T, db *gorm.DB, interval time.Duration, j *journal) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { prune.Every(ctx, db, interval, j.config()) })
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

// TestEveryRunsOnceForAll checks that of several processes one prunes, that
// another takes over when it ends, and that a restart does not prune again.
func TestEveryRunsOnceForAll(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		people.Create(t, dbtest.Open(t, url))
		var all journal
		var stops []func()
		for range 3 {
			stops = append(stops, start(t, dbtest.Open(t, url), time.Hour, &all))
		}
		all.await(t, done, 1)
		start(t, dbtest.Open(t, url), time.Hour, &all)
		time.Sleep(300 * time.Millisecond)
		if all.lines("level=") != 1 {
			t.Errorf("one run for all: %s", &all)
		}
		for _, stop := range stops {
			stop()
		}
		db := dbtest.Open(t, url)
		execute(t, db, "UPDATE ginauth_lease SET until = until - 3600000000")
		start(t, db, time.Hour, &all)
		all.await(t, done, 2)
		if all.lines("level=ERROR") > 0 {
			t.Error(all.String())
		}
	})
}

// TestEveryRepeats checks that it runs again, and deletes what has expired.
func TestEveryRepeats(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		kinds[0].insert(t, db, 1, 10, time.Now().Add(-100*day))
		var log journal
		stop := start(t, db, time.Millisecond, &log)
		log.await(t, done, 3)
		stop()
		if rows(t, db, "django_session") != 0 || log.lines("sessions=10 jwts=0") != 1 {
			t.Error(log.String())
		}
	})
}

// TestEveryAfterAFailure checks that a failure and a panic are logged, and that
// neither ends the process or keeps the lease.
func TestEveryAfterAFailure(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		for name, breaks := range map[string]func(wire *dbtest.Outage){
			"dbtest: the database went away": func(wire *dbtest.Outage) { wire.Fail("django_session") },
			"panic: boom": func(wire *dbtest.Outage) {
				wire.Before(func(statement string) {
					if strings.Contains(statement, "django_session") {
						panic("boom")
					}
				})
			},
		} {
			db, wire := dbtest.WithOutage(t, url)
			if !db.Migrator().HasTable("ginauth_lease") {
				people.Create(t, dbtest.Open(t, url))
			}
			execute(t, db, "DELETE FROM ginauth_lease")
			var log journal
			breaks(wire)
			stop := start(t, db, time.Millisecond, &log)
			log.await(t, name, 2)
			wire.Fail("")
			wire.Before(nil)
			log.await(t, done, 1)
			stop()
			if strings.Contains(log.String(), "postgres://") {
				t.Error(log.String())
			}
		}
	})
}

// TestEveryWithoutItsTable checks that it says what is missing, and goes on
// when that is there.
func TestEveryWithoutItsTable(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		var log journal
		people.Configure(t, db)
		start(t, db, time.Millisecond, &log)
		log.await(t, "the database has no table ginauth_lease", 1)
		people.Create(t, db)
		log.await(t, done, 1)
	})
}

// TestEveryLosesItsLease checks that a process from which another has taken the
// lease does not give that away.
func TestEveryLosesItsLease(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		people.Create(t, db)
		other := dbtest.Open(t, url)
		taken := false
		wire.Before(func(statement string) {
			if !taken && strings.Contains(statement, "django_session") {
				taken = true
				execute(t, other, "UPDATE ginauth_lease SET holder = 'another', until = until + 3600000000")
			}
		})
		var log journal
		start(t, db, time.Millisecond, &log)
		log.await(t, done, 1)
		time.Sleep(100 * time.Millisecond)
		var holder string
		if err := other.Raw("SELECT holder FROM ginauth_lease").Scan(&holder).Error; err != nil || holder != "another" || log.lines(done) != 1 {
			t.Errorf("%s has it, %v: %s", holder, err, &log)
		}
	})
}

func TestEveryPanics(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, call := range map[string]func(){
		"no interval":       func() { prune.Every(t.Context(), db, 0) },
		"negative interval": func() { prune.Every(t.Context(), db, -time.Hour) },
		"no database":       func() { prune.Every(t.Context(), nil, time.Hour) },
		"negative keep":     func() { prune.Every(t.Context(), db, time.Hour, prune.Config{Keep: -1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error(name)
				}
			}()
			call()
		}()
	}
}
