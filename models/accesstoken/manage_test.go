package accesstoken_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

func TestListRotateRevoke(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		d := accesstoken.Draft{Name: " laptop ", Scopes: []string{"profile", "notes:read", "profile"},
			Expiry: accesstoken.ExpiresIn(time.Hour), IdleTimeout: 10 * time.Minute}
		token, secret := w.create(t, w.alice, d)
		if id, ok := accesstoken.ParseID(secret); !ok || id != token.ID {
			t.Errorf("%s names %s", token.ID, id)
		}
		list, err := w.tokens.List(t.Context(), w.alice)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		got := list[0]
		if got.Name != "laptop" || !slices.Equal(got.Scopes, []string{"notes:read", "profile"}) || !got.Expires.Equal(*token.Expires) ||
			got.IdleTimeout != 10*time.Minute || got.LastUsed != nil || got.Rotated != nil || !got.Created.Equal(token.Created) {
			t.Errorf("%+v", got)
		}
		for _, stranger := range []models.UserModel{w.bob, w.service} {
			if list, err := w.tokens.List(t.Context(), stranger); len(list) != 0 || err != nil {
				t.Errorf("%v has %v, %v", stranger, list, err)
			}
			if err := w.tokens.Revoke(t.Context(), stranger, token.ID); !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
			if _, _, err := w.tokens.Rotate(t.Context(), stranger, token.ID, accesstoken.Rotation{}); !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
			if n, err := w.tokens.RevokeAll(t.Context(), stranger); n != 0 || err != nil {
				t.Error(n, err)
			}
		}
		rotated, fresh, err := w.tokens.Rotate(t.Context(), w.alice, token.ID, accesstoken.Rotation{Expiry: accesstoken.ExpiresIn(2 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if rotated.ID != token.ID || !rotated.Expires.After(*token.Expires) || rotated.Rotated == nil ||
			w.whose(t, secret) != "-" || w.whose(t, string(fresh)) != "alice" {
			t.Errorf("%+v", rotated)
		}
		for range 2 { // revoking twice is not an error
			if err := w.tokens.Revoke(t.Context(), w.alice, token.ID); err != nil {
				t.Error(err)
			}
		}
		if w.whose(t, string(fresh)) != "-" {
			t.Error("a revoked token is good")
		}
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, token.ID, accesstoken.Rotation{}); !errors.Is(err, accesstoken.ErrEnded) {
			t.Errorf("a revoked token is rotated: %v", err)
		}
		for _, id := range []string{"", "x", strings.Repeat("x", 12), strings.Repeat("\x00", 12), "' OR '1'='1"} {
			if err := w.tokens.Revoke(t.Context(), w.alice, id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
			if _, _, err := w.tokens.ByID(t.Context(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		owner, found, err := w.tokens.ByID(t.Context(), token.ID)
		if err != nil || fmt.Sprint(owner) != "alice" || found.Status != "revoked" {
			t.Error(owner, found, err)
		}
	})
}

func TestServices(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		_, secret := w.create(t, w.service, draft("notes:read"))
		if got := w.whose(t, secret); got != "service:nightly" {
			t.Fatal(got)
		}
		if !w.service.Authenticated() || w.service.Staff() || !w.service.Active() || w.service.Subject() != "service:nightly" {
			t.Errorf("%+v", w.service)
		}
		for _, active := range []bool{false, true} {
			if err := w.tokens.SetServiceActive(t.Context(), w.service, active); err != nil {
				t.Fatal(err)
			}
			if got := w.whose(t, secret); (got == "service:nightly") != active {
				t.Errorf("active %v: %s", active, got)
			}
		}
		if list, err := w.tokens.List(t.Context(), w.service); len(list) != 1 || err != nil {
			t.Error(list, err)
		}
		if n, err := w.tokens.RevokeAll(t.Context(), w.service); n != 1 || err != nil || w.whose(t, secret) != "-" {
			t.Error(n, err)
		}
		for name, scopes := range map[string][]string{"nightly": {"profile"}, "": {"profile"}, "a\x00": {"profile"},
			"none": nil, "unknown": {"nonesuch"}} {
			if _, err := w.tokens.CreateService(t.Context(), name, scopes); err == nil {
				t.Errorf("service %q with %q", name, scopes)
			}
		}
		if _, err := w.tokens.Service(t.Context(), "Nightly"); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		all, err := w.tokens.Services(t.Context())
		if err != nil || len(all) != 1 || all[0].Created.IsZero() || strings.Join(all[0].Scopes, " ") != "notes:read profile" {
			t.Error(all, err)
		}
	})
}

func TestAServiceThatIsNotStored(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		service, err := w.tokens.CreateService(t.Context(), "gone", []string{"profile"})
		if err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, `DELETE FROM ginauth_service WHERE name = 'gone'`)
		if err := w.tokens.SetServiceActive(t.Context(), service, false); !errors.Is(err, models.ErrNotStored) || !service.IsActive {
			t.Errorf("active %v, %v", service.IsActive, err)
		}
	})
}
