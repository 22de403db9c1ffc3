package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// HasLastLogin reports whether the user model has the column last_login, as all
// models that embed [AbstractBaseUser] do.
func (u *Users) HasLastLogin() bool { return u.schema.LookUpField("last_login") != nil }

// UpdateLastLogin records that the user logs in now (Django:
// update_last_login). It returns an error if the user model has no such column,
// and [ErrNotStored] if the user has no row.
func (u *Users) UpdateLastLogin(ctx context.Context, user UserModel) error {
	if !u.HasLastLogin() {
		return errors.New("models: the user model has no column last_login")
	}
	at := sqlkit.Now()
	if err := changeRow(ctx, u.pool(), u.sql.setLastLogin, at, u.Key(user)); err != nil {
		return fmt.Errorf("set last_login: %w", err)
	}
	return u.schema.LookUpField("last_login").Set(ctx, reflect.ValueOf(user).Elem(), at)
}
