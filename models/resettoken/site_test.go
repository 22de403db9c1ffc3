package resettoken_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/resettoken"
)

const newPassword = "a better one than before"

// site is a database with the people, who have addresses.
type site struct {
	db    *gorm.DB
	users *models.Users
	*resettoken.Generator
}

func newSite(t *testing.T, db *gorm.DB, c ...resettoken.Config) site {
	t.Helper()
	people.Create(t, db)
	modeltest.Execute(t, db, "UPDATE auth_user SET email = username || '@example.com'")
	return site{db, modeltest.UsersOf(t, db), generatorOf(t, db, c...)}
}

// link returns the two parts of a link for a user.
func (s site) link(t *testing.T, name string) (uid, token string) {
	t.Helper()
	user := people.Named(t, s.db, name)
	made, err := s.MakeToken(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return s.UID(user), string(made)
}

// opens reports whether a password is a user's.
func (s site) opens(t *testing.T, name, raw string) bool {
	t.Helper()
	_, err := login.AuthenticateUnlimited(t.Context(), s.users, modeltest.Given(name, raw))
	if err != nil && !errors.Is(err, models.ErrBadCredentials) {
		t.Fatal(err)
	}
	return err == nil
}

func checks[T ~string](t *testing.T, hash T, raw string) bool {
	t.Helper()
	ok, _ := people.Passwords.Hashers.CheckPassword(raw, string(hash))
	return ok
}
