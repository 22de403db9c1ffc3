package database_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestOpenBehindPgBouncer checks that statements run behind PgBouncer in
// transaction mode, whose sessions lose what a client has prepared by name, and
// that a mode in the URL takes precedence.
func TestOpenBehindPgBouncer(t *testing.T) {
	through := bouncertest.Start(t, dbtest.Postgres(t))
	for _, row := range []struct {
		mode  string
		works bool
	}{
		{"", true},
		{"cache_describe", true},
		{"exec", true},
		{"cache_statement", false},
	} {
		failed := together(100, mustOpen(t, inMode(t, through, row.mode)))
		if (failed == nil) != row.works {
			t.Errorf("mode %q: %v, works: %v", row.mode, failed, row.works)
		}
		if failed != nil && !strings.Contains(failed.Error(), "prepared statement") {
			t.Errorf("mode %q: %v", row.mode, failed)
		}
	}
}

// TestDescribeExecIsRefused checks that Open refuses the mode that gives wrong
// results behind a pooler, and only there.
func TestDescribeExecIsRefused(t *testing.T) {
	direct := dbtest.Postgres(t)
	mustOpen(t, inMode(t, direct, "describe_exec"))
	if err := opened(inMode(t, bouncertest.Start(t, direct), "describe_exec")); err == nil || !strings.Contains(err.Error(), "cache_describe") {
		t.Errorf("behind PgBouncer: %v", err)
	}
}

// TestOpenPreparesStatements checks that statements are prepared by name where
// PostgreSQL itself has answered.
func TestOpenPreparesStatements(t *testing.T) {
	db := mustOpen(t, dbtest.Postgres(t))
	if n := query[int](t, db, "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"); n != 1 {
		t.Errorf("%d prepared statements", n)
	}
}

// inMode adds the driver's mode to a URL, unless it is "".
func inMode(t *testing.T, address, mode string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if query := u.Query(); mode != "" {
		query.Set("default_query_exec_mode", mode)
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// together runs a query n times at once and returns one of its errors.
func together(n int, db *gorm.DB) (failed error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		group.Go(func() {
			var got int
			if err := db.Raw("SELECT $1::int + 0", i).Row().Scan(&got); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	group.Wait()
	return failed
}
