package sqlkit

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Transaction calls f in a transaction, and again in a new one if PostgreSQL
// refuses it for a transient reason. So f must have no effects that a rollback
// does not undo, and must start from scratch each time.
//
// On PostgreSQL the transaction is read committed, whatever the server's
// default: before each statement it sees what others have committed. On SQLite
// it holds the write lock from its beginning, whatever the driver's default: a
// transaction that reads first fails if another has written meanwhile.
//
// The timeout bounds the wait for a connection with BEGIN, the end, and each
// statement between them, but not f, which may do something else meanwhile,
// such as hash a password.
//
// If db is a transaction already, f runs in it, once.
func Transaction(ctx context.Context, db *gorm.DB, f func(tx *gorm.DB) error) error {
	if Begun(db) {
		return readCommitted(ctx, db, f)
	}
	defer noteWrite(db)
	return again(ctx, db, func(cause) error { return readCommitted(ctx, db, f) })
}

func readCommitted(ctx context.Context, db *gorm.DB, f func(tx *gorm.DB) error) error {
	d := within(ctx, db)
	var inside error
	paused := func(tx *gorm.DB) error {
		d.pause()
		defer d.resume()
		inside = f(tx)
		return inside
	}
	db = db.Session(&gorm.Session{NewDB: true, Context: d.ctx})
	var err error
	if db.Name() == "sqlite" {
		err = lockSQLite(db, paused)
	} else {
		err = db.Transaction(paused, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	}
	if waited := d.end(err); inside == nil { // otherwise it is an error of f's
		return waited
	}
	return err
}

func lockSQLite(db *gorm.DB, f func(tx *gorm.DB) error) error {
	own := func(conn *gorm.DB) error {
		return immediately(conn.Session(&gorm.Session{NewDB: true, SkipDefaultTransaction: true}), f)
	}
	switch {
	case inTransaction(db):
		return db.Transaction(f)
	case onConnection(db):
		return own(db)
	}
	return db.Connection(own)
}

func immediately(conn *gorm.DB, f func(tx *gorm.DB) error) (err error) {
	if err := conn.Exec("BEGIN IMMEDIATE").Error; err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // f may have panicked, or the context may have ended
			ctx := context.WithoutCancel(conn.Statement.Context)
			rollback := conn.Session(&gorm.Session{Context: ctx, Logger: logger.Discard})
			// It fails after a write that was interrupted: SQLite has rolled it back.
			err = cmp.Or(err, rollback.Exec("ROLLBACK").Error)
		}
	}()
	if err := f(conn); err != nil {
		return err
	}
	err = conn.Exec("COMMIT").Error
	committed = err == nil
	return err
}
