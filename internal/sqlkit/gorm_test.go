package sqlkit

import (
	"database/sql"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestGORMHandles fails when GORM changes what gorm.go knows of it.
func TestGORMHandles(t *testing.T) {
	db, other := dbtest.Open(t, dbtest.SQLite(t)), dbtest.Open(t, dbtest.SQLite(t))
	cached := db.Session(&gorm.Session{PrepareStmt: true})
	if origin(db) == origin(other) || SameDatabase(db, other) {
		t.Error("two databases share their callbacks")
	}
	isPool := func(p gorm.ConnPool) bool { _, ok := p.(*sql.DB); return ok }
	isTx := func(p gorm.ConnPool) bool { _, ok := p.(*sql.Tx); return ok }
	for _, row := range []struct {
		name   string
		handle func(use func(*gorm.DB) error) error
		under  func(gorm.ConnPool) bool
		begun  bool
		cached bool
	}{
		{"the database", func(use func(*gorm.DB) error) error { return use(db) }, isPool, false, false},
		{"a new session", func(use func(*gorm.DB) error) error { return use(db.Session(&gorm.Session{NewDB: true})) }, isPool, false, false},
		{"a statement", func(use func(*gorm.DB) error) error { return use(db.Where("1 = 1")) }, isPool, false, false},
		{"a context", func(use func(*gorm.DB) error) error { return use(db.WithContext(t.Context())) }, isPool, false, false},
		{"a cache", func(use func(*gorm.DB) error) error { return use(cached) }, isPool, false, true},
		{"a transaction", func(use func(*gorm.DB) error) error { return db.Transaction(use) }, isTx, true, false},
		{"a transaction with a cache", func(use func(*gorm.DB) error) error { return cached.Transaction(use) }, isTx, true, true},
		{"a connection", db.Connection, func(p gorm.ConnPool) bool { _, ok := p.(*sql.Conn); return ok }, true, false},
	} {
		err := row.handle(func(handle *gorm.DB) error {
			under, cached := unprepared(handle.Statement.ConnPool)
			if !row.under(under) || cached != row.cached {
				t.Errorf("%s: %T, cached %v", row.name, under, cached)
			}
			if got := Begun(handle); got != row.begun {
				t.Errorf("%s: begun %v", row.name, got)
			}
			if origin(handle) != origin(db) || !SameDatabase(handle, db) {
				t.Errorf("%s: other callbacks", row.name)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}
