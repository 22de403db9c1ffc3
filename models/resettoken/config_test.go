package resettoken_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
)

// TestOtherTokens checks that tokens of one purpose are not good for another,
// that those of inactive users activate accounts, and that a token that a
// change of the password would not end changes no password.
func TestOtherTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		active := func(_ context.Context, user models.UserModel, _ string, timestamp int64) (string, error) {
			return fmt.Sprint(user.(*models.User).ID, timestamp, user.Active()), nil
		}
		activation := site{db, s.users, generatorOf(t, db, resettoken.Config{KeySalt: "activation", Inactive: true, Value: active})}
		uid, token := activation.link(t, "inactive")
		_, reset := s.link(t, "inactive")
		for name, attempt := range map[string]func() (models.UserModel, error){
			"to activate, by a token to reset": func() (models.UserModel, error) { return activation.Find(t.Context(), uid, reset) },
			"to reset, by a token to activate": func() (models.UserModel, error) { return s.Find(t.Context(), uid, token) },
			"to reset an inactive user":        func() (models.UserModel, error) { return s.Find(t.Context(), uid, reset) },
		} {
			if user, err := attempt(); !errors.Is(err, resettoken.ErrInvalid) {
				t.Errorf("%s: %v, %v", name, user, err)
			}
		}
		if _, err := activation.SetPassword(t.Context(), uid, token, newPassword); err == nil || !strings.Contains(err.Error(), "outlive its use") {
			t.Error("a token that lives on has changed a password:", err)
		}
		user, err := activation.Find(t.Context(), uid, token)
		if err := errors.Join(err, s.users.SetActive(t.Context(), user, true)); err != nil {
			t.Fatal(err)
		}
		if _, err := activation.Find(t.Context(), uid, token); !errors.Is(err, resettoken.ErrInvalid) {
			t.Error("after its use the token is", err)
		}

		failing := generatorOf(t, db, resettoken.Config{
			Value: func(context.Context, models.UserModel, string, int64) (string, error) { return "", dbtest.ErrGone },
		})
		_, made := failing.MakeToken(t.Context(), user)
		_, found := failing.Find(t.Context(), uid, token)
		if !errors.Is(made, dbtest.ErrGone) || !errors.Is(found, dbtest.ErrGone) {
			t.Error("a value that cannot be had:", made, found)
		}
	})
}

// TestNobodyHasNoLink checks that the user who stands in for unknown ones is not
// returned, even if the user model takes every user for active.
func TestNobodyHasNoLink(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Configure(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
		modeltest.AutoMigrate(t, db, &modeltest.Member{})
		modeltest.Migrate(t, db)
		g := generatorOf(t, db)
		token, err := g.MakeToken(t.Context(), &modeltest.Member{})
		if err != nil {
			t.Fatal(err)
		}
		for _, uid := range []string{g.UID(&modeltest.Member{}), "OTk5OQ"} {
			if user, err := g.Find(t.Context(), uid, string(token)); !errors.Is(err, resettoken.ErrInvalid) {
				t.Errorf("%s is %v, %v", uid, user, err)
			}
		}
	})
}

type stranger struct{ models.AbstractBaseUser }

func (*stranger) Active() bool { return true }

func TestUsersOfAnotherKind(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, token := s.link(t, "alice")
	for _, user := range []models.UserModel{nil, (*models.User)(nil), &stranger{}} {
		if made, err := s.MakeToken(t.Context(), user); err == nil || made != "" {
			t.Errorf("%T has a token", user)
		}
		if err := s.CheckToken(t.Context(), user, token); !errors.Is(err, resettoken.ErrInvalid) {
			t.Errorf("%T: %v", user, err)
		}
		if uid := s.UID(user); uid != "" {
			t.Errorf("%T has the key %s", user, uid)
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	keyless := dbtest.Open(t, dbtest.SQLite(t))
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Configure(t, db)
	for _, row := range []struct {
		name   string
		db     *gorm.DB
		config resettoken.Config
		want   string
	}{
		{"no database", nil, resettoken.Config{}, "the database is nil"},
		{"no key", keyless, resettoken.Config{}, "the database has no secret key"},
		{"negative", db, resettoken.Config{Timeout: -time.Hour}, "it must be positive and in whole seconds"},
		{"fraction", db, resettoken.Config{Timeout: 1500 * time.Millisecond}, "it must be positive and in whole seconds"},
		{"no column", db, resettoken.Config{EmailField: "mail"}, `no column "mail"`},
	} {
		if g, err := resettoken.Of(row.db, row.config); err == nil || !strings.Contains(err.Error(), row.want) || g != nil {
			t.Errorf("%s: %v, %v", row.name, g, err)
		}
	}
	g := generatorOf(t, world{Keys: models.SecretKeys{people.SecretKey}}.database(t, "Label"))
	if _, err := g.FindByEmail(t.Context(), "alice@example.com"); err == nil {
		t.Error("users without addresses were looked up by address")
	}
}
