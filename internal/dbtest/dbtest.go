// Package dbtest gives tests the databases that ginauth works on: SQLite always, PostgreSQL where there is one.
package dbtest

import (
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/database"
	"github.com/ginauth/ginauth/internal/fixture"
)

// Run runs f with an empty SQLite database and with an empty PostgreSQL database, as the subtests "sqlite" and "postgres". The
// latter is made on the server that the environment variable GINAUTH_TEST_POSTGRES names, and skipped loudly without it.
func Run(t *testing.T, f func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	RunURL(t, func(t *testing.T, url string) { f(t, Open(t, url)) })
}

// RunURL is [Run] for tests that open the database themselves, once or more often.
func RunURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Bench is [Run] for benchmarks.
func Bench(b *testing.B, f func(b *testing.B, db *gorm.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { f(b, Open(b, SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { f(b, Open(b, Postgres(b))) })
}

// SQLite returns the URL of a new file.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

// Postgres makes an empty database, which is dropped after the test, and returns its URL.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("GINAUTH_TEST_POSTGRES")
	if server == "" {
		t.Skip("SKIPPED: set GINAUTH_TEST_POSTGRES=postgres://... to run this test on PostgreSQL")
	}
	name := "ginauth_test_" + strings.ToLower(rand.Text())
	admin := Open(t, server)
	if err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'").Error; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the connections of admin are closed
		if err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)").Error; err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("GINAUTH_TEST_POSTGRES is no URL")
	}
	u.Path = "/" + name
	return u.String()
}

// Open opens a database until the end of the test.
func Open(t testing.TB, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(url)
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

// Fixture fills an empty database with the data of the reference application.
func Fixture(t testing.TB, db *gorm.DB) {
	t.Helper()
	if err := fixture.Load(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}
