package database_test

import (
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
)

// TestMaxConnections checks that a pool has as many connections as it may, and
// keeps them all.
func TestMaxConnections(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		defaults := map[bool]int{true: 16, false: 8}
		for _, row := range []struct {
			url     string
			config  []database.Config
			allowed int
		}{
			{url, nil, defaults[t.Name() == "TestMaxConnections/postgres"]},
			{url, []database.Config{{}}, defaults[t.Name() == "TestMaxConnections/postgres"]},
			{url, []database.Config{{MaxConnections: 3}}, 3},
			{":memory:", []database.Config{{MaxConnections: 3}}, 1},
		} {
			db, err := database.Open(row.url, row.config...)
			if err != nil {
				t.Fatal(err)
			}
			pool := pool(t, db)
			t.Cleanup(func() { pool.Close() })
			if n := pool.Stats().MaxOpenConnections; n != row.allowed {
				t.Errorf("%s, %+v: at most %d connections, want %d", row.url, row.config, n, row.allowed)
			}
			if n := idle(t, pool); n != row.allowed {
				t.Errorf("%s, %+v: %d connections are kept, want %d", row.url, row.config, n, row.allowed)
			}
		}
	})
}

// idle opens all connections of a pool, returns them to it, and tells how many
// it has kept.
func idle(t *testing.T, pool *sql.DB) int {
	t.Helper()
	var conns []*sql.Conn
	for range pool.Stats().MaxOpenConnections {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		conn.Close()
	}
	return pool.Stats().Idle
}

func TestNewPool(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		var made *sql.DB
		db, err := database.Open(url, database.Config{NewPool: func(c driver.Connector) *sql.DB {
			made = sql.OpenDB(c)
			return made
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { made.Close() })
		if pool(t, db) != made || made.Stats().MaxOpenConnections == 0 {
			t.Errorf("the pool is not the one that was made, or has no limit: %+v", made.Stats())
		}
	})
}

func TestConfigMisuse(t *testing.T) {
	if _, err := database.Open(filepath.Join(t.TempDir(), "app.db"), database.Config{MaxConnections: -1}); err == nil {
		t.Error("MaxConnections of -1 was accepted")
	}
	two := panics.Of(func() { _, _ = database.Open(":memory:", database.Config{}, database.Config{}) })
	if two != "database: Open takes one config" {
		t.Errorf("two configs: %q", two)
	}
}
