package models

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// ErrNotStored reports that a user, group or service has no row, so that
// nothing of it was changed or revoked.
var ErrNotStored = errors.New("models: the user, group or service is not stored, so nothing was changed")

// changeRow executes a statement about one row, and returns [ErrNotStored] if
// the row does not exist.
func changeRow(ctx context.Context, pool gorm.ConnPool, query string, args ...any) error {
	n, err := sqlkit.Exec(ctx, pool, query, args...)
	if err == nil && n == 0 {
		err = ErrNotStored
	}
	return err
}
