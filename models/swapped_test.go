package models_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/login"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

func TestSwappedUserModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}))
		if err != nil {
			t.Fatal(err)
		}
		if err := models.Migrate(db); err == nil || !strings.Contains(err.Error(), "accounts") {
			t.Fatalf("Migrate without the application's table: %v", err)
		}
		if err := errors.Join(db.AutoMigrate(&modeltest.Account{}), models.Migrate(db), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		if db.Migrator().HasTable("auth_user") {
			t.Error("auth_user was made beside the application's table")
		}
		users := modeltest.UsersOf(t, db)
		alice := modeltest.NewAccount(t, db, "alice@example.com", "pw")
		modeltest.NewAccount(t, db, "bob@example.com", "pw")
		db.Exec("UPDATE accounts SET company = NULL")

		result, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice@example.com", "pw"))
		found := result.User
		if err != nil || found.(*modeltest.Account).ID != alice.ID || users.Key(found) != alice.ID {
			t.Fatal(found, err)
		}
		token, err := users.GetOrCreateToken(t.Context(), found)
		if err != nil {
			t.Fatal(err)
		}
		owner, _, err := users.ByToken(t.Context(), string(token.Key))
		if err != nil || owner.(*modeltest.Account).Email != "alice@example.com" {
			t.Fatal(owner, err)
		}
		group := models.Group{Name: "editors"}
		if err := errors.Join(db.Create(&group).Error,
			db.Exec("INSERT INTO accounts_groups (account_id, group_id) VALUES (?, ?)", alice.ID, group.ID).Error); err != nil {
			t.Fatal(err)
		}
		if in, err := owner.(*modeltest.Account).InGroup(t.Context(), "editors"); !in || err != nil {
			t.Error(in, err)
		}
		var loaded modeltest.Account
		if err := db.Where("email = ?", "bob@example.com").Take(&loaded).Error; err != nil {
			t.Fatal(err)
		}
		if in, err := loaded.InGroup(t.Context(), "editors"); in || err != nil {
			t.Error(in, err)
		}
		db.Model(&modeltest.Account{}).Where("email = ?", "alice@example.com").Update("blocked", true)
		_, err = login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("alice@example.com", "pw"))
		if !errors.Is(err, models.ErrBadCredentials) {
			t.Error("a blocked account logged in:", err)
		}
	})
}

type noMethods struct{ ID, Username, Password string }

type noPassword struct {
	ID, Username string
}

func (*noPassword) Authenticated() bool { return true }
func (*noPassword) Active() bool        { return true }

func TestUnfitUserModels(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		for want, err := range map[string]error{
			"add the method Active() bool": db.Use(models.AuthUserModel[noMethods]{}),
			`no column "password"`:         db.Use(models.AuthUserModel[noPassword]{}),
			`no column "nickname"`:         db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "nickname"}),
			"Passwords.Hashers is empty":   db.Use(models.Passwords{Hashers: password.Hashers{}}),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", want, err)
			}
		}
	})
}
