package sitetest_test

import (
	"net/http"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCredentials checks that a site knows its users by each kind of
// credential, and that of these users the inactive one is refused.
func TestCredentials(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.Scopes{})
		config := jwt.Config{Key: sitetest.JWTKey}
		s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db), policies.Token(db),
			policies.AccessToken(db), jwt.NewAuthenticator(db, config), policies.Session(db)))
		s.Engine.GET("/me", sitetest.Me)
		s.Auth.With(s.Engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db))).GET("/key", sitetest.Me)
		kinds := map[string]func(name string) sitetest.As{
			"Basic":        sitetest.Basic,
			"token":        func(name string) sitetest.As { return sitetest.Token(s.TokenKey(name)) },
			"access token": func(name string) sitetest.As { return sitetest.Bearer(s.AccessToken(name, models.AllScopes)) },
			"JWT":          func(name string) sitetest.As { return sitetest.Bearer(s.JWT(name)) },
			"session":      func(name string) sitetest.As { return sitetest.As{"Cookie: sessionid=" + s.SessionKey(name)} },
		}
		for kind, as := range kinds {
			for _, name := range []string{"alice", "bob", "staff", "root"} {
				if got := s.Get("/me", as(name)); got != "200 "+name {
					t.Errorf("%s of %s: %s", kind, name, got)
				}
			}
			if kind == "JWT" { // which an inactive user does not get
				continue
			}
			if w := s.Do(http.MethodGet, "/me", as("inactive"), ""); w.Code != 401 {
				t.Errorf("%s of an inactive user: %s", kind, w)
			}
		}
		if w := s.Do(http.MethodGet, "/key", sitetest.As{"Authorization: Api-Key " + s.APIKey()}, ""); w.Code != 200 {
			t.Error("API key:", w)
		}
		if w := s.Do(http.MethodGet, "/me", sitetest.Anonymous, ""); w.Code != 401 {
			t.Error("anonymous:", w)
		}
	})
}
