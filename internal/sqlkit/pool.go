package sqlkit

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Conn is the connection for fixed statements of ours, which [Row], [Rows],
// [Texts] and [Exec] run: that of the transaction, if the database is one, or
// else a pool that repeats statements as the package comment says. A statement
// that failed because of a conflict is repeated in its own transaction at read
// committed, where it waits instead of failing.
//
// Statements bypass GORM's cache of prepared statements (PrepareStmt), which
// keeps those that a migration has made unusable. PostgreSQL's driver has a
// cache that does not; on SQLite queries outside of transactions are prepared
// here.
//
// Errors that occur after the first row of a result are not repeated.
//
// A Conn has no methods that run a statement: nothing reaches the database
// without a bound on the wait for it.
type Conn gorm.DB // so that making one costs nothing

// Pool returns the connection of a database.
func Pool(db *gorm.DB) *Conn { return (*Conn)(db) }

func (c *Conn) db() *gorm.DB         { return (*gorm.DB)(c) }
func (c *Conn) under() gorm.ConnPool { return behindCache(c.db()) }

func behindCache(db *gorm.DB) gorm.ConnPool {
	under, _ := unprepared(db.Statement.ConnPool)
	return under
}

func (c *Conn) query(ctx context.Context, query string, args []any) (rows *sql.Rows, err error) {
	if Begun(c.db()) {
		return c.under().QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller closes them
	}
	if rows, ok := c.late(ctx, query, args); ok { //nolint:sqlclosecheck // the caller closes them
		return rows, nil
	}
	watchChurn(ctx, c.db())
	err = again(ctx, c.db(), func(cause) error {
		rows, err = queryPool(ctx, c.db(), query, args) //nolint:sqlclosecheck // the caller closes them
		return err
	})
	return rows, err
}

func (c *Conn) exec(ctx context.Context, statement string, args []any) (result sql.Result, err error) {
	if Begun(c.db()) {
		return c.under().ExecContext(ctx, statement, args...)
	}
	if ctx.Value(asideKey{}) == nil {
		defer noteWrite(c.db())
	}
	err = again(ctx, c.db(), func(before cause) error {
		if before == conflict {
			return readCommitted(ctx, c.db(), func(tx *gorm.DB) error {
				result, err = behindCache(tx).ExecContext(ctx, statement, args...)
				return err
			})
		}
		result, err = c.under().ExecContext(ctx, statement, args...)
		return err
	})
	return result, err
}
