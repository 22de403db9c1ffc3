package models

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/repeat"
)

// discreet returns a session that logs as the application has configured, but
// never logs the parameters of a statement, which may be password hashes and
// the like.
func discreet(db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true, Logger: withoutParameters{db.Logger}})
}

// create stores a new row, in a transaction of its own unless db is one.
func create(ctx context.Context, db *gorm.DB, row any, clauses ...clause.Expression) error {
	return repeat.Transaction(ctx, db, func(tx *gorm.DB) error {
		return discreet(tx).Clauses(clauses...).Create(row).Error
	})
}

type withoutParameters struct{ logger.Interface }

// ParamsFilter implements [gorm.ParamsFilter].
func (withoutParameters) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
