package policies

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// pending stands in the WHERE of a [Filter] until the query runs, for code that
// only reads the conditions, as a join of an association does: it fails.
type pending struct{}

func (pending) Build(b clause.Builder) { failure{errUnscoped}.Build(b) }

// unscoped is the connection of a [Filter] until the query runs, for what runs
// without the conditions, as gorm.G does: it fails.
type unscoped struct{ gorm.ConnPool }

var errUnscoped = errors.New("policies: the query does not take the conditions of Filter: use the methods of *gorm.DB, " +
	"and begin a transaction, or a session with PrepareStmt, before Filter")

func (unscoped) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, errUnscoped }

func (unscoped) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errUnscoped
}

func (unscoped) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, errUnscoped
}

func (p unscoped) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ended, cancel := context.WithCancelCause(ctx) // a row can hold no error of ours
	cancel(errUnscoped)
	return p.ConnPool.QueryRowContext(ended, query, args...)
}

// preparedLate reports whether a session with PrepareStmt was made of a
// [Filter]. It would run outside of a transaction that the scope is in.
func preparedLate(stmt *gorm.Statement) bool {
	prepared, ok := stmt.ConnPool.(*gorm.PreparedStmtDB)
	if ok {
		_, ok = prepared.ConnPool.(unscoped)
	}
	return ok
}

// begin takes away what stood for the conditions, which are about to be added.
func begin(stmt *gorm.Statement) {
	if pool, ok := stmt.ConnPool.(unscoped); ok {
		stmt.ConnPool = pool.ConnPool
	}
	c := stmt.Clauses[clause.Where{}.Name()]
	where, _ := c.Expression.(clause.Where)
	where.Exprs = slices.DeleteFunc(slices.Clone(where.Exprs), func(expr clause.Expression) bool {
		_, waits := expr.(pending)
		return waits
	})
	if c.Expression = where; len(where.Exprs) == 0 {
		delete(stmt.Clauses, clause.Where{}.Name())
		return
	}
	stmt.Clauses[clause.Where{}.Name()] = c
}
