package djangoschema

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// lockName is the name of the lock that a migration holds.
const lockName = "ginauth migration"

// dialect holds what differs between the migrations of PostgreSQL and SQLite.
type dialect struct {
	ddl func(t table) []string // the statements that create a table
	now string                 // the time, as Django stores it
	// the statements that begin the transaction of Exclusively, for a script
	begin []string
}

func dialectOf(db *gorm.DB) dialect {
	if db.Name() == "sqlite" {
		return dialect{ddl: sqliteDDL, now: "strftime('%Y-%m-%d %H:%M:%f', 'now')", begin: []string{"BEGIN IMMEDIATE"}}
	}
	begin := []string{"BEGIN ISOLATION LEVEL READ COMMITTED", sqlkit.LockStatement(lockName)}
	return dialect{ddl: postgresDDL, now: "now()", begin: begin}
}

// Exclusively calls f in a transaction that excludes every other migration. It
// is read committed, so it sees what the previous migration did, however long
// that takes.
func Exclusively(ctx context.Context, db *gorm.DB, f func(tx *gorm.DB) error) error {
	ctx = sqlkit.Unbounded(ctx)
	return sqlkit.Transaction(ctx, db, func(tx *gorm.DB) error {
		if err := sqlkit.Lock(ctx, tx, lockName, false); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		return f(tx)
	})
}
