package sqlkit

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Pool returns the connection for fixed statements of ours: that of the
// transaction, if db is one, or else a pool that repeats statements as the
// package comment says. A statement that failed because of a conflict is
// repeated in its own transaction at read committed, where it waits instead of
// failing.
//
// Statements bypass GORM's cache of prepared statements (PrepareStmt), which
// keeps those that a migration has made unusable. The drivers' own caches do
// not.
//
// Errors that occur after the first row of a result are not repeated.
func Pool(db *gorm.DB) gorm.ConnPool {
	if Begun(db) {
		return behindCache(db)
	}
	return (*pool)(db)
}

func behindCache(db *gorm.DB) gorm.ConnPool {
	under, _ := unprepared(db.Statement.ConnPool)
	return under
}

// pool is the database itself, so that creating a pool costs nothing.
type pool gorm.DB

var _ gorm.ConnPool = (*pool)(nil)

func (p *pool) db() *gorm.DB         { return (*gorm.DB)(p) }
func (p *pool) under() gorm.ConnPool { return behindCache(p.db()) }

// QueryContext implements [gorm.ConnPool].
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (rows *sql.Rows, err error) {
	watchChurn(ctx, p.db())
	err = again(ctx, p.db(), func(cause) error {
		rows, err = p.under().QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller closes them
		return err
	})
	return rows, err
}

// ExecContext implements [gorm.ConnPool].
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	err = again(ctx, p.db(), func(before cause) error {
		if before == conflict {
			return readCommitted(ctx, p.db(), func(tx *gorm.DB) error {
				result, err = behindCache(tx).ExecContext(ctx, query, args...)
				return err
			})
		}
		result, err = p.under().ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

// QueryRowContext implements [gorm.ConnPool]. It does not repeat the query,
// because a [sql.Row] reports its error only when it is scanned.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.under().QueryRowContext(ctx, query, args...)
}

// PrepareContext implements [gorm.ConnPool].
func (p *pool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.under().PrepareContext(ctx, query)
}
