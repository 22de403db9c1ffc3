package models_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/login"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

func TestSoftDeletedUsersAreNone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Customer]{UsernameField: "login"}),
			db.AutoMigrate(&modeltest.Customer{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		users := modeltest.UsersOf(t, db)
		hash, err := people.Passwords.Hashers.MakePassword("pw")
		if err != nil {
			t.Fatal(err)
		}
		alice := &modeltest.Customer{Login: "alice", AbstractBaseUser: models.AbstractBaseUser{Password: models.Secret(hash)}}
		if err := db.Create(alice).Error; err != nil {
			t.Fatal(err)
		}
		token, err := users.GetOrCreateToken(t.Context(), alice)
		if err != nil || token.UserID != int64(alice.ID) {
			t.Fatal(token, err)
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "pw")); err != nil {
			t.Fatal(err)
		}
		if err := db.Delete(alice).Error; err != nil {
			t.Fatal(err)
		}
		_, login := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice", "pw"))
		_, _, byToken := users.ByToken(t.Context(), string(token.Key))
		if !errors.Is(login, models.ErrBadCredentials) || !errors.Is(byToken, models.ErrNotFound) {
			t.Error("a deleted user got in:", login, byToken)
		}
		for user := range users.All(t.Context()) {
			t.Error("a deleted user is listed:", user)
		}
	})
}

func TestANilUserIsNotAuthenticated(t *testing.T) {
	if (*models.User)(nil).Authenticated() || (*models.AbstractBaseUser)(nil).Authenticated() {
		t.Error("a nil user is authenticated")
	}
}

type hidden struct {
	ID string
	models.AbstractBaseUser
	Username  string
	HiddenAt  time.Time
	Numerical int
}

func (*hidden) Active() bool { return true }

// hiddenByDate is soft-deleted by a value other than NULL, which ginauth's own
// SQL would not know.
type hiddenByDate struct {
	ID string
	models.AbstractBaseUser
	Username  string
	DeletedAt gorm.DeletedAt `gorm:"zeroValue:1970-01-01 00:00:01"`
}

func (*hiddenByDate) Active() bool { return true }

func TestUnknownSoftDeletionIsRefused(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.AuthUserModel[hiddenByDate]{}); err == nil {
		t.Error("rows that count as deleted would be users")
	}
}

func TestUsernamesAreNamedByColumn(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, column := range []string{"Username", "HiddenAt", "hidden_at", "numerical"} {
		if err := db.Use(models.AuthUserModel[hidden]{UsernameField: column}); err == nil {
			t.Errorf("%s was taken for a user name", column)
		}
	}
}
