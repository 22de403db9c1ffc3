package beside_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
	"github.com/ginauth/ginauth/policies/logins"
)

// crowd is how many clients send a request at once.
const crowd = 100

// TestBehindPgBouncer sends every kind of request a hundred times at once
// through PgBouncer in transaction mode, which gives each transaction another
// session of the server. None fails.
func TestBehindPgBouncer(t *testing.T) {
	direct := dbtest.Postgres(t)
	url := bouncertest.Start(t, direct)
	prepare(t, url)
	db := dbtest.Open(t, url)
	s := newLimitedSite(t, db)
	s.readsAndLogsIn(t, db)
	s.refreshes(t)
	s.manages(t)
	s.guesses(t)
	s.prunes(t, db)
	s.hasNoFailure(t)
	if locks := query(t, dbtest.Open(t, direct), advisoryLocks); locks != 0 {
		t.Errorf("%d advisory locks outlast their transactions", locks)
	}
	if settings := query(t, db, "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name NOT IN "+bouncerSettings); settings != 0 {
		t.Errorf("%d settings outlast their transactions", settings)
	}
}

// TestBehindPgBouncerByGORM checks that a database that was opened by GORM needs
// the one parameter that the documents name, or a PgBouncer that keeps the
// statements of its clients.
func TestBehindPgBouncerByGORM(t *testing.T) {
	starts := map[string]func(t *testing.T, url string) (through string, ok bool){
		"cache_describe": func(t *testing.T, url string) (string, bool) {
			return bouncertest.Start(t, url) + "&default_query_exec_mode=cache_describe", true
		},
		"max_prepared_statements": func(t *testing.T, url string) (string, bool) { return bouncertest.StartKeeping(t, url) },
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			direct := dbtest.Postgres(t)
			if url, ok := start(t, direct); ok {
				prepare(t, direct)
				db := openGORM(t, url)
				s := newLimitedSite(t, db)
				s.readsAndLogsIn(t, db)
				s.hasNoFailure(t)
			}
		})
	}
}

const advisoryLocks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database " +
	"WHERE l.locktype = 'advisory' AND d.datname = current_database()"

// bouncerSettings are those that PgBouncer itself gives to a session.
const bouncerSettings = "('client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings', 'application_name')"

// newLimitedSite is newSite with limits of failed logins in the database.
func newLimitedSite(t *testing.T, db *gorm.DB) site {
	t.Helper()
	if err := db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)}); err != nil {
		t.Fatal(err)
	}
	return newSite(t, db)
}

// all sends a crowd of requests and checks that each gets the status.
func (s site) all(t *testing.T, name string, status int, r func(i int) request) {
	t.Helper()
	if statuses, bad := s.together(crowd, r); statuses[status] != crowd {
		t.Errorf("%s: %v %s", name, statuses, bad)
	}
}

// readsAndLogsIn sends every kind of credential, and logs alice in by each way
// in that takes a password.
func (s site) readsAndLogsIn(t *testing.T, db *gorm.DB) {
	t.Helper()
	for name, r := range s.reads(t, db) {
		s.all(t, name, 200, func(int) request { return r })
	}
	for _, path := range []string{"/token", "/session/login", "/jwt/pair", "/jwt/sliding", "/password/pair"} {
		s.all(t, path, 200, func(int) request { return request{"POST", path, sitetest.Anonymous, login} })
	}
}

// refreshes uses refresh tokens, each by one client and one by all of them.
func (s site) refreshes(t *testing.T) {
	t.Helper()
	for _, row := range []struct{ login, member, path string }{
		{"/jwt/pair", "refresh", "/jwt/refresh"},
		{"/password/pair", "refresh", "/password/refresh"},
		{"/jwt/sliding", "token", "/jwt/sliding/refresh"},
		{"/jwt/pair", "refresh", "/jwt/blacklist"},
	} {
		var bodies [crowd]string
		for i := range bodies {
			bodies[i] = fmt.Sprintf(`{%q:%q}`, row.member, s.logIn(t, row.login, row.member))
		}
		s.all(t, row.path, 200, func(i int) request { return request{"POST", row.path, sitetest.Anonymous, bodies[i]} })
	}
	one := fmt.Sprintf(`{"refresh":%q}`, s.logIn(t, "/jwt/pair", "refresh"))
	s.all(t, "one refresh token", 200, func(int) request { return request{"POST", "/jwt/refresh", sitetest.Anonymous, one} })
}

