package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/testing/fixture"
)

// Run runs f as the subtests sqlite and postgres, each with an empty database
// of its own. Without GINAUTH_TEST_POSTGRES the second is skipped.
func Run(t *testing.T, f func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	RunURL(t, func(t *testing.T, url string) { f(t, Open(t, url)) })
}

// RunURL is [Run] for a test that opens the database itself, or more than once.
func RunURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Open opens a database, which is closed when the test ends.
func Open(t testing.TB, url string) *gorm.DB {
	t.Helper()
	return open(t, url, sql.OpenDB)
}

func open(t testing.TB, url string, newPool func(driver.Connector) *sql.DB) *gorm.DB {
	t.Helper()
	db, err := database.Open(url, database.Config{NewPool: newPool})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Fixture fills an empty database with the data of package fixture.
func Fixture(t testing.TB, db *gorm.DB) {
	t.Helper()
	if err := fixture.Load(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

// Reset restores the data that [Fixture] has loaded.
func Reset(db *gorm.DB) error { return fixture.Reset(context.Background(), db) }

// Bench is [Run] for a benchmark.
func Bench(b *testing.B, f func(b *testing.B, db *gorm.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { f(b, Open(b, SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { f(b, Open(b, Postgres(b))) })
}
