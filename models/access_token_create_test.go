package models_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

func TestCreateAccessTokenRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		with := func(change func(d *models.AccessTokenDraft)) models.AccessTokenDraft {
			d := draft("profile")
			change(&d)
			return d
		}
		for _, row := range []struct {
			name  string
			owner models.UserModel
			draft models.AccessTokenDraft
			field string
		}{
			{"no name", w.alice, with(func(d *models.AccessTokenDraft) { d.Name = " " }), "name"},
			{"a long name", w.alice, with(func(d *models.AccessTokenDraft) { d.Name = strings.Repeat("x", 101) }), "name"},
			{"NUL in the name", w.alice, with(func(d *models.AccessTokenDraft) { d.Name = "a\x00" }), "name"},
			{"no scopes", w.alice, draft(), "scopes"},
			{"an empty scope", w.alice, draft(""), "scopes"},
			{"an unknown scope", w.alice, draft("profile", "nonesuch"), "scopes"},
			{"a scope of permissions that alice lacks", w.alice, draft("notes:write"), "scopes"},
			{"a scope of permissions that bob lacks", w.bob, draft("notes:read"), "scopes"},
			{"a scope beyond the service's", w.service, draft("notes:write"), "scopes"},
			{"all scopes for a limited service", w.service, draft(models.AllScopes), "scopes"},
			{"no expiry", w.alice, with(func(d *models.AccessTokenDraft) { d.Expiry = models.Expiry{} }), "expires_in"},
			{"expiry in the past", w.alice, with(func(d *models.AccessTokenDraft) { d.Expiry = models.ExpiresIn(-time.Second) }), "expires_in"},
			{"expiry now", w.alice, with(func(d *models.AccessTokenDraft) { d.Expiry = models.ExpiresAt(time.Now()) }), "expires_in"},
			{"expiry in no time", w.alice, with(func(d *models.AccessTokenDraft) { d.Expiry = models.ExpiresIn(0) }), "expires_in"},
			{"expiry after all times", w.alice, with(func(d *models.AccessTokenDraft) {
				d.Expiry = models.ExpiresAt(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
			}), "expires_in"},
			{"a short idle timeout", w.alice, with(func(d *models.AccessTokenDraft) { d.IdleTimeout = time.Minute }), "idle_timeout"},
			{"a negative idle timeout", w.alice, with(func(d *models.AccessTokenDraft) { d.IdleTimeout = -time.Hour }), "idle_timeout"},
		} {
			token, secret, err := w.tokens.Create(t.Context(), row.owner, row.draft)
			if refusal, ok := errors.AsType[models.AccessTokenError](err); !ok || refusal.Field != row.field || token != nil || secret != "" {
				t.Errorf("%s: %v, %v", row.name, token, err)
			}
		}
		var none *models.User
		var noService *models.Service
		for _, owner := range []models.UserModel{nil, none, noService, &models.User{}, &models.Service{Name: "nightly", IsActive: true}, &Account{}, models.AnonymousUser{}} {
			if _, _, err := w.tokens.Create(t.Context(), owner, draft(models.AllScopes)); !errors.Is(err, models.ErrNotFound) && err == nil {
				t.Errorf("%T has a token: %v", owner, err)
			}
		}
		if n := countRows(t, db); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

func countRows(t testing.TB, db *gorm.DB) (n int64) {
	t.Helper()
	if err := db.Table("ginauth_access_token").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// TestATokenMadeThroughATokenIsNoWider in scopes, end and idle timeout, and
// ends with it.
func TestATokenMadeThroughATokenIsNoWider(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		parentDraft := models.AccessTokenDraft{
			Name: "parent", Scopes: []string{"notes:read", "profile"}, Expiry: models.ExpiresIn(time.Hour), IdleTimeout: 10 * time.Minute,
		}
		_, secret := w.create(t, w.alice, parentDraft)
		wide, _ := w.create(t, w.alice, draft(models.AllScopes))
		_, parent, err := w.tokens.Verify(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			draft models.AccessTokenDraft
			field string
		}{
			{models.AccessTokenDraft{Scopes: []string{models.AllScopes}, Expiry: models.ExpiresIn(time.Minute), IdleTimeout: 5 * time.Minute}, "scopes"},
			{models.AccessTokenDraft{Scopes: []string{"profile"}, Expiry: models.NeverExpires, IdleTimeout: 5 * time.Minute}, "expires_in"},
			{models.AccessTokenDraft{Scopes: []string{"profile"}, Expiry: models.ExpiresIn(61 * time.Minute), IdleTimeout: 5 * time.Minute}, "expires_in"},
			{models.AccessTokenDraft{Scopes: []string{"profile"}, Expiry: models.ExpiresIn(time.Minute)}, "idle_timeout"},
			{models.AccessTokenDraft{Scopes: []string{"profile"}, Expiry: models.ExpiresIn(time.Minute), IdleTimeout: 11 * time.Minute}, "idle_timeout"},
		} {
			row.draft.Name, row.draft.Through = "child", parent
			_, _, err := w.tokens.Create(t.Context(), w.alice, row.draft)
			if refusal, ok := errors.AsType[models.AccessTokenError](err); !ok || refusal.Field != row.field {
				t.Errorf("%+v: %v", row.draft, err)
			}
		}
		rotation := models.Rotation{Through: parent}
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, wide.ID, rotation); err == nil {
			t.Error("a wider token was rotated, whose new secret would be known")
		}
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, parent.ID, models.Rotation{Through: parent, Expiry: models.NeverExpires}); err == nil {
			t.Error("a token has made itself last longer")
		}
		child := models.AccessTokenDraft{Name: "child", Scopes: []string{"profile"}, Expiry: models.ExpiresIn(time.Minute), IdleTimeout: 5 * time.Minute, Through: parent}
		_, first := w.create(t, w.alice, child)
		_, credential, err := w.tokens.Verify(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		child.Through, child.Expiry = credential, models.ExpiresIn(30*time.Second)
		grandchild, second := w.create(t, w.alice, child)
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, parent.ID, models.Rotation{}); err != nil {
			t.Fatal(err)
		}
		if w.whose(t, first) != "-" || w.whose(t, second) != "-" || w.whose(t, secret) != "-" {
			t.Error("what was made with the old secret lives on")
		}
		if status := w.status(t, w.alice, grandchild.ID); status != models.TokenRevoked {
			t.Error(status)
		}
		live, _ := w.create(t, w.alice, models.AccessTokenDraft{Name: "live", Scopes: []string{"profile"}, Expiry: models.ExpiresIn(30 * time.Second), IdleTimeout: 5 * time.Minute})
		for _, through := range []*models.AccessToken{parent, credential} { // as loaded by a request that began before
			child.Through = through
			if _, _, err := w.tokens.Create(t.Context(), w.alice, child); !errors.Is(err, models.ErrTokenEnded) {
				t.Errorf("through a token that has ended: %v", err)
			}
			if _, _, err := w.tokens.Rotate(t.Context(), w.alice, live.ID, models.Rotation{Through: through}); !errors.Is(err, models.ErrTokenEnded) {
				t.Errorf("through a token that has ended: %v", err)
			}
		}
	})
}
