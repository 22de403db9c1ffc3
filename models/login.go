package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// ErrBadCredentials says that a user name and password do not belong together, or that the user may not log in. Which of them
// it is, nobody is told.
var ErrBadCredentials = unauthorized("models: bad credentials")

// AuthenticateUnlimited returns the active user of that name and password, or
// [ErrBadCredentials] (Django: authenticate with ModelBackend). It does not limit
// how often a client may guess. A login page calls logins.Of(users).Authenticate
// of package policies/logins, which does; this method is for tools whose caller is
// trusted.
//
// A password over [MaxPasswordBytes] is refused before anything is computed. A hash that was not made by the
// preferred hasher is replaced; if that fails it is logged, once a minute at most, and tried again at the next login.
//
// An unknown user, an inactive one and one without a usable hash cost the work of a wrong password. Where hashes are of several
// algorithms that is one hash of each that has been met so far in this database, with the strongest parameters met.
//
// Hashes wait their turn as [HashingLimits] says: the error may be [ErrBusy].
func (u *Users) AuthenticateUnlimited(ctx context.Context, username, password string) (UserModel, error) {
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
	var result check
	if err := u.hashing.inTurn(ctx, func() { result = u.check(password, encoded) }); err != nil {
		return nil, err
	}
	if !result.ok {
		return nil, ErrBadCredentials
	}
	if err := u.upgrade(ctx, user, password, result); err != nil {
		u.shared.hashes.failed(ctx, u.db, fmt.Sprintf("replace the password hash of user %v", u.Key(user)), err)
	}
	return user, nil
}

// check is what came out of comparing a password with a hash.
type check struct {
	ok          bool
	replacement string // for a right password whose hash is not of the preferred kind
	err         error  // why there is no replacement
}

// check compares, with the same work whatever comes of it unless the password is right.
func (u *Users) check(password, encoded string) (c check) {
	u.hashing.level.meet(u.hashers, encoded)
	ok, outdated := u.hashers.CheckPassword(password, encoded)
	switch {
	case !ok:
		u.hashing.level.spend(u.hashers, password, encoded)
	case outdated:
		c.replacement, c.err = u.hashers.MakePassword(password)
	}
	c.ok = ok
	return c
}

// SetPassword gives the user a new password (Django: set_password and save), or with an empty one makes that it cannot log in
// with any. It ends the user's [Epoch], and so all credentials but DRF's token, which it leaves as it is, as DRF does, unless
// [Revocation] says otherwise. It returns [ErrNotStored] if the user has no row.
func (u *Users) SetPassword(ctx context.Context, user UserModel, password string) error {
	var encoded string
	var failed error
	if err := u.hashing.inTurn(ctx, func() { encoded, failed = passwordHash(u.hashers, password) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	err := u.endingEpoch(ctx, user, func(tx *Users) error {
		return changeRow(ctx, tx.pool(), u.sql.setPassword, encoded, u.Key(user))
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return u.setEncoded(ctx, user, encoded)
}

// upgrade stores the replacement of a hash, if there is one, unless the password has been changed in the meantime, or another
// server has replaced the hash.
func (u *Users) upgrade(ctx context.Context, user UserModel, password string, c check) error {
	if c.err != nil || c.replacement == "" {
		return c.err
	}
	res, err := u.pool().ExecContext(ctx, u.sql.upgrade, c.replacement, u.Key(user), u.encoded(user))
	if err != nil {
		return err
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return u.adopt(ctx, user, password)
	}
	return u.setEncoded(ctx, user, c.replacement)
}

// adopt makes the user hold the hash that is stored now, with which its session must agree, if that is still of this password: it
// is the replacement of another login. After a change of password the user keeps the old one, which nothing accepts any more.
func (u *Users) adopt(ctx context.Context, user UserModel, password string) error {
	stored, err := u.texts(ctx, u.sql.passwordOf, u.Key(user))
	if err != nil {
		return err
	}
	for encoded := range stored { // one at most
		var ok bool
		if err := u.hashing.inTurn(ctx, func() { ok, _ = u.hashers.CheckPassword(password, encoded) }); !ok || err != nil {
			return err
		}
		return u.setEncoded(ctx, user, encoded)
	}
	return nil
}

// PasswordHash returns the hash of the user's password as it was loaded. It is as secret as the password.
func (u *Users) PasswordHash(user UserModel) Secret { return Secret(u.encoded(user)) }

// encoded returns the stored hash of a loaded user.
func (u *Users) encoded(user UserModel) string {
	field := u.schema.LookUpField("password")
	return field.ReflectValueOf(context.Background(), reflect.ValueOf(user).Elem()).String()
}

func (u *Users) setEncoded(ctx context.Context, user UserModel, encoded string) error {
	return u.schema.LookUpField("password").Set(ctx, reflect.ValueOf(user).Elem(), encoded)
}
