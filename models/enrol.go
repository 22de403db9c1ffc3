package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/password"
)

// ErrNameTaken is the [ErrNotFound] of a user name that cannot be enrolled,
// because an account with a password already has it.
var ErrNameTaken = fmt.Errorf("%w: the user name is that of an account with a password", ErrNotFound)

// Enrol returns the user of that name, creating it if necessary (Django:
// get_or_create and RemoteUserBackend.configure_user). A new user is active and
// has no usable password; configure, if not nil, may fill it in before it is
// stored. Concurrent calls, even of several servers, return the same user: the
// table's unique user name decides, not a check before. A name that no user can
// have is [ErrNotFound].
//
// Enrol is for names that another party vouches for, such as an OpenID
// provider. Someone who registered the name here first must not get what
// belongs to that party's user, so Enrol does not take over a row with a usable
// password: the error is [ErrNameTaken]. An enrolled user who is given a
// password can no longer be enrolled. Enrol takes over rows without a password
// whatever their origin; give enrolled users names that [CreateUser] and
// Django's forms refuse, e.g. with a colon.
func (u *Users) Enrol(ctx context.Context, username string, configure func(*User) error) (UserModel, error) {
	user, err := u.enrolled(ctx, username)
	if !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNameTaken) {
		return user, err
	}
	if u.table.Django.Swapped {
		return nil, errOwnUserModel
	}
	if checkUsername(username) != nil {
		return nil, ErrNotFound
	}
	enrolled := &User{
		Username: username, Password: Secret(password.MakeUnusable()),
		IsActive: true, DateJoined: sqlkit.Now(),
	}
	if configure != nil {
		if err := configure(enrolled); err != nil {
			return nil, fmt.Errorf("configure user: %w", err)
		}
	}
	unlessThere := clause.OnConflict{Columns: []clause.Column{{Name: "username"}}, DoNothing: true}
	if err := sqlkit.Create(ctx, u.db, enrolled, unlessThere); err != nil {
		return nil, fmt.Errorf("create user: %w", err)
	}
	return u.enrolled(ctx, enrolled.Username)
}

// enrolled returns the user of that name, unless it has a usable password. An
// empty hash, which Django's RemoteUserBackend leaves, does not count as one.
func (u *Users) enrolled(ctx context.Context, username string) (UserModel, error) {
	user, err := u.ByUsername(ctx, username)
	if err != nil {
		return nil, err
	}
	if encoded := u.table.PasswordHash(user); encoded != "" && password.IsUsable(encoded) {
		return nil, ErrNameTaken
	}
	return user, nil
}

var errOwnUserModel = errors.New("models: the database has its own user model; its users are made by the application")
