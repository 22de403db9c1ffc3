package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/repeat"
)

// dialect holds what differs between the migrations of PostgreSQL and SQLite.
type dialect struct {
	ddl    func(t table) []string // the statements that create a table
	tables string                 // the query for the names of the tables
	named  string                 // the condition that adds a list of names, in brackets
	now    string                 // the time, as Django stores it

	columns   string // the query for a table's columns, to be followed by the table's name
	foldsCase bool   // whether columns whose names differ only in case are the same
	locked    func(db *gorm.DB, f func(tx *gorm.DB) error) error
}

func dialectOf(db *gorm.DB) (dialect, error) {
	switch name := db.Name(); name {
	case "postgres":
		return dialect{
			ddl: postgresDDL,
			tables: `SELECT relname FROM pg_catalog.pg_class
				WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(oid)`,
			named:  ` AND relname IN `,
			now:    "now()",
			locked: lockPostgres,
			columns: `SELECT attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
				WHERE attnum > 0 AND NOT attisdropped AND pg_catalog.pg_table_is_visible(c.oid) AND relname = `,
		}, nil
	case "sqlite":
		return dialect{
			ddl:    sqliteDDL,
			tables: `SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`,
			named:  ` AND name IN `,
			now:    "strftime('%Y-%m-%d %H:%M:%f', 'now')",
			locked: lockSQLite,

			columns:   `SELECT c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.name = `,
			foldsCase: true,
		}, nil
	default:
		return dialect{}, fmt.Errorf("the database is %s; it must be postgres or sqlite", name)
	}
}

// advisoryLock is "ginauth" in ASCII, the key of a lock on the database rather
// than on a table.
const advisoryLock int64 = 0x67696e61757468

// lockPostgres calls f in a transaction that excludes every other migration. It
// is read committed, so it sees what the previous migration did.
func lockPostgres(db *gorm.DB, f func(tx *gorm.DB) error) error {
	return repeat.Transaction(db.Statement.Context, db, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", advisoryLock).Error; err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		return f(tx)
	})
}

// lockSQLite calls f in a transaction that holds the lock for writing.
func lockSQLite(db *gorm.DB, f func(tx *gorm.DB) error) error {
	return repeat.Transaction(db.Statement.Context, db, f)
}
