package accesstoken_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// verified returns a token as the request that presents it sees it.
func (w *tokensWorld) verified(t *testing.T, secret string) *accesstoken.Token {
	t.Helper()
	_, token, err := w.tokens.Verify(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// imported names the owner of an imported key as the next request sees it, or
// "-".
func (w *tokensWorld) imported(t *testing.T, key string) string {
	t.Helper()
	owner, _, err := w.tokens.VerifyImported(t.Context(), key)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return "-"
	case err != nil:
		t.Fatal(err)
	}
	return fmt.Sprint(owner)
}

var tokenScopes = models.Scopes{"notes:read": {"core.view_note"}, "notes:write": {"core.add_note", "core.change_note"}, "profile": {}}

// tokensWorld is a database with alice, who may view notes, with bob, and with
// a service.
type tokensWorld struct {
	db         *gorm.DB
	users      *models.Users
	tokens     *accesstoken.Store
	alice, bob models.UserModel
	service    *accesstoken.Service
}

func newTokensWorld(t testing.TB, db *gorm.DB) *tokensWorld {
	t.Helper()
	people.Create(t, db, tokenScopes)
	people.Permit(t, db, "alice", "core.view_note")
	w := &tokensWorld{db: db}
	var err error
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.users, err = models.UsersOf(db)
	must(err)
	w.tokens, err = accesstoken.Of(db)
	must(err)
	w.alice, w.bob = w.user(t, "alice"), w.user(t, "bob")
	w.service, err = w.tokens.CreateService(t.Context(), "nightly", []string{"notes:read", "profile"})
	must(err)
	return w
}

func (w *tokensWorld) user(t testing.TB, name string) models.UserModel {
	t.Helper()
	user, err := w.users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(name, err)
	}
	return user
}

func (w *tokensWorld) create(t testing.TB, owner models.UserModel, d accesstoken.Draft) (*accesstoken.Token, string) {
	t.Helper()
	token, secret, err := w.tokens.Create(t.Context(), owner, d)
	if err != nil {
		t.Fatal(err)
	}
	return token, string(secret)
}

// whose names the owner of a token as the next request sees it, or "-".
func (w *tokensWorld) whose(t testing.TB, secret string) string {
	t.Helper()
	owner, _, err := w.tokens.Verify(t.Context(), secret)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return "-"
	case err != nil:
		t.Fatal(err)
	}
	return fmt.Sprint(owner)
}

// status returns a token's status in its owner's list.
func (w *tokensWorld) status(t testing.TB, owner models.UserModel, id string) string {
	t.Helper()
	list, err := w.tokens.List(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range list {
		if token.ID == id {
			return token.Status
		}
	}
	return "not listed"
}

// set changes a column of a token.
func (w *tokensWorld) set(t testing.TB, id, column string, value any) {
	t.Helper()
	if err := w.db.Exec(`UPDATE ginauth_access_token SET "`+column+`" = ? WHERE id = ?`, value, id).Error; err != nil {
		t.Fatal(err)
	}
}

// lastUsed returns the column of a token; zero if NULL.
func (w *tokensWorld) lastUsed(t testing.TB, id string) time.Time {
	t.Helper()
	_, token, err := w.tokens.ByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if token.LastUsed == nil {
		return time.Time{}
	}
	return *token.LastUsed
}
