package database_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/database"
)

func mustOpen(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(url)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
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

// query returns the one value that a statement selects.
func query[T any](t *testing.T, db *gorm.DB, statement string) (value T) {
	t.Helper()
	if err := db.Raw(statement).Scan(&value).Error; err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func TestSQLite(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{
		filepath.Join(dir, "plain.db"), "sqlite:" + filepath.Join(dir, "prefixed.db"), "sqlite://" + filepath.Join(dir, "slashes.db"),
		"file:" + filepath.Join(dir, "file.db"), filepath.Join(dir, "a b?c%d#e.db"), ":memory:",
	} {
		db, err := database.Open(url)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		pool, _ := db.DB()
		t.Cleanup(func() { pool.Close() })
		var journal string
		var foreignKeys, busy int
		db.Raw("PRAGMA journal_mode").Scan(&journal)
		db.Raw("PRAGMA foreign_keys").Scan(&foreignKeys)
		db.Raw("PRAGMA busy_timeout").Scan(&busy)
		if (journal != "wal") != (url == ":memory:") || foreignKeys != 1 || busy != 5000 {
			t.Errorf("%s: journal %s, foreign keys %d, busy timeout %d", url, journal, foreignKeys, busy)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.db"))
	if len(files) != 5 {
		t.Errorf("files: %q", files)
	}
}

func TestTimesAreAsDjangoReadsThem(t *testing.T) {
	db, err := database.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 1, 2, 3, 456789000, time.UTC)
	var text string
	var back time.Time
	db.Exec("CREATE TABLE t (at datetime)")
	db.Exec("INSERT INTO t VALUES (?)", at)
	db.Raw("SELECT CAST(at AS TEXT) FROM t").Scan(&text)
	db.Raw("SELECT at FROM t").Scan(&back)
	if text != "2026-11-23 01:02:03.456789+00:00" || !back.Equal(at) {
		t.Errorf("stored %q, read %v", text, back)
	}
	db.Exec("UPDATE t SET at = '2024-01-01 00:00:00'") // as Django writes it
	if db.Raw("SELECT at FROM t").Scan(&back); !back.Equal(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("read %v", back)
	}
}
