package sqlkit

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"
)

// prepared holds the prepared statements of a database. On SQLite preparing a
// query takes longer than running it. Each is prepared once on each connection
// that it comes to, and SQLite itself prepares it again after a change of the
// schema. PostgreSQL's driver prepares by itself.
type prepared struct {
	statements sync.Map // preparedKey -> *sql.Stmt
	n          atomic.Int32
}

type preparedKey struct {
	pool *sql.DB
	text string
}

// maxPrepared bounds the statements of a database, which are kept until it is
// closed. Further ones are not prepared.
const maxPrepared = 64

var prepareds Shared[prepared]

// queryPool runs a query outside of transactions.
func queryPool(ctx context.Context, db *gorm.DB, query string, args []any) (*sql.Rows, error) {
	pool := behindCache(db)
	if direct, ok := pool.(*sql.DB); ok && db.Name() == "sqlite" {
		stmt, err := prepareds.Of(db).statement(ctx, direct, query) //nolint:sqlclosecheck // it is kept
		if stmt != nil || err != nil {
			if err != nil {
				return nil, err
			}
			return stmt.QueryContext(ctx, args...)
		}
	}
	return pool.QueryContext(ctx, query, args...)
}

// statement returns the prepared statement of a text, or nil if there are
// enough others.
func (p *prepared) statement(ctx context.Context, pool *sql.DB, text string) (*sql.Stmt, error) {
	key := preparedKey{pool, text}
	if stmt, ok := p.statements.Load(key); ok {
		return stmt.(*sql.Stmt), nil
	}
	if p.n.Load() >= maxPrepared {
		return nil, nil
	}
	stmt, err := pool.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if first, known := p.statements.LoadOrStore(key, stmt); known {
		_ = stmt.Close() //nolint:sqlclosecheck // another request has prepared it meanwhile, and this one is not used
		return first.(*sql.Stmt), nil
	}
	p.n.Add(1)
	return stmt, nil
}
