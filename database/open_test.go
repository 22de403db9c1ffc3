package database_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
)

func mustOpen(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool(t, db).Close() })
	return db
}

func pool(t *testing.T, db *gorm.DB) *sql.DB {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// query returns the single value that a statement selects.
func query[T any](t *testing.T, db *gorm.DB, statement string) (value T) {
	t.Helper()
	if err := db.Raw(statement).Row().Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func TestOpenSQLiteNames(t *testing.T) {
	for _, name := range []string{"app.db", "sqlite:app.db", "sqlite://app.db", "file:app.db", "file:app.db?mode=rwc"} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			db := mustOpen(t, name)
			if file := query[string](t, db, "SELECT file FROM pragma_database_list"); filepath.Base(file) != "app.db" {
				t.Errorf("opened %q", file)
			}
		})
	}
}

func TestOpenSQLitePathIsNoPattern(t *testing.T) {
	path := filepath.Join(t.TempDir(), "50% of what? #1 & more.db")
	mustOpen(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOpenSQLiteSettings(t *testing.T) {
	db := mustOpen(t, filepath.Join(t.TempDir(), "app.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "busy_timeout": "5000", "foreign_keys": "1"} {
		if got := query[string](t, db, "PRAGMA "+pragma); got != want {
			t.Errorf("%s = %q, want %q", pragma, got, want)
		}
	}
	own := mustOpen(t, "file:"+filepath.Join(t.TempDir(), "own.db")+"?_busy_timeout=7")
	if got := query[int](t, own, "PRAGMA busy_timeout"); got != 7 {
		t.Errorf("the URI's own busy_timeout = %d, want 7", got)
	}
}

func TestOpenSQLiteTransactionsAreImmediate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	tx := mustOpen(t, path).Begin()
	defer tx.Rollback()
	other := mustOpen(t, "file:"+path+"?_busy_timeout=1")
	if err := other.Exec("CREATE TABLE t (a)").Error; err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("writing beside a transaction that has only begun: %v, want locked", err)
	}
}

func TestOpenSQLiteTimeIsUTC(t *testing.T) {
	db := mustOpen(t, ":memory:")
	when := time.Date(2024, 1, 1, 1, 2, 3, 456789000, time.FixedZone("", 3600))
	if err := db.Exec("CREATE TABLE t (at datetime)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("INSERT INTO t VALUES (?), (?)", when, "2024-01-01 00:02:03.456789").Error; err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, db, "SELECT at || '' FROM t"); got != "2024-01-01 00:02:03.456789+00:00" {
		t.Errorf("stored %q", got)
	}
	for _, order := range []string{"ASC", "DESC"} {
		if got := query[time.Time](t, db, "SELECT at FROM t ORDER BY length(at) "+order); !got.Equal(when) {
			t.Errorf("read %v", got)
		}
	}
}

func TestOpenMemoryKeepsOneConnection(t *testing.T) {
	for _, url := range []string{":memory:", "sqlite::memory:", "file::memory:", "file:x?mode=memory"} {
		db := mustOpen(t, url)
		if err := db.Exec("CREATE TABLE t (a)").Error; err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		for range 4 {
			go func() { done <- db.Exec("INSERT INTO t VALUES (1)").Error }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Errorf("%s: %v", url, err)
			}
		}
		if n := query[int](t, db, "SELECT count(*) FROM t"); n != 4 {
			t.Errorf("%s: %d rows", url, n)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := database.Open(""); err == nil {
		t.Error("an empty URL was opened")
	}
	if _, err := database.Open(filepath.Join(t.TempDir(), "no", "such", "dir.db")); err == nil {
		t.Error("a file in a directory that does not exist was opened")
	}
}
