package models_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models/login"

	"github.com/ginauth/ginauth/internal/testing/people"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/session"
)

// TestUsersThatAreNotStored checks that changing a user without a row, or
// ending its credentials, is an error and changes nothing of other users.
func TestUsersThatAreNotStored(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		for name, prepare := range map[string]func(t *testing.T, db *gorm.DB){
			"migrated": func(t *testing.T, db *gorm.DB) { modeltest.Migrated(t, db) },
			"with tokens": func(t *testing.T, db *gorm.DB) {
				must(t, db.Use(models.Revocation{Tokens: true}))
				modeltest.Migrated(t, db)
			},
			"without epochs": func(t *testing.T, db *gorm.DB) {
				modeltest.Migrated(t, db)
				modeltest.Execute(t, db, `DROP TABLE ginauth_epoch`, `DELETE FROM django_migrations WHERE name = '0001_epoch'`)
			},
		} {
			t.Run(name, func(t *testing.T) {
				prepare(t, dbtest.Open(t, url))
				db := dbtest.Open(t, url)
				must(t, errors.Join(db.Use(people.Passwords), db.Use(models.SecretKeys{modeltest.DjangoKey})))
				if name == "with tokens" {
					must(t, db.Use(models.Revocation{Tokens: true}))
				}
				users := modeltest.UsersOf(t, db)
				defer func() { must(t, models.Migrate(db)) }()
				gone := modeltest.Create(t, db, "gone-"+name, "pw")
				must(t, db.Delete(&models.User{}, gone.ID).Error)
				other := modeltest.Create(t, db, "other-"+name, "pw")
				for what, user := range map[string]models.UserModel{
					"draft": &models.User{Username: "draft"}, "deleted": gone, "of no row": &models.User{ID: 1 << 30}, "nil pointer": (*models.User)(nil),
					"nil": nil, "service": &accesstoken.Service{Name: "x"}, "anonymous": ginauth.AnonymousUser{},
				} {
					for change, do := range changes(t, db, users) {
						if err := do(t.Context(), user); !errors.Is(err, models.ErrNotStored) &&
							!(change == "log out everywhere" && name == "without epochs" && err != nil) {
							t.Errorf("%s of %s: %v", change, what, err)
						}
					}
				}
				u, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(other.Username, "pw"))
				if err != nil || u.User.(*models.User).LastLogin != nil {
					t.Errorf("another user was changed: %+v, %v", u, err)
				}
			})
		}
	})
}

// changes returns the functions that change a user or end something of it.
func changes(t *testing.T, db *gorm.DB, users *models.Users) map[string]func(context.Context, models.UserModel) error {
	t.Helper()
	return map[string]func(context.Context, models.UserModel) error{
		"log out everywhere": users.RevokeAll,
		"change of password": func(ctx context.Context, u models.UserModel) error { return users.SetPassword(ctx, u, "new") },
		"no password":        func(ctx context.Context, u models.UserModel) error { return users.SetPassword(ctx, u, "") },
		"deactivation":       func(ctx context.Context, u models.UserModel) error { return users.SetActive(ctx, u, false) },
		"activation":         func(ctx context.Context, u models.UserModel) error { return users.SetActive(ctx, u, true) },
		"last login":         func(ctx context.Context, u models.UserModel) error { return userkit.Of(users).UpdateLastLogin(ctx, u) },
		"reset of the token": func(ctx context.Context, u models.UserModel) error { _, err := users.ResetToken(ctx, u); return err },
	}
}

// TestASessionOfNoUser checks that no such session is begun.
func TestASessionOfNoUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		gone := modeltest.Create(t, db, "gone", "pw")
		must(t, db.Delete(&models.User{}, gone.ID).Error)
		if _, err := s.Login(t.Context(), "", gone); !errors.Is(err, models.ErrNotStored) {
			t.Error(err)
		}
	})
}

func TestGroupsThatAreNotStored(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		for what, to := range map[string]any{"group": &models.Group{}, "user": &models.User{}} {
			if err := models.RemovePerm(t.Context(), db, "core.view_note", to, nil); !errors.Is(err, models.ErrNotStored) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
