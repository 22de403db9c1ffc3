package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// ErrBadCredentials says that a user name and password do not belong together, or that the user may not log in. Which of them
// it is, nobody is told.
var ErrBadCredentials = errors.New("models: bad credentials")

// Authenticate returns the active user of that name and password, or [ErrBadCredentials] (Django: authenticate with
// ModelBackend). A password over [MaxPasswordBytes] is refused before anything is computed. A hash that was not made by the
// preferred hasher is replaced; if that fails it is logged, and tried again at the next login.
//
// An unknown user, an inactive one and one without a usable hash cost the work of a wrong password. Where hashes are of several
// algorithms that is one hash of each that these Users have met so far.
//
// These Users compute as many hashes at once as there are CPUs; further calls wait their turn, or for ctx.
func (u *Users) Authenticate(ctx context.Context, username, password string) (UserModel, error) {
	if len(password) > MaxPasswordBytes {
		return nil, ErrBadCredentials
	}
	user, err := u.ByUsername(ctx, username)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	encoded := "" // nobody who may log in: checked all the same
	if user != nil && user.Active() {
		encoded = u.encoded(user)
	}
	var ok, upgrade bool
	err = u.inTurn(ctx, func() {
		u.level.meet(u.hashers, encoded)
		if ok, upgrade = u.hashers.CheckPassword(password, encoded); !ok {
			u.level.spend(u.hashers, password, encoded)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, ErrBadCredentials
	case upgrade:
		if err := u.upgrade(ctx, user, password, encoded); err != nil {
			u.db.Logger.Error(ctx, "ginauth: replace the password hash of user %v: %v", u.Key(user), err)
		}
	}
	return user, nil
}

// SetPassword gives the user a new password (Django: set_password and save), or with an empty one makes that it cannot log in
// with any. It leaves the user's token as it is, as DRF does.
func (u *Users) SetPassword(ctx context.Context, user UserModel, password string) error {
	var encoded string
	var failed error
	if err := u.inTurn(ctx, func() { encoded, failed = passwordHash(u.hashers, password) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if _, err := u.pool().ExecContext(ctx, u.sql.setPassword, encoded, u.Key(user)); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return u.setEncoded(ctx, user, encoded)
}

// inTurn calls f, which computes a hash, when there is a CPU for it.
func (u *Users) inTurn(ctx context.Context, f func()) error {
	select {
	case u.hashing <- struct{}{}:
		defer func() { <-u.hashing }()
		f()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hash password: %w", ctx.Err())
	}
}

// upgrade replaces a hash by the preferred one, unless the password has been changed in the meantime.
func (u *Users) upgrade(ctx context.Context, user UserModel, password, old string) error {
	var encoded string
	var failed error
	if err := u.inTurn(ctx, func() { encoded, failed = u.hashers.MakePassword(password) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	res, err := u.pool().ExecContext(ctx, u.sql.upgrade, encoded, u.Key(user), old)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); n == 0 || err != nil {
		return err
	}
	return u.setEncoded(ctx, user, encoded)
}

// encoded returns the stored hash of a loaded user.
func (u *Users) encoded(user UserModel) string {
	field := u.schema.LookUpField("password")
	return field.ReflectValueOf(context.Background(), reflect.ValueOf(user).Elem()).String()
}

func (u *Users) setEncoded(ctx context.Context, user UserModel, encoded string) error {
	return u.schema.LookUpField("password").Set(ctx, reflect.ValueOf(user).Elem(), encoded)
}
