package oauth2token_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
)

// TestSoftDeletedUser checks tokens of an application's own users: one that is
// soft-deleted is gone, and not a client that acts for itself.
func TestSoftDeletedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Customer]{UsernameField: "login"}),
			db.AutoMigrate(&modeltest.Customer{}), models.Migrate(db),
			db.Create(&[]modeltest.Customer{{Login: "first"}, {Login: "second"}}).Error)
		if err != nil {
			t.Fatal(err)
		}
		oauthtest.Create(t, db, oauthtest.V3)
		for i, token := range []string{"first", "second"} {
			oauthtest.Insert(t, db, oauthtest.V3, oauthtest.Row{Token: token, User: i + 1, Scope: "read"})
		}
		modeltest.Execute(t, db, "UPDATE customers SET deleted_at = CURRENT_TIMESTAMP WHERE login = 'second'")
		s := storeOf(t, db, "")
		user, _, err := s.Verify(t.Context(), "first")
		if customer, ok := user.(*modeltest.Customer); !ok || customer.Login != "first" {
			t.Errorf("%+v, %v", user, err)
		}
		if got := verified(t, s, "second"); got != "none" {
			t.Error(got)
		}
	})
}

// TestUUIDs checks users and clients whose keys are UUIDs.
func TestUUIDs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}),
			db.AutoMigrate(&modeltest.Account{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		alice := modeltest.NewAccount(t, db, "alice@example.com", "pw")
		modeltest.Execute(t, db, "UPDATE accounts SET company = NULL")
		oauthtest.Create(t, db, oauthtest.V3)
		uuid := "uuid"
		if db.Name() == "sqlite" {
			uuid = "text"
		}
		for _, column := range []string{"user_id", "application_id"} {
			modeltest.Execute(t, db, "ALTER TABLE oauth2_provider_accesstoken DROP COLUMN "+column)
			modeltest.Execute(t, db, "ALTER TABLE oauth2_provider_accesstoken ADD COLUMN "+column+" "+uuid)
		}
		const client = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
		oauthtest.Insert(t, db, oauthtest.V3, oauthtest.Row{Token: "good", User: alice.ID, Client: client})
		user, token, err := storeOf(t, db, "").Verify(t.Context(), "good")
		if account, ok := user.(*modeltest.Account); !ok || account.Email != "alice@example.com" || token.ApplicationID != client {
			t.Errorf("%+v, %+v, %v", user, token, err)
		}
	})
}
