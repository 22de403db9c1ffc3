package accesstoken_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/ginauth"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

func TestCreateAccessTokenRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		with := func(change func(d *accesstoken.Draft)) accesstoken.Draft {
			d := draft("profile")
			change(&d)
			return d
		}
		for _, row := range []struct {
			name  string
			owner models.UserModel
			draft accesstoken.Draft
			field string
		}{
			{"no name", w.alice, with(func(d *accesstoken.Draft) { d.Name = " " }), "name"},
			{"a long name", w.alice, with(func(d *accesstoken.Draft) { d.Name = strings.Repeat("x", 101) }), "name"},
			{"NUL in the name", w.alice, with(func(d *accesstoken.Draft) { d.Name = "a\x00" }), "name"},
			{"no scopes", w.alice, draft(), "scopes"},
			{"an empty scope", w.alice, draft(""), "scopes"},
			{"an unknown scope", w.alice, draft("profile", "nonesuch"), "scopes"},
			{"a scope of permissions that alice lacks", w.alice, draft("notes:write"), "scopes"},
			{"a scope of permissions that bob lacks", w.bob, draft("notes:read"), "scopes"},
			{"a scope beyond the service's", w.service, draft("notes:write"), "scopes"},
			{"all scopes for a limited service", w.service, draft(models.AllScopes), "scopes"},
			{"no expiry", w.alice, with(func(d *accesstoken.Draft) { d.Expiry = accesstoken.Expiry{} }), "expires_in"},
			{"expiry in the past", w.alice, with(func(d *accesstoken.Draft) { d.Expiry = accesstoken.ExpiresIn(-time.Second) }), "expires_in"},
			{"expiry now", w.alice, with(func(d *accesstoken.Draft) { d.Expiry = accesstoken.ExpiresAt(time.Now()) }), "expires_in"},
			{"expiry in no time", w.alice, with(func(d *accesstoken.Draft) { d.Expiry = accesstoken.ExpiresIn(0) }), "expires_in"},
			{"expiry after all times", w.alice, with(func(d *accesstoken.Draft) {
				d.Expiry = accesstoken.ExpiresAt(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
			}), "expires_in"},
			{"a short idle timeout", w.alice, with(func(d *accesstoken.Draft) { d.IdleTimeout = time.Minute }), "idle_timeout"},
			{"a negative idle timeout", w.alice, with(func(d *accesstoken.Draft) { d.IdleTimeout = -time.Hour }), "idle_timeout"},
		} {
			token, secret, err := w.tokens.Create(t.Context(), row.owner, row.draft)
			if refusal, ok := errors.AsType[accesstoken.Error](err); !ok || refusal.Field != row.field || token != nil || secret != "" {
				t.Errorf("%s: %v, %v", row.name, token, err)
			}
		}
		var none *models.User
		var noService *accesstoken.Service
		for _, owner := range []models.UserModel{nil, none, noService, &models.User{},
			&accesstoken.Service{Name: "nightly", IsActive: true}, &modeltest.Account{}, ginauth.AnonymousUser{}} {
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
		parentDraft := accesstoken.Draft{
			Name: "parent", Scopes: []string{"notes:read", "profile"}, Expiry: accesstoken.ExpiresIn(time.Hour), IdleTimeout: 10 * time.Minute,
		}
		_, secret := w.create(t, w.alice, parentDraft)
		wide, _ := w.create(t, w.alice, draft(models.AllScopes))
		_, parent, err := w.tokens.Verify(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			draft accesstoken.Draft
			field string
		}{
			{accesstoken.Draft{Scopes: []string{models.AllScopes}, Expiry: accesstoken.ExpiresIn(time.Minute), IdleTimeout: 5 * time.Minute},
				"scopes"},
			{accesstoken.Draft{Scopes: []string{"profile"}, Expiry: accesstoken.NeverExpires, IdleTimeout: 5 * time.Minute}, "expires_in"},
			{accesstoken.Draft{Scopes: []string{"profile"}, Expiry: accesstoken.ExpiresIn(61 * time.Minute), IdleTimeout: 5 * time.Minute},
				"expires_in"},
			{accesstoken.Draft{Scopes: []string{"profile"}, Expiry: accesstoken.ExpiresIn(time.Minute)}, "idle_timeout"},
			{accesstoken.Draft{Scopes: []string{"profile"}, Expiry: accesstoken.ExpiresIn(time.Minute), IdleTimeout: 11 * time.Minute},
				"idle_timeout"},
		} {
			row.draft.Name, row.draft.Through = "child", parent
			_, _, err := w.tokens.Create(t.Context(), w.alice, row.draft)
			if refusal, ok := errors.AsType[accesstoken.Error](err); !ok || refusal.Field != row.field {
				t.Errorf("%+v: %v", row.draft, err)
			}
		}
		rotation := accesstoken.Rotation{Through: parent}
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, wide.ID, rotation); err == nil {
			t.Error("a wider token was rotated, whose new secret would be known")
		}
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, parent.ID,
			accesstoken.Rotation{Through: parent, Expiry: accesstoken.NeverExpires}); err == nil {
			t.Error("a token has made itself last longer")
		}
		child := accesstoken.Draft{Name: "child", Scopes: []string{"profile"}, Expiry: accesstoken.ExpiresIn(time.Minute),
			IdleTimeout: 5 * time.Minute, Through: parent}
		_, first := w.create(t, w.alice, child)
		_, credential, err := w.tokens.Verify(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		child.Through, child.Expiry = credential, accesstoken.ExpiresIn(30*time.Second)
		grandchild, second := w.create(t, w.alice, child)
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, parent.ID, accesstoken.Rotation{}); err != nil {
			t.Fatal(err)
		}
		if w.whose(t, first) != "-" || w.whose(t, second) != "-" || w.whose(t, secret) != "-" {
			t.Error("what was made with the old secret lives on")
		}
		if status := w.status(t, w.alice, grandchild.ID); status != "revoked" {
			t.Error(status)
		}
		live, _ := w.create(t, w.alice, accesstoken.Draft{Name: "live", Scopes: []string{"profile"},
			Expiry: accesstoken.ExpiresIn(30 * time.Second), IdleTimeout: 5 * time.Minute})
		for _, through := range []*accesstoken.Token{parent, credential} { // as loaded by a request that began before
			child.Through = through
			if _, _, err := w.tokens.Create(t.Context(), w.alice, child); !errors.Is(err, accesstoken.ErrEnded) {
				t.Errorf("through a token that has ended: %v", err)
			}
			if _, _, err := w.tokens.Rotate(t.Context(), w.alice, live.ID,
				accesstoken.Rotation{Through: through}); !errors.Is(err, accesstoken.ErrEnded) {
				t.Errorf("through a token that has ended: %v", err)
			}
		}
	})
}
