package sqlkit

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Read calls read with db, and calls it again if it returns an error that the
// package repeats, unless db is a transaction. So read must only query the
// database, and must be able to start over. The timeout bounds all of it.
//
// GORM's cache of prepared statements (PrepareStmt) keeps those that a
// migration has made unusable until they expire there. Until then each of them
// costs one failure and a second query by read, which bypasses the cache.
func Read(ctx context.Context, db *gorm.DB, read func(db *gorm.DB) error) (err error) {
	d := within(ctx, db)
	defer func() { err = d.end(err) }()
	if db = db.WithContext(d.ctx); Begun(db) {
		return read(db)
	}
	return again(d.ctx, db, func(before cause) error {
		if before == final {
			return read(db)
		}
		fresh := db.WithContext(d.ctx)
		if under, cached := unprepared(fresh.Statement.ConnPool); cached {
			fresh.Statement.ConnPool = reworded{under}
		}
		return read(fresh)
	})
}

// reworded changes the text of each query, because the driver would otherwise
// find the statement that it has prepared under that text.
type reworded struct{ gorm.ConnPool }

func (r reworded) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.ConnPool.QueryContext(ctx, query+" ", args...)
}
