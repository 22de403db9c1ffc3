package models

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"

	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
	"github.com/ginauth/ginauth/models/password"
)

// ErrBadCredentials reports that a user name and password do not belong
// together, or that the user may not log in. It never reveals which.
var ErrBadCredentials = refusal.Unauthorized("models: bad credentials")

// CheckPassword returns the active user of a name and password.
func (u internals) CheckPassword(
	ctx context.Context, username, raw string,
) (usertable.User, password.Result, error) {
	user, err := u.ByUsername(ctx, username)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, password.Result{}, err
	}
	encoded := "" // an unknown or inactive user: checked nevertheless
	if user != nil && user.Active() {
		encoded = u.table.PasswordHash(user)
	}
	check := u.passwords.Check
	if u.shared.narrow.Load() { // a replacement would not fit
		check = u.passwords.Verify
	}
	result, err := check(ctx, raw, encoded)
	switch {
	case err != nil:
		return nil, password.Result{}, err
	case !result.OK:
		return nil, password.Result{}, ErrBadCredentials
	}
	return user, result, nil
}

// Upgrade stores the replacement of a hash, if a check has made one.
func (u internals) Upgrade(ctx context.Context, user usertable.User, raw string, result password.Result) {
	if err := u.upgrade(ctx, user, raw, result); err != nil {
		u.shared.hashes.Failed(ctx, u.db, fmt.Sprintf("replace the password hash of user %v", u.Key(user)), err)
	}
}

// SetPassword changes the user's password (Django: set_password and save).
// After an empty one the user cannot log in with any password. It ends all
// credentials of the user, as [Users.RevokeAll] does; DRF's token stays valid,
// as in DRF, unless [Revocation] says otherwise. SetPassword returns
// [ErrNotStored] if the user has no row.
func (u *Users) SetPassword(ctx context.Context, user UserModel, password string) error {
	return u.storePassword(ctx, user, password, func(tx *Users, encoded string) error {
		return changeRow(ctx, tx.pool(), u.sql.setPassword, encoded, u.Key(user))
	})
}

// ErrPasswordChanged reports that a user's password has been changed, or its
// hash replaced, since the user was loaded.
var ErrPasswordChanged = errors.New("models: the password has been changed meanwhile")

// ReplacePassword sets the password of a user whose stored hash is the loaded
// one.
func (u internals) ReplacePassword(ctx context.Context, user usertable.User, password string) error {
	loaded, _ := u.table.Value(user, u.table.PasswordField)
	return u.storePassword(ctx, user, password, func(tx *Users, encoded string) error {
		err := changeRow(ctx, tx.pool(), u.sql.upgrade, encoded, u.Key(user), loaded)
		if errors.Is(err, ErrNotStored) {
			return ErrPasswordChanged
		}
		return err
	})
}

// storePassword hashes a password, calls store in the transaction that ends the
// user's epoch, and then sets the hash in user.
func (u *Users) storePassword(
	ctx context.Context, user UserModel, password string, store func(tx *Users, encoded string) error,
) error {
	encoded, err := u.passwords.Make(ctx, password)
	if err != nil {
		return err
	}
	if err := u.checkRoom(ctx, encoded); err != nil {
		return err
	}
	if err := u.endingEpoch(ctx, user, func(tx *Users) error { return store(tx, encoded) }); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return u.setEncoded(ctx, user, encoded)
}

// upgrade stores the replacement of a hash, if there is one. It does nothing if
// the password has been changed or another server has replaced the hash.
func (u *Users) upgrade(ctx context.Context, user UserModel, password string, result password.Result) error {
	if result.Err != nil || result.Replacement == "" {
		return result.Err
	}
	if err := u.checkRoom(ctx, result.Replacement); err != nil {
		u.shared.narrow.Store(true)
		return err
	}
	n, err := sqlkit.Exec(ctx, u.pool(), u.sql.upgrade, result.Replacement, u.Key(user), u.table.PasswordHash(user))
	switch {
	case err != nil:
		return err
	case n == 0:
		return u.adopt(ctx, user, password)
	}
	return u.setEncoded(ctx, user, result.Replacement)
}

// adopt loads the stored hash into the user if it is a hash of the same
// password. A concurrent login has stored it, and the user's session must agree
// with it. After a change of the password the user keeps the old hash, which is
// no longer accepted.
func (u *Users) adopt(ctx context.Context, user UserModel, password string) error {
	stored, err := u.texts(ctx, u.sql.passwordOf, u.Key(user))
	if err != nil {
		return err
	}
	for encoded := range stored { // at most one
		var same bool
		err := u.passwords.InTurn(ctx, func() { same, _ = u.passwords.Hashers().CheckPassword(password, encoded) })
		if err != nil || !same {
			return err
		}
		return u.setEncoded(ctx, user, encoded)
	}
	return nil
}

func (u *Users) setEncoded(ctx context.Context, user UserModel, encoded string) error {
	return u.table.Set(ctx, user, u.table.PasswordField, encoded)
}

// UpdateLastLogin records that the user logs in now.
func (u internals) UpdateLastLogin(ctx context.Context, user usertable.User) error {
	if !u.table.HasColumn("last_login") {
		return errors.New("models: the user model has no column last_login")
	}
	at := sqlkit.Now()
	if err := changeRow(ctx, u.pool(), u.sql.setLastLogin, at, u.Key(user)); err != nil {
		return fmt.Errorf("set last_login: %w", err)
	}
	return u.table.Set(ctx, user, "last_login", at)
}

// CheckKey returns an error if the user's row is not found by the key that was
// loaded, by which requirements look for what belongs to the user: they would
// find nothing, and let the user pass. Integers and texts are stored as they
// are loaded. A UUID in SQLite is not, if Django has stored it, as 32 digits.
func (u internals) CheckKey(ctx context.Context, user usertable.User) error {
	key := u.Key(user)
	_, converted := key.(driver.Valuer)
	if v := reflect.ValueOf(key); !converted && (v.CanInt() || v.CanUint() || v.Kind() == reflect.String) {
		return nil
	}
	found, err := u.texts(ctx, u.sql.passwordOf, key)
	switch {
	case err != nil:
		return fmt.Errorf("find the user by its key: %w", err)
	case len(found) == 0:
		return fmt.Errorf("login: Requirements: no user is found by the key %v, "+
			"so nothing that belongs to this user can be: "+
			"the database stores keys in another form than the Go type of the primary key", key)
	}
	return nil
}
