package repeat

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Read calls read with db, and again as the package says if it returns such an
// error, unless db is a transaction. So read does nothing but ask the database,
// and may begin anew.
//
// GORM's cache of prepared statements (PrepareStmt) keeps those that a migration
// has made unusable, until they expire there. Until then each of them costs a
// failure and the query that read makes next, which passes by the cache.
func Read(db *gorm.DB, read func(db *gorm.DB) error) error {
	if begun(db) {
		return read(db)
	}
	ctx := db.Statement.Context
	return again(ctx, db, func(before cause) error {
		if before == final {
			return read(db)
		}
		fresh := db.WithContext(ctx)
		if cache, ok := fresh.Statement.ConnPool.(*gorm.PreparedStmtDB); ok {
			fresh.Statement.ConnPool = reworded{cache.ConnPool}
		}
		return read(fresh)
	})
}

// reworded makes each query another text to the driver, which would otherwise
// find the statement that was prepared for it under that text.
type reworded struct{ gorm.ConnPool }

func (r reworded) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.ConnPool.QueryContext(ctx, query+" ", args...)
}
