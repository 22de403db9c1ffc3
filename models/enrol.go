package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/models/password"
)

// ErrNameTaken is the [ErrNotFound] of a user name that cannot be enrolled, since
// an account with a password has it already.
var ErrNameTaken = fmt.Errorf("%w: the user name is that of an account with a password", ErrNotFound)

// Enrol returns the user of that name, and stores a new one if there is none, active and without a usable password, whom configure,
// if it is not nil, may fill in before (Django: get_or_create and RemoteUserBackend.configure_user). Concurrent calls, of several
// servers too, return one user: the table's unique user name decides, not a check before. A name that no user can have is
// [ErrNotFound].
//
// It is for names that another party vouches for, such as an OpenID provider.
// Whoever has registered the name here first must not get what belongs to the user
// of that party, so a row with a usable password is not taken: the error is
// [ErrNameTaken]. An enrolled user who is given a password cannot be enrolled any
// more. Rows without a password are taken whoever has made them; give enrolled
// users names that [CreateUser] and Django's forms refuse, e.g. with a colon.
func (u *Users) Enrol(ctx context.Context, username string, configure func(*User) error) (UserModel, error) {
	user, err := u.enrolled(ctx, username)
	if !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNameTaken) {
		return user, err
	}
	if u.Swapped() {
		return nil, errOwnUserModel
	}
	if checkUsername(username) != nil {
		return nil, ErrNotFound
	}
	enrolled := &User{Username: username, Password: Secret(password.MakeUnusable()), IsActive: true, DateJoined: now()}
	if configure != nil {
		if err := configure(enrolled); err != nil {
			return nil, fmt.Errorf("configure user: %w", err)
		}
	}
	unlessThere := clause.OnConflict{Columns: []clause.Column{{Name: "username"}}, DoNothing: true}
	if err := create(ctx, u.db, enrolled, unlessThere); err != nil {
		return nil, fmt.Errorf("create user: %w", err)
	}
	return u.enrolled(ctx, enrolled.Username)
}

// enrolled returns the user of that name, unless it has a usable password. An
// empty hash, which Django's RemoteUserBackend leaves, is none.
func (u *Users) enrolled(ctx context.Context, username string) (UserModel, error) {
	user, err := u.ByUsername(ctx, username)
	if err != nil {
		return nil, err
	}
	if encoded := u.encoded(user); encoded != "" && password.IsUsable(encoded) {
		return nil, ErrNameTaken
	}
	return user, nil
}

var errOwnUserModel = errors.New("models: the database has its own user model; its users are made by the application")