// manages creates access tokens, ends sessions, and logs alice out everywhere.
func (s site) manages(t *testing.T) {
	t.Helper()
	s.all(t, "create access tokens", 201, func(i int) request {
		return request{"POST", "/tokens", sitetest.Basic("staff"), fmt.Sprintf(`{"name":"build %d","scopes":["*"],"expires_in":"never"}`, i)}
	})
	var sessions [crowd]sitetest.As
	for i := range sessions {
		sessions[i] = s.session(t)
	}
	s.all(t, "end sessions", 200, func(i int) request { return request{"POST", "/session/logout", sessions[i], ""} })
	s.all(t, "end everything", 204, func(int) request { return request{"POST", "/logout-all", sitetest.Basic("alice"), ""} })
}

// guesses sends wrong passwords, which must be refused and counted.
func (s site) guesses(t *testing.T) {
	t.Helper()
	statuses, bad := s.together(crowd, func(int) request {
		return request{"POST", "/token", sitetest.Anonymous, `{"username":"bob","password":"wrong"}`}
	})
	if statuses[400]+statuses[429] != crowd || statuses[429] == 0 {
		t.Errorf("wrong passwords: %v %s", statuses, bad)
	}
}

// prunes deletes what has expired, by several processes at once, with a lease
// and without.
func (s site) prunes(t *testing.T, db *gorm.DB) {
	t.Helper()
	everything := prune.Config{Keep: 1, KeepAccessTokens: 1, Logger: slog.New(slog.NewTextHandler(&s.Log, nil))}
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() { prune.Every(ctx, db, time.Millisecond, everything) })
		group.Go(func() {
			if _, err := prune.Expired(t.Context(), db, everything); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !strings.Contains(s.Log.String(), "expired rows were deleted") {
		t.Error("no process has had the lease")
	}
}

// hasNoFailure checks that the site has logged refusals only.
func (s site) hasNoFailure(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(s.Log.String()) {
		if strings.Contains(line, "level=ERROR") {
			t.Fatal(line)
		}
	}
}

// TestTheWrongModeBehindPgBouncer checks that, where PgBouncer loses the
// prepared statements of clients that rely on them, each failure names the mend
// in the log, and does not tell it to clients.
func TestTheWrongModeBehindPgBouncer(t *testing.T) {
	url := bouncertest.Start(t, dbtest.Postgres(t))
	prepare(t, url)
	for name, prepared := range map[string]bool{"cache_statement": false, "PrepareStmt": true} {
		t.Run(name, func(t *testing.T) {
			s := newLimitedSite(t, openMode(t, url, pgx.QueryExecModeCacheStatement, prepared))
			for _, r := range []request{
				{"POST", "/token", sitetest.Anonymous, login},
				{"POST", "/jwt/pair", sitetest.Anonymous, login},
				{"GET", "/remote", sitetest.As{"X-Remote-User: alice"}, ""},
				{"GET", "/notes/1", sitetest.Basic("alice"), ""},
			} {
				if _, bad := s.together(crowd, func(int) request { return r }); strings.Contains(bad, "statement") {
					t.Errorf("%s: clients read: %s", r.path, bad)
				}
			}
			failures := 0
			for line := range strings.Lines(s.Log.String()) {
				if strings.Contains(line, "prepared statement") {
					failures++
					if !strings.Contains(line, "default_query_exec_mode=cache_describe") {
						t.Fatalf("the log does not name the mend: %s", line)
					}
				}
			}
			if failures == 0 {
				t.Error("the log has no failure of a prepared statement")
			}
		})
	}
}

// TestMigrateBehindPgBouncer lets several processes create the tables at once.
func TestMigrateBehindPgBouncer(t *testing.T) {
	url := bouncertest.Start(t, dbtest.Postgres(t))
	var group sync.WaitGroup
	for range 6 {
		db := dbtest.Open(t, url)
		group.Go(func() {
			if err := models.Migrate(db); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	people.Create(t, dbtest.Open(t, url))
}

// openGORM opens a database as GORM's own documents do.
func openGORM(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return db
}

// query returns the largest number that a query selects from several sessions.
func query(t *testing.T, db *gorm.DB, text string) (most int) {
	t.Helper()
	for range 20 {
		var n int
		if err := db.Raw(text).Row().Scan(&n); err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
	}
	return most
}
