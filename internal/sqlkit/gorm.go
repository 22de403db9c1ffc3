package sqlkit

import (
	"database/sql"
	"weak"

	"gorm.io/gorm"
)

// This file holds what the module knows of the insides of a GORM handle.
// TestGORMHandles fails when they change. What package policies knows of GORM's
// statements is in its filter_gorm.go.

// origin returns a pointer to a value that all sessions and transactions of a
// database share, and no other database has: its callbacks.
func origin(db *gorm.DB) any { return weak.Make(db.Callback()) }

// SameDatabase reports whether two handles are sessions or transactions of one
// that was opened.
func SameDatabase(x, y *gorm.DB) bool { return x.Callback() == y.Callback() }

// Begun reports whether db is a transaction, or a connection of the caller's,
// on which one may have been begun.
func Begun(db *gorm.DB) bool { return inTransaction(db) || onConnection(db) }

func inTransaction(db *gorm.DB) bool {
	_, ok := db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

func onConnection(db *gorm.DB) bool {
	_, ok := db.Statement.ConnPool.(*sql.Conn)
	return ok
}

// unprepared returns the pool, or the transaction, behind GORM's cache of
// prepared statements, and whether there is a cache.
func unprepared(p gorm.ConnPool) (under gorm.ConnPool, cached bool) {
	switch cache := p.(type) {
	case *gorm.PreparedStmtDB:
		return cache.ConnPool, true
	case *gorm.PreparedStmtTX:
		return cache.Tx, true
	}
	return p, false
}
