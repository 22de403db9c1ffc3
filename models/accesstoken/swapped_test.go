package accesstoken_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/people"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
)

// TestAccessTokensOfASwappedUser covers a user model with a UUID as its key and
// columns that are NULL.
func TestAccessTokensOfASwappedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(tokenScopes), db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}),
			db.AutoMigrate(&modeltest.Account{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		modeltest.NewAccount(t, db, "alice@example.com", "pw")
		modeltest.Execute(t, db, "UPDATE accounts SET company = NULL")
		w := &tokensWorld{db: db, users: modeltest.UsersOf(t, db), tokens: tokensOf(t, db)}
		alice := w.user(t, "alice@example.com")
		drf, err := w.users.GetOrCreateToken(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		token, secret := w.create(t, alice, draft("profile"))
		find := func() *modeltest.Account {
			t.Helper()
			owner, found, err := w.tokens.Verify(t.Context(), secret)
			if err != nil || found.ID != token.ID {
				t.Fatal(owner, err)
			}
			return owner.(*modeltest.Account)
		}
		if got := find(); got.Email != "alice@example.com" || w.users.Key(got) != w.users.Key(alice) {
			t.Errorf("%+v", got)
		}
		if list, err := w.tokens.List(t.Context(), find()); len(list) != 1 || err != nil {
			t.Error(list, err)
		}
		if n, err := w.tokens.ImportDRF(t.Context(), forever); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if owner, _, err := w.tokens.VerifyImported(t.Context(), string(drf.Key)); err != nil ||
			owner.(*modeltest.Account).Email != "alice@example.com" {
			t.Error(owner, err)
		}
		service, err := w.tokens.CreateService(t.Context(), "nightly", []string{"profile"})
		if err != nil {
			t.Fatal(err)
		}
		_, services := w.create(t, service, draft("profile"))
		if got := w.whose(t, services); got != "service:nightly" {
			t.Error(got)
		}
		if err := w.users.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if w.whose(t, secret) != "-" || w.whose(t, services) == "-" {
			t.Error("not what was revoked has ended")
		}
		d, err := prune.Expired(t.Context(), db, prune.Config{KeepAccessTokens: 1})
		if d.AccessTokens != 2 || err != nil { // both tokens of alice
			t.Error(d, err)
		}
	})
}

// TestAccessTokensOfSoftDeletedUsers covers a user model without permissions,
// too: its users can have scopes that stand for none.
func TestAccessTokensOfSoftDeletedUsers(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(tokenScopes),
			db.Use(models.AuthUserModel[modeltest.Customer]{UsernameField: "login"}),
			db.AutoMigrate(&modeltest.Customer{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		alice := &modeltest.Customer{Login: "alice"}
		if err := db.Create(alice).Error; err != nil {
			t.Fatal(err)
		}
		w := &tokensWorld{db: db, users: modeltest.UsersOf(t, db), tokens: tokensOf(t, db)}
		_, secret := w.create(t, alice, draft("profile"))
		if _, _, err := w.tokens.Create(t.Context(), alice, draft("notes:read")); err == nil {
			t.Error("a user without permissions gives a scope")
		}
		_, token, err := w.tokens.Verify(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := token.Allows(t.Context(), "profile"); !ok || err != nil {
			t.Error(ok, err)
		}
		if err := db.Delete(alice).Error; err != nil {
			t.Fatal(err)
		}
		if got := w.whose(t, secret); got != "-" {
			t.Errorf("the token of a deleted user is %s's", got)
		}
	})
}
