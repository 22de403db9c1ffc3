package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

func blacklist(t testing.TB, db *gorm.DB) *models.Blacklist {
	t.Helper()
	list, err := models.BlacklistOf(db)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func outstanding(id string) models.OutstandingToken {
	return models.OutstandingToken{ID: id, Token: "the." + "JWT." + models.Secret(id), ExpiresAt: time.Now().Add(time.Hour)}
}

func familiesOf(t *testing.T, db *gorm.DB) *models.Families {
	t.Helper()
	families, err := models.FamiliesOf(db)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

func beginning(family string, token models.OutstandingToken) models.Beginning {
	return models.Beginning{Family: family, Token: token, Keep: time.Now().Add(time.Hour)}
}

// endings returns everything that ends all credentials of a user at once.
func endings(users *models.Users) map[string]func(t *testing.T, user models.UserModel) error {
	return map[string]func(t *testing.T, user models.UserModel) error{
		"log out everywhere": func(t *testing.T, user models.UserModel) error { return users.RevokeAll(t.Context(), user) },
		"change of password": func(t *testing.T, user models.UserModel) error {
			return users.SetPassword(t.Context(), user, "another")
		},
		"deactivated and activated": func(t *testing.T, user models.UserModel) error {
			return errors.Join(users.SetActive(t.Context(), user, false), users.SetActive(t.Context(), user, true))
		},
	}
}

func lookup(t *testing.T, users *models.Users, name string) models.UserModel {
	t.Helper()
	user, err := users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func epochOf(t *testing.T, users *models.Users, user models.UserModel) models.Epoch {
	t.Helper()
	epoch, err := users.Epoch(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

func swapUser(t *testing.T, db *gorm.DB, plugin gorm.Plugin) {
	t.Helper()
	if err := db.Use(plugin); err != nil {
		t.Fatal(err)
	}
}

func autoMigrate(t *testing.T, db *gorm.DB, model any) {
	t.Helper()
	if err := db.AutoMigrate(model); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// djangoKey is the SECRET_KEY of testdata/session_django.py.
const djangoKey = "a key that Django and we both know"

// newSessions returns the sessions of a database with the users alice and bob.
func newSessions(t *testing.T, db *gorm.DB, config models.SessionConfig) *models.Sessions {
	t.Helper()
	if err := errors.Join(db.Use(cheap), db.Use(models.SecretKeys{djangoKey})); err != nil {
		t.Fatal(err)
	}
	Migrate(t, db)
	for _, name := range []string{"alice", "bob"} {
		if err := models.CreateUser(t.Context(), db, &models.User{Username: name}, name+"-pw"); err != nil {
			t.Fatal(err)
		}
	}
	return sessionsOf(t, db, config)
}

func sessionsOf(t *testing.T, db *gorm.DB, config models.SessionConfig) *models.Sessions {
	t.Helper()
	sessions, err := models.SessionsOf(db, config)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

func logIn(t *testing.T, s *models.Sessions, old, name string) *models.Session {
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

// whose returns the user logged in by a key: the name, "nobody", "stale", or
// "no session".
func whose(t *testing.T, s *models.Sessions, key models.Secret) string {
	t.Helper()
	session, err := s.Find(t.Context(), string(key))
	if errors.Is(err, models.ErrNotFound) {
		return "no session"
	}
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.User(t.Context(), session)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return "nobody"
	case errors.Is(err, models.ErrStaleSession):
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

func (a *Account) Active() bool { return !a.Blocked }

func (a *Account) AfterFind(tx *gorm.DB) error { models.Bind(tx, a); return nil }

func newAccount(t *testing.T, db *gorm.DB, email, raw string) *Account {
	t.Helper()
	hash, err := password.Hashers(cheap).MakePassword(raw)
	if err != nil {
		t.Fatal(err)
	}
	a := &Account{ID: uuid.New(), Email: email, AbstractBaseUser: models.AbstractBaseUser{Password: models.Secret(hash)}}
	if err := db.Create(a).Error; err != nil {
		t.Fatal(err)
	}
	return a
}

// cheap holds hashers for tests that are not about passwords.
var cheap = models.PasswordHashers{password.PBKDF2SHA256{Iterations: 1}, password.PBKDF2SHA1{Iterations: 1}}

// migrated returns the users of a database that Migrate has made, with cheap
// passwords.
func migrated(t *testing.T, db *gorm.DB) *models.Users {
	t.Helper()
	if err := errors.Join(db.Use(cheap), models.Migrate(db)); err != nil {
		t.Fatal(err)
	}
	return usersOf(t, db)
}

func usersOf(t *testing.T, db *gorm.DB) *models.Users {
	t.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	return users
}

func create(t *testing.T, db *gorm.DB, name, password string) *models.User {
	t.Helper()
	user := &models.User{Username: name}
	if err := models.CreateUserUnvalidated(t.Context(), db, user, password); err != nil {
		t.Fatal(err)
	}
	return user
}

// encode returns a hash of a password.
func encode(t testing.TB, h password.Hasher, password string) string {
	t.Helper()
	encoded, err := h.Encode(password)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func Migrate(t *testing.T, db *gorm.DB) {
	t.Helper()
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
}
