// Package userkit is the door by which the packages beside models reach the
// inside of a models.Users: what they need and an application does not.
package userkit

import (
	"context"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/usertable"
	"github.com/ginauth/ginauth/models/password"
)

// Of returns the inner face of a *models.Users, in its transaction if it has
// one. Package models sets it; it panics if users is anything else.
var Of func(users any) Users

// LoginRequirements is the name of the plugin login.Requirements.
const LoginRequirements = "ginauth:login_requirements"

// Users is the inner face of a *models.Users. It is safe for concurrent use.
type Users interface {
	// Table returns the table of the user model.
	Table() *usertable.Table

	// NewRow returns the destination of one user in a query that joins users to
	// other rows, see [usertable.SQL].
	NewRow(ctx context.Context) *usertable.Row

	// LookupBy returns a look-up by a column, see [usertable.Table.Unique].
	LookupBy(column string) (Lookup, error)

	// Epoch returns the epoch that the user was loaded in, without a query. For
	// a user that models.Users has not loaded it asks the database. A credential
	// created for the user records it.
	Epoch(ctx context.Context, user usertable.User) (epoch.Epoch, error)

	// EpochsExist reports whether the table of epochs exists; without it every
	// epoch is 0. It costs a query while the table is missing.
	EpochsExist(ctx context.Context) (bool, error)

	// InEpoch returns nil if the user is still in epoch e, and
	// models.ErrCredentialsRevoked if not. It waits for a revocation in
	// progress. Every later revocation therefore covers what is then created for
	// the user, also by its time of issue if that was read before the call. In a
	// transaction, see models.Users.Transaction, the epoch cannot end before the
	// transaction does.
	//
	// It costs a short transaction, or nothing in a database without epochs.
	InEpoch(ctx context.Context, user usertable.User, e epoch.Epoch) error

	// Announce tells the caches of all servers to look up again the credentials
	// that the AnnouncedAs of a ginauth.Cacheable names so. In
	// models.Users.Transaction it is sent when all else has succeeded.
	Announce(ctx context.Context, names ...string)

	// LoginName returns the user name that a client means by a text at a login:
	// the text itself, unless models.LoginFields are declared and the text is not
	// the exact name of a user, but names one in another way. It costs one query,
	// and the same one whether or not there is such a user; none without
	// LoginFields. Limits of failed logins count by it, so that all the names of a
	// user are one account.
	LoginName(ctx context.Context, text string) (name string, err error)

	// CheckPassword returns the active user of a name and password, or
	// models.ErrBadCredentials. It limits no guesses; its only caller is package
	// models/login.
	CheckPassword(ctx context.Context, username, raw string) (usertable.User, password.Result, error)

	// ReplacePassword is models.Users.SetPassword for a user whose stored hash is
	// still the one that the user was loaded with. Otherwise, and if the user has
	// no row, it changes nothing and returns models.ErrPasswordChanged. So of
	// several concurrent calls that are based on one password exactly one
	// succeeds.
	ReplacePassword(ctx context.Context, user usertable.User, password string) error

	// Upgrade stores the replacement of a hash, if CheckPassword has made one. A
	// failure is logged.
	Upgrade(ctx context.Context, user usertable.User, raw string, checked password.Result)

	// CheckKey returns an error if the user's row is not found by the key that
	// was loaded, by which requirements look for what belongs to the user: they
	// would find nothing, and let the user pass.
	CheckKey(ctx context.Context, user usertable.User) error

	// LoginRequirements returns the plugin of that name of the database, or nil.
	LoginRequirements() gorm.Plugin

	// UpdateLastLogin records that the user logs in now (Django:
	// update_last_login). It returns an error if the user model has no such
	// column, and models.ErrNotStored if the user has no row.
	UpdateLastLogin(ctx context.Context, user usertable.User) error

	// MigrationPlan returns the tables and indexes that models.Migrate would make,
	// in words such as "table auth_user", and makes none of them. It is empty if
	// there is nothing to do.
	MigrationPlan(ctx context.Context) ([]string, error)

	// Preflight says what is wrong with the tables, for a check at the start: a
	// models.ErrNotMigrated if the user model's table, or one of more, does
	// not exist, or an error if the user model's table lacks a column of the
	// struct. The first call in a process logs what does not work before
	// models.Migrate has run; that works from the next request on, without a
	// restart.
	//
	// It returns nil if the database does not answer: requests fail until it
	// does. It costs two queries the first time, and none once the tables have
	// been seen.
	Preflight(ctx context.Context, more ...string) error
}

// Lookup finds users by the unique column by which a credential identifies
// them. It is safe for concurrent use.
type Lookup interface {
	// Find returns the user with that value in the column. It returns
	// models.ErrNotFound if there is no such user or the text cannot be a value
	// of the column. It costs one query.
	Find(ctx context.Context, text string) (usertable.User, error)

	// FindInFamily is Find, and also reports whether the family of JSON web
	// tokens with that name is live: it exists and has not ended. It costs no
	// additional query.
	FindInFamily(ctx context.Context, text, family string) (user usertable.User, live bool, err error)

	// Value returns the user's value of the column.
	Value(user usertable.User) any
}
