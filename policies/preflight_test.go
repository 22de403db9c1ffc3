package policies_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCheckFindsMissingTables checks that it does until they are there.
func TestCheckFindsMissingTables(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, counter := dbtest.Count(dbtest.Open(t, url))
		if err := db.Use(models.SecretKeys{"a key of more than 16 bytes"}); err != nil {
			t.Fatal(err)
		}
		engine := gin.New()
		_ = engine.SetTrustedProxies(nil)
		auth := ginauth.New(engine)
		classes := map[string]ginauth.Authenticator{
			"authtoken_token": policies.Token(db), "auth_user": wrapping{policies.Basic(db)}, "ginauth_access_token": policies.AccessToken(db),
			"django_session": policies.Session(db), "table auth_user": jwt.NewAuthenticator(db, jwt.Config{Key: jwt.HS256(make([]byte, 32))}),
			"no table auth_user:": policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User", Peers: proxy}),
		}
		for table, class := range classes {
			auth.With(engine, ginauth.AuthenticationClasses(class)).GET(path(table), func(*gin.Context) {})
		}
		const inside = "rest_framework_api_key_apikey"
		classes[inside] = nil
		auth.With(engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.Conceal(policies.Not(policies.HasAPIKey(db)))),
			ginauth.ObjectsInHandler()).GET(path(inside), func(*gin.Context) {})
		findings := auth.Check()
		for table := range classes {
			found := 0
			for _, f := range findings {
				if f.Path == path(table) && strings.Contains(f.Message, table) && strings.Contains(f.Message, `run "ginauth migrate" first`) {
					found++
				}
			}
			if found != 1 {
				t.Errorf("%s: %v", table, findings)
			}
		}
		if err := models.Migrate(dbtest.Open(t, url)); err != nil {
			t.Fatal(err)
		}
		if findings := auth.Check(); len(findings) > 0 {
			t.Errorf("migrated: %v", findings)
		}
		counter.Statements()
		// Basic looks again for tables by which Django's login asks for more.
		if auth.Check(); counter.Statements() > 1 {
			t.Error("a check asks again for tables that were there before")
		}
	})
}

// wrapping is a class that asks another one.
type wrapping struct{ asked ginauth.Authenticator }

func (w wrapping) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	return w.asked.Authenticate(c)
}
func (w wrapping) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: w.asked}
}
func (wrapping) Challenge(*gin.Context) string { return "Wrapping" }

func path(table string) string { return "/" + strings.Trim(strings.ReplaceAll(table, " ", "-"), ":") }

// TestCheckOfADatabaseThatDoesNotAnswer checks that Check finds nothing then.
func TestCheckOfADatabaseThatDoesNotAnswer(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := dbtest.WithOutage(t, url)
		outage.Begin(0, true)
		engine := gin.New()
		_ = engine.SetTrustedProxies(nil)
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db)))
		engine.GET("/", func(*gin.Context) {})
		if findings := auth.Check(); len(findings) > 0 || !outage.End() {
			t.Error(findings)
		}
	})
}
