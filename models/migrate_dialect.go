package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// dialect is where the migration of one database differs from that of another.
type dialect struct {
	ddl    func(t table) []string // the statements that create a table
	tables string                 // the query for the names of the tables
	named  string                 // the condition that adds that it is of one name
	now    string                 // the time, as Django stores it
	locked func(db *gorm.DB, f func(tx *gorm.DB) error) error
}

func dialectOf(db *gorm.DB) (dialect, error) {
	switch name := db.Name(); name {
	case "postgres":
		return dialect{
			ddl: postgresDDL,
			tables: `SELECT relname FROM pg_catalog.pg_class
				WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(oid)`,
			named:  ` AND relname = `,
			now:    "now()",
			locked: lockPostgres,
		}, nil
	case "sqlite":
		return dialect{
			ddl:    sqliteDDL,
			tables: `SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`,
			named:  ` AND name = `,
			now:    "strftime('%Y-%m-%d %H:%M:%f', 'now')",
			locked: lockSQLite,
		}, nil
	default:
		return dialect{}, fmt.Errorf("the database is %s; it must be postgres or sqlite", name)
	}
}

// advisoryLock is "ginauth" in ASCII: the key of a lock that is the database's, not a table's.
const advisoryLock int64 = 0x67696e61757468

// lockPostgres calls f in a transaction that no other migration runs beside. Read committed, it sees what the one before it did.
func lockPostgres(db *gorm.DB, f func(tx *gorm.DB) error) error {
	return db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", advisoryLock).Error; err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		return f(tx)
	}, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
}

// readCommitted calls f in a transaction: on PostgreSQL one that reads what others have committed meanwhile, whatever the server's
// default; on SQLite one that has the lock for writing from its beginning.
func readCommitted(ctx context.Context, db *gorm.DB, f func(tx *gorm.DB) error) error {
	db = db.Session(&gorm.Session{NewDB: true, Context: ctx})
	if db.Name() == "sqlite" {
		return lockSQLite(db, f)
	}
	return db.Transaction(f, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
}

// lockSQLite calls f in a transaction that has the lock for writing from its beginning, whatever the driver's default: one that
// reads first fails if another has written meanwhile. If db is a transaction already, f runs in it.
func lockSQLite(db *gorm.DB, f func(tx *gorm.DB) error) error {
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); ok {
		return db.Transaction(f)
	}
	return db.Connection(func(conn *gorm.DB) error { return immediately(conn.Session(&gorm.Session{NewDB: true}), f) })
}

func immediately(conn *gorm.DB, f func(tx *gorm.DB) error) (err error) {
	if err := conn.Exec("BEGIN IMMEDIATE").Error; err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // f may have panicked, or the context may have ended
			ctx := context.WithoutCancel(conn.Statement.Context)
			err = errors.Join(err, conn.WithContext(ctx).Exec("ROLLBACK").Error)
		}
	}()
	if err := f(conn); err != nil {
		return err
	}
	err = conn.Exec("COMMIT").Error
	committed = err == nil
	return err
}
