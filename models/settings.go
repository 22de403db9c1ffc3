package models

import (
	"cmp"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// The settings below are properties of a database, as AUTH_USER_MODEL and
// PASSWORD_HASHERS are of a Django project. They are GORM plugins: pass each to
// db.Use once, before the database is given to ginauth. A later db.Use returns
// an error.
const (
	userModelPlugin = "ginauth:user_model"
)

// The readers of the settings, as errors about late settings name them.
const (
	usersReaders    = "models.UsersOf, models.CreateUser, a policy, a handler or a command"
	accountsReaders = "models.Migrate, " + usersReaders
)

// AuthUserModel makes T the user model instead of [User] (Django:
// AUTH_USER_MODEL). T is an application's own struct with its own table, which
// the application creates before [Migrate]; *T is a [UserModel]. It may have
// any columns. ginauth uses the primary key, which may be of any type, the user
// name, and the hash of the password. Soft-deleted rows (gorm.DeletedAt) do not
// count as users.
//
//	err := db.Use(models.AuthUserModel[Account]{UsernameField: "email"})
type AuthUserModel[T any] struct {
	UsernameField string // the unique column that users log in with; default: "username"
	PasswordField string // the column that holds the hash of the password; default: "password"
}

// Name returns the plugin's name.
func (AuthUserModel[T]) Name() string { return userModelPlugin }

// Initialize checks that *T is a user model with the columns that ginauth
// needs. It refuses a user model that comes too late, including after
// [Migrate]: a database has one table of users.
func (m AuthUserModel[T]) Initialize(db *gorm.DB) error {
	if err := setting.Late(db, userModelPlugin, "models: AuthUserModel", accountsReaders); err != nil {
		return err
	}
	_, err := describe(db, m)
	return err
}

func (m AuthUserModel[T]) newUser() any { return new(T) }

func (m AuthUserModel[T]) usernameField() string { return cmp.Or(m.UsernameField, "username") }
func (m AuthUserModel[T]) passwordField() string { return cmp.Or(m.PasswordField, "password") }

// userModel is an AuthUserModel of any type.
type userModel interface {
	newUser() any
	usernameField() string
	passwordField() string
}

func userModelOf(db *gorm.DB) userModel {
	if m, ok := setting.Of[userModel](db, userModelPlugin); ok {
		return m
	}
	return AuthUserModel[User]{}
}

// describe returns the table of the user model.
func describe(db *gorm.DB, m userModel) (*usertable.Table, error) {
	sample := m.newUser()
	user, ok := sample.(UserModel)
	if !ok {
		return nil, fmt.Errorf("models: %T is not a UserModel: "+
			"embed models.AbstractBaseUser, or models.BaseUser, and add the method Active() bool", sample)
	}
	_, inGroups := user.(member)
	_, ours := user.(*User)
	t, err := usertable.Describe(db, usertable.Model{
		Sample: user, Swapped: !ours, InGroups: inGroups,
		UsernameField: m.usernameField(), PasswordField: m.passwordField(),
	})
	if err != nil {
		return nil, fmt.Errorf("models: user model %T: %w", sample, err)
	}
	return t, nil
}

const timeoutPlugin = "ginauth:statement_timeout"

// StatementTimeout bounds how long each statement of this module waits for the
// database, including the wait for a connection of the pool. Then the statement
// fails, and the guard and the handlers answer 503. Default: 2 seconds. It is a
// GORM plugin:
//
//	err := db.Use(models.StatementTimeout(time.Second))
//
// A transaction is bounded by statement, so that hashing a password in the
// midst of it takes the time that it needs; so is a loop over rows, by row. Not
// bounded are [Migrate], [SyncPermissions], packages commands and prune, and
// the statements of the application, among which are those that policies.Filter
// restricts. Give these a context with a deadline.
type StatementTimeout time.Duration

// Name returns the plugin's name.
func (StatementTimeout) Name() string { return timeoutPlugin }

// Initialize refuses a timeout that is not positive, and one that comes too
// late.
func (t StatementTimeout) Initialize(db *gorm.DB) error {
	if t <= 0 {
		return fmt.Errorf("models: StatementTimeout is %v; it must be positive", time.Duration(t))
	}
	if err := setting.Late(db, timeoutPlugin, "models: StatementTimeout", usersReaders); err != nil {
		return err
	}
	return db.Use(sqlkit.Timeout(t))
}
