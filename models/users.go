package models

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/usertable"
	"github.com/ginauth/ginauth/models/password"
)

// ErrNotFound reports that no row has the name or key that was looked up.
var ErrNotFound error = &refusal.Error{Text: "models: not found", Status: 404, Code: "not_found", Detail: "Not found."}

// Users is the user model of a database with its credentials. Authenticators,
// handlers and commands use it. It is safe for concurrent use.
//
// Its queries are fixed texts, made once except for that of [Users.Find], that
// go to the connection without passing through GORM: no log line of GORM's
// contains a key or a password hash, and a look-up costs no more than one
// written by hand.
type Users struct {
	db *gorm.DB
	*compiled
	tables *sqlkit.Presence
	*shared

	passwords    *password.Checker
	revocation   Revocation
	requirements gorm.Plugin // a login.Requirements, or nil

	inside bool      // db is in a transaction that Transaction has begun
	ended  *[]string // names that this transaction has to announce
}

// UsersOf returns the user model of db: [User], or the model that
// [AuthUserModel] has set. It costs no query. All sessions of the database
// share what it compiles.
func UsersOf(db *gorm.DB) (*Users, error) {
	if err := supported(db); err != nil {
		return nil, err
	}
	if inner, ok := db.Get(insideKey); ok {
		u := *inner.(*Users)
		u.db = db
		return &u, nil
	}
	c, err := compiledOf(db)
	if err != nil {
		return nil, err
	}
	setting.Of[StatementTimeout](db, timeoutPlugin) // has been read, as far as later ones are concerned
	setting.Of[Replica](db, replicaPlugin)
	requirements, _ := setting.Of[gorm.Plugin](db, userkit.LoginRequirements)
	return &Users{
		db:           db,
		compiled:     c,
		tables:       sqlkit.PresenceOf(db),
		shared:       sharedOf(db),
		passwords:    hashing.CheckerOf(db),
		revocation:   revocationOf(db),
		requirements: requirements,
	}, nil
}

// compiled is what a user model becomes on a database.
type compiled struct {
	table       *usertable.Table
	sql         statements
	loginFields LoginFields
}

// compiledOf compiles the user model of a database at the first call.
func compiledOf(db *gorm.DB) (*compiled, error) {
	s := sharedOf(db)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compiled == nil {
		table, err := describe(db, userModelOf(db))
		if err != nil {
			return nil, err
		}
		fields, _ := setting.Of[LoginFields](db, loginFieldsPlugin)
		s.compiled = &compiled{table, compile(db, table), fields}
		s.compiled.sql.byLoginName = compileLoginName(db, table, fields)
		s.compiled.sql.likeLoginName = compileLikeLoginName(db, table, fields)
	}
	return s.compiled, nil
}

var errNilDatabase = errors.New("models: the database is nil")

// supported returns an error if db is neither SQLite nor PostgreSQL.
func supported(db *gorm.DB) error {
	if db == nil {
		return errNilDatabase
	}
	if err := sqlkit.Supported(db); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	return nil
}

// Database returns the database that holds the users.
func (u *Users) Database() *gorm.DB { return u.db }

// ByToken returns the owner of a DRF token and the token, in one query, or
// [ErrNotFound]. The caller must check whether the user is active.
func (u *Users) ByToken(ctx context.Context, key string) (UserModel, *Token, error) {
	if !sqlkit.Storable(key, djangoschema.TokenKeyLength) {
		return nil, nil, ErrNotFound
	}
	token := &Token{Key: Secret(key)}
	user, err := u.find(ctx, u.sql.byToken, key, &token.Created)
	if err != nil {
		return nil, nil, err
	}
	token.UserID = integerKey(u.Key(user))
	return user, token, nil
}

// ByUsername returns the user with exactly that name, or [ErrNotFound].
func (u *Users) ByUsername(ctx context.Context, name string) (UserModel, error) {
	if !sqlkit.Storable(name, 1024) {
		return nil, ErrNotFound
	}
	return u.find(ctx, u.sql.byUsername, name)
}

// Key returns the user's primary key. For anything else, such as a nil pointer
// or a user of another kind like a [*accesstoken.Service], it returns nil,
// which is the key of no row.
func (u *Users) Key(user UserModel) any { return u.table.Key(user) }

// userQuery is a query for one user, in two forms. Both select the user's
// columns first, then others. The last column of stamped is the user's epoch.
// unstamped is for a database in which the table of epochs has not been seen;
// its last column tells whether the table exists now.
type userQuery struct{ stamped, unstamped string }

// find runs a query for one user. extra holds the destinations of the columns
// after the user's.
func (u *Users) find(ctx context.Context, q userQuery, arg any, extra ...any) (UserModel, error) {
	return u.findBy(ctx, q, []any{arg}, extra...)
}

// findBy is find for a query with several parameters. It runs one statement, or
// two for the first user after the table of epochs was created.
func (u *Users) findBy(ctx context.Context, q userQuery, args []any, extra ...any) (UserModel, error) {
	if !u.tables.Seen(djangoschema.EpochTable) {
		epochs := false
		user, err := u.findOne(ctx, q.unstamped, args, extra, &epochs)
		if err != nil || !epochs {
			return user, err
		}
		u.tables.Remember(u.db, djangoschema.EpochTable)
	}
	return u.findOne(ctx, q.stamped, args, extra, nil)
}

// findOne runs a query whose first columns are a user's. last is the
// destination of the last one, which is the user's epoch if last is nil.
func (u *Users) findOne(ctx context.Context, query string, args, extra []any, last any) (UserModel, error) {
	row := usertable.NewRow(ctx, internals{u})
	if last == nil {
		last = &row.Epoch
	}
	targets := append(append(row.Targets, extra...), last)
	found, err := sqlkit.Row(ctx, u.pool(), query, args, targets...)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find user: %w", err)
	case !found:
		return nil, ErrNotFound
	}
	user, err := row.User(&row.Epoch)
	if err != nil {
		return nil, fmt.Errorf("read user: %w", err)
	}
	return user, nil
}

// pool returns the connection of the database, or of the transaction that u.db
// is. All statements go through it.
func (u *Users) pool() *sqlkit.Conn { return sqlkit.Pool(u.db) }

// ErrNotStored reports that a user, group or service has no row, so that
// nothing of it was changed or revoked.
var ErrNotStored = errors.New("models: the user, group or service is not stored, so nothing was changed")

// changeRow executes a statement about one row, and returns [ErrNotStored] if
// the row does not exist.
func changeRow(ctx context.Context, pool *sqlkit.Conn, query string, args ...any) error {
	n, err := sqlkit.Exec(ctx, pool, query, args...)
	if err == nil && n == 0 {
		err = ErrNotStored
	}
	return err
}

// shared holds what all sessions of a database have in common in this process.
type shared struct {
	mu       sync.Mutex
	compiled *compiled // see compiledOf; guarded by mu

	hashes    sqlkit.Tidying // handles failures to replace password hashes
	ambiguous sqlkit.Tidying // tells of login names that are those of several users

	looked, whole atomic.Bool  // missing tables were logged, all columns have been seen
	narrow        atomic.Bool  // a replacement did not fit into the column
	room          atomic.Int64 // of the column of password hashes, see checkRoom
}

var shareds sqlkit.Shared[shared]

// sharedOf returns the value that all sessions of db share.
func sharedOf(db *gorm.DB) *shared { return shareds.Of(db) }
