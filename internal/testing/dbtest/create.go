package dbtest

import (
	"crypto/rand"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/database"
)

// SQLite returns the URL of a database in a file that is removed when the test
// ends.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "test.db")
}

// Postgres creates a database on the server that GINAUTH_TEST_POSTGRES names
// and returns its URL. The database is dropped when the test ends. Without the
// variable the test is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server := Server(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("GINAUTH_TEST_POSTGRES is not a URL") // the error quotes the password
	}
	name := "dbtest_" + strings.ToLower(rand.Text())
	administer(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { administer(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// administer executes a statement on a connection of its own, so that tests
// running in parallel do not hold one in between.
func administer(t testing.TB, server, statement string) {
	t.Helper()
	db, err := database.Open(server)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
