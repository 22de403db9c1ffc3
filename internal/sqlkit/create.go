package sqlkit

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// Create stores a new row of a GORM model, in a transaction of its own unless
// db is one. GORM logs the statement as the application has configured, but
// without its parameters, which may be password hashes.
func Create(ctx context.Context, db *gorm.DB, row any, clauses ...clause.Expression) error {
	return Transaction(ctx, db, func(tx *gorm.DB) error { return CreateIn(ctx, tx, row, clauses...) })
}

// CreateIn is [Create] within a transaction that [Transaction] has begun.
func CreateIn(ctx context.Context, tx *gorm.DB, row any, clauses ...clause.Expression) (err error) {
	d := within(ctx, tx)
	defer func() { err = d.end(err) }()
	discreet := tx.Session(&gorm.Session{NewDB: true, Context: d.ctx, Logger: withoutParameters{tx.Logger}})
	return discreet.Clauses(clauses...).Create(row).Error
}

type withoutParameters struct{ logger.Interface }

// ParamsFilter implements [gorm.ParamsFilter].
func (withoutParameters) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
