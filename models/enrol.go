package models

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"gorm.io/gorm/clause"
)

// maxUsername is the length of auth_user's column.
const maxUsername = 150

// Enrol returns the user of that name, and stores a new one if there is none, active and without a usable password, whom configure,
// if it is not nil, may fill in before (Django: get_or_create and RemoteUserBackend.configure_user). Concurrent calls, of several
// servers too, return one user: the table's unique user name decides, not a check before. A name that no user can have is
// [ErrNotFound].
func (u *Users) Enrol(ctx context.Context, username string, configure func(*User) error) (UserModel, error) {
	user, err := u.ByUsername(ctx, username)
	if !errors.Is(err, ErrNotFound) {
		return user, err
	}
	if u.Swapped() {
		return nil, errOwnUserModel
	}
	if checkUsername(username) != nil {
		return nil, ErrNotFound
	}
	password, err := MakeUnusablePassword()
	if err != nil {
		return nil, err
	}
	enrolled := &User{Username: username, Password: Secret(password), IsActive: true, DateJoined: now()}
	if configure != nil {
		if err := configure(enrolled); err != nil {
			return nil, fmt.Errorf("configure user: %w", err)
		}
	}
	unlessThere := clause.OnConflict{Columns: []clause.Column{{Name: "username"}}, DoNothing: true}
	if err := create(ctx, u.db, enrolled, unlessThere); err != nil {
		return nil, fmt.Errorf("create user: %w", err)
	}
	return u.ByUsername(ctx, enrolled.Username)
}

var errOwnUserModel = errors.New("models: the database has its own user model; its users are made by the application")

// checkUsername returns why nobody can have that name.
func checkUsername(name string) error {
	if name == "" {
		return errors.New("models: the user name is empty")
	}
	if n := utf8.RuneCountInString(name); n > maxUsername || !storable(name, maxUsername) {
		return errors.New("models: the user name is too long or not UTF-8")
	}
	return nil
}
