package models

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// CreateUser stores a new active user with the given password, and sets the
// hash in user (Django: create_user). With an empty password the user cannot
// log in with a password.
//
// CreateUser normalizes the user name, as Django does ([CleanUsername]). If
// Django's forms would not accept the name, the error is [ErrInvalidUsername].
// So people who register cannot take the names that [Users.Enrol] gives. With
// [LoginFields] it returns [ErrLoginNameTaken] for the name or address of
// another user.
func CreateUser(ctx context.Context, db *gorm.DB, user *User, password string) error {
	if user == nil {
		return errNilUser
	}
	name, err := CleanUsername(user.Username)
	if err != nil {
		return err
	}
	user.Username = name
	return CreateUserUnvalidated(ctx, db, user, password)
}

// CreateUserUnvalidated is [CreateUser] for any name that fits into the column,
// stored as it is. It is not for names that people choose.
func CreateUserUnvalidated(ctx context.Context, db *gorm.DB, user *User, password string) error {
	if user == nil {
		return errNilUser
	}
	if t, err := userTableOf(db); err != nil {
		return err
	} else if t.Swapped {
		return errOwnUserModel
	}
	if err := checkUsername(user.Username); err != nil {
		return err
	}
	hash, err := hashing.CheckerOf(db).Make(ctx, password)
	if err != nil {
		return err
	}
	user.Password, user.IsActive = Secret(hash), true
	if user.DateJoined.IsZero() {
		user.DateJoined = sqlkit.Now()
	}
	if err := createAlone(ctx, db, user); err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	Bind(db, user) // so that it can be asked for its groups, as a loaded one
	return nil
}

var errNilUser = errors.New("models: the user is nil")

// Username returns what the user logs in with.
func (u *Users) Username(user UserModel) string { return u.table.Username(user) }

// SetActive sets whether the user's credentials are accepted, from the next
// request on (Django: is_active). Deactivating a user also ends all their
// credentials, as [Users.RevokeAll] does: a user who is made active again must
// log in again. SetActive returns an error if the user model has no such column,
// and [ErrNotStored] if the user has no row.
func (u *Users) SetActive(ctx context.Context, user UserModel, active bool) error {
	if !u.table.HasColumn("is_active") {
		return errors.New("models: the user model has no column is_active")
	}
	set := func(tx *Users) error {
		return changeRow(ctx, tx.pool(), u.sql.setActive, active, u.Key(user))
	}
	var err error
	if active {
		err = set(u)
	} else {
		err = u.endingEpoch(ctx, user, set)
	}
	if err != nil {
		return fmt.Errorf("set is_active: %w", err)
	}
	return u.table.Set(ctx, user, "is_active", active)
}

// All iterates over every user in the order of the primary key. Iteration ends
// after the first error. It holds a connection meanwhile: where there is only
// one, as with ":memory:", the loop must not query.
func (u *Users) All(ctx context.Context) iter.Seq2[UserModel, error] {
	return func(yield func(UserModel, error) bool) { u.each(ctx, yield, u.sql.all) }
}

// each yields the users that a query finds.
func (u *Users) each(ctx context.Context, yield func(UserModel, error) bool, query string, args ...any) {
	for rows, err := range sqlkit.Rows(ctx, u.pool(), query, args...) {
		var user UserModel
		if err == nil {
			row := usertable.NewRow(ctx, internals{u})
			if err = rows.Scan(row.Targets...); err == nil {
				user, err = row.User(nil)
			}
		}
		if err != nil {
			yield(nil, fmt.Errorf("list users: %w", err))
			return
		}
		if !yield(user, nil) {
			return
		}
	}
}
