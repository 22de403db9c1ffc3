package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"gorm.io/gorm"
)

// Counter counts the statements that reach a database.
type Counter struct {
	gorm.ConnPool
	n atomic.Int64
}

// Count returns a handle of the same database, and a counter of the statements
// that go through it.
func Count(db *gorm.DB) (*gorm.DB, *Counter) {
	counter := &Counter{ConnPool: db.Statement.ConnPool}
	counted := db.Session(&gorm.Session{NewDB: true, SkipDefaultTransaction: true})
	counted.ConnPool = counter
	counted.Statement = &gorm.Statement{
		DB: counted, ConnPool: counter, Context: context.Background(), Clauses: counted.Statement.Clauses,
	}
	return counted, counter
}

// Statements returns the number of statements so far, and resets it to zero.
func (c *Counter) Statements() int { return int(c.n.Swap(0)) }

// GetDBConn implements [gorm.GetDBConnector].
func (c *Counter) GetDBConn() (*sql.DB, error) {
	if db, ok := c.ConnPool.(*sql.DB); ok {
		return db, nil
	}
	return nil, errors.New("dbtest: no *sql.DB")
}

// PrepareContext counts a statement.
func (c *Counter) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	c.n.Add(1)
	return c.ConnPool.PrepareContext(ctx, query)
}

// ExecContext counts a statement.
func (c *Counter) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c.n.Add(1)
	return c.ConnPool.ExecContext(ctx, query, args...)
}

// QueryContext counts a statement.
func (c *Counter) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.n.Add(1)
	return c.ConnPool.QueryContext(ctx, query, args...)
}

// QueryRowContext counts a statement.
func (c *Counter) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.n.Add(1)
	return c.ConnPool.QueryRowContext(ctx, query, args...)
}
