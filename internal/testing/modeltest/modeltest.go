// Package modeltest fills databases for the tests of models and of the packages
// below it.
package modeltest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models/login"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
)

// RefreshTokens returns the refresh tokens of a database.
func RefreshTokens(t testing.TB, db *gorm.DB, config ...refreshtoken.Config) *refreshtoken.Store {
	t.Helper()
	tokens, err := refreshtoken.Of(db, config...)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// Outstanding returns a refresh token of no user, good for an hour.
func Outstanding(id string) refreshtoken.Token {
	return refreshtoken.Token{ID: id, Token: "the." + "JWT." + models.Secret(id), ExpiresAt: time.Now().Add(time.Hour)}
}

// InFamily returns the token in a family that is remembered for an hour.
func InFamily(family string, token refreshtoken.Token) refreshtoken.Token {
	token.Family, token.KeepUntil = family, time.Now().Add(time.Hour)
	return token
}

// Endings returns everything that ends all credentials of a user at once.
func Endings(users *models.Users) map[string]func(t *testing.T, user models.UserModel) error {
	return map[string]func(t *testing.T, user models.UserModel) error{
		"log out everywhere": func(t *testing.T, user models.UserModel) error {
			return users.RevokeAll(t.Context(), user)
		},
		"change of password": func(t *testing.T, user models.UserModel) error {
			return users.SetPassword(t.Context(), user, "another")
		},
		"deactivated and activated": func(t *testing.T, user models.UserModel) error {
			return errors.Join(users.SetActive(t.Context(), user, false), users.SetActive(t.Context(), user, true))
		},
	}
}

// Lookup returns the user of that name.
func Lookup(t *testing.T, users *models.Users, name string) models.UserModel {
	t.Helper()
	user, err := users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// EpochOf returns the present epoch of a user.
func EpochOf(t *testing.T, users *models.Users, user models.UserModel) epoch.Epoch {
	t.Helper()
	epoch, err := userkit.Of(users).Epoch(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// SwapUser gives a database another user model.
func SwapUser(t *testing.T, db *gorm.DB, plugin gorm.Plugin) {
	t.Helper()
	if err := db.Use(plugin); err != nil {
		t.Fatal(err)
	}
}

// AutoMigrate creates an application's own table.
func AutoMigrate(t *testing.T, db *gorm.DB, model any) {
	t.Helper()
	if err := db.AutoMigrate(model); err != nil {
		t.Fatal(err)
	}
}

// Execute executes SQL.
func Execute(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// DjangoKey is the SECRET_KEY of testdata/session_django.py.
const DjangoKey = "a key that Django and we both know"

// NewSessions returns the sessions of a database with the users alice and bob.
func NewSessions(t *testing.T, db *gorm.DB, config session.Config) *session.Store {
	t.Helper()
	if err := errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys{DjangoKey})); err != nil {
		t.Fatal(err)
	}
	Migrate(t, db)
	for _, name := range []string{"alice", "bob"} {
		if err := models.CreateUser(t.Context(), db, &models.User{Username: name}, name+"-pw"); err != nil {
			t.Fatal(err)
		}
	}
	return SessionsOf(t, db, config)
}

// SessionsOf returns the sessions of a database.
func SessionsOf(t *testing.T, db *gorm.DB, config session.Config) *session.Store {
	t.Helper()
	sessions, err := session.Of(db, config)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

// LogIn begins a session of the user of that name; old is the key of the
// session that the request came with.
func LogIn(t *testing.T, s *session.Store, old, name string) *session.Session {
	t.Helper()
	user, err := s.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Login(t.Context(), old, user)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// Whose returns the user logged in by a key: the name, "nobody", "stale", or
// "no session". It asks by one statement and by two, and compares.
func Whose(t *testing.T, s *session.Store, key models.Secret) string {
	t.Helper()
	current, user, err := s.FindWithUser(t.Context(), string(key))
	together := whose(t, s, current, user, err)
	current, err = s.Find(t.Context(), string(key))
	if apart := whose(t, s, current, nil, err); apart != together {
		t.Errorf("%s by the statement for both, %s by two", together, apart)
	}
	return together
}

// whose describes a session that was found; user is nil if not read yet.
func whose(t *testing.T, s *session.Store, current *session.Session, user models.UserModel, err error) string {
	t.Helper()
	if errors.Is(err, models.ErrNotFound) {
		return "no session"
	}
	if err == nil && user == nil {
		user, err = s.User(t.Context(), current)
	}
	switch {
	case errors.Is(err, models.ErrNotFound):
		return "nobody"
	case errors.Is(err, session.ErrStale):
		return "stale"
	case err != nil:
		t.Fatal(err)
	}
	return fmt.Sprint(user)
}

// Account is an application's own user model, with a UUID as its key, an e-mail
// address to log in with, and a column that may be NULL.
type Account struct {
	ID uuid.UUID `gorm:"type:uuid;primaryKey"`
	models.AbstractBaseUser
	models.PermissionsMixin
	Email   string `gorm:"not null;unique"`
	Company string
	Blocked bool `gorm:"not null"`
}

// Active implements [models.UserModel].
func (a *Account) Active() bool { return !a.Blocked }

// AfterFind binds the user, see [models.Bind].
func (a *Account) AfterFind(tx *gorm.DB) error { models.Bind(tx, a); return nil }

// NewAccount stores a user.
func NewAccount(t *testing.T, db *gorm.DB, email, raw string) *Account {
	t.Helper()
	hash, err := people.Passwords.Hashers.MakePassword(raw)
	if err != nil {
		t.Fatal(err)
	}
	user := models.AbstractBaseUser{Password: models.Secret(hash)}
	a := &Account{ID: uuid.New(), Email: email, AbstractBaseUser: user}
	if err := db.Create(a).Error; err != nil {
		t.Fatal(err)
	}
	return a
}

// Migrated returns the users of a database that Migrate has made, with cheap
// passwords.
func Migrated(t *testing.T, db *gorm.DB) *models.Users {
	t.Helper()
	if err := errors.Join(db.Use(people.Passwords), models.Migrate(db)); err != nil {
		t.Fatal(err)
	}
	return UsersOf(t, db)
}

// UsersOf returns the users of a database that has been looked at, as the
// guard does before the first request.
func UsersOf(t *testing.T, db *gorm.DB) *models.Users {
	t.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	_ = userkit.Of(users).Preflight(t.Context()) // the tables may come later
	return users
}

// Create stores a user with any name.
func Create(t *testing.T, db *gorm.DB, name, password string) *models.User {
	t.Helper()
	user := &models.User{Username: name}
	if err := models.CreateUserUnvalidated(t.Context(), db, user, password); err != nil {
		t.Fatal(err)
	}
	return user
}

// Encode returns a hash of a password.
func Encode(t testing.TB, h password.Hasher, password string) string {
	t.Helper()
	encoded, err := h.Encode(password)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Migrate migrates a database.
func Migrate(t *testing.T, db *gorm.DB) {
	t.Helper()
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
}

// Member is an application's own user model, with groups.
type Member struct {
	ID    int64  `gorm:"primaryKey"`
	Email string `gorm:"size:254;not null;unique"`
	models.AbstractBaseUser
	models.PermissionsMixin
}

// Active implements [models.UserModel].
func (*Member) Active() bool { return true }

// TableName is not the one that GORM would choose.
func (Member) TableName() string { return "members" }

// Customer has GORM's most common shape of a user: gorm.Model with soft
// deletion. It also has a column that a query computes.
type Customer struct {
	gorm.Model
	models.AbstractBaseUser
	Login  string `gorm:"not null;unique"`
	Orders int    `gorm:"->;-:migration"`
}

// Active implements [models.UserModel].
func (*Customer) Active() bool { return true }

// Given returns the credentials of a login by name and password.
func Given(name, password string) login.Credentials {
	return login.Credentials{Username: name, Password: models.Secret(password)}
}
