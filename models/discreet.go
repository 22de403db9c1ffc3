package models

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// discreet returns a session that logs as the application has decided, but never the parameters of a statement: they are
// password hashes and the like.
func discreet(db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true, Logger: withoutParameters{db.Logger}})
}

type withoutParameters struct{ logger.Interface }

// ParamsFilter implements [gorm.ParamsFilter].
func (withoutParameters) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
