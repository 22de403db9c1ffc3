package sqlkit_test

import (
	"context"
	"database/sql"
	"testing"

	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// warnings is a GORM logger that counts its warnings.
type warnings struct {
	logger.Interface
	n *int
}

func (w warnings) Warn(context.Context, string, ...any) { *w.n++ }

// TestPoolsThatKeepFewConnections checks that a pool that has closed many
// connections because it keeps few is warned about, once, and no other pool is.
// Each round uses eight connections at once.
func TestPoolsThatKeepFewConnections(t *testing.T) {
	for _, row := range []struct {
		name         string
		idle, rounds int
		warned       int
	}{
		{"as package database sets it", 8, 200, 0},
		{"database/sql's default, and a busy server", 2, 200, 1},
		{"database/sql's default, and a quiet server", 2, 100, 0},
		{"half of them, and a busy server", 4, 300, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			db := dbtest.Open(t, dbtest.SQLite(t))
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			pool.SetMaxIdleConns(row.idle)
			for range row.rounds {
				useAll(t, pool)
			}
			n := 0
			db.Logger = warnings{db.Logger, &n}
			for range 30_000 {
				if _, err := sqlkit.Texts(t.Context(), sqlkit.Pool(db), "SELECT 'a'"); err != nil {
					t.Fatal(err)
				}
			}
			if n != row.warned {
				t.Errorf("%d warnings after %d connections were closed, want %d", n, pool.Stats().MaxIdleClosed, row.warned)
			}
		})
	}
}

// useAll takes all connections of a pool at once and returns them.
func useAll(t *testing.T, pool *sql.DB) {
	t.Helper()
	for range pool.Stats().MaxOpenConnections {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
}
