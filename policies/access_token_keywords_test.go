package policies_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestAccessTokensBesideOtherCredentials uses one scheme for access tokens and
// JSON web tokens, in either order where that is possible.
func TestAccessTokensBesideOtherCredentials(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		config := jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 32)))}
		jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/pair"}, db, config)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/pair", strings.NewReader(`{"username":"alice","password":"alice-pw"}`))
		r.Header.Set("Content-Type", "application/json")
		s.Engine.ServeHTTP(w, r)
		_, access, _ := strings.Cut(w.Body.String(), `"access":"`)
		access, _, _ = strings.Cut(access, `"`)
		s.route("/both", ginauth.AuthenticationClasses(policies.AccessToken(db), jwt.NewAuthenticator(db, config)))
		s.route("/drf", ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Token(db), policies.Basic(db)))
		for _, row := range []struct{ path, authorization, want string }{
			{"/both", "Bearer " + s.secrets["all"], "200 alice *accesstoken.Token"},
			{"/both", "Bearer " + access, "200 alice *jwt.Token"},
			{"/both", "Bearer " + s.secrets["all"] + "x", "401 Invalid token."},
			{"/both", "Bearer " + s.secrets["revoked"], "401 Invalid token."},
			{"/both", "Bearer " + access + "x", `401 {"detail":"Given token not valid`},
			{"/both", "Bearer nonsense", `401 {"detail":"Given token not valid`},
			{"/drf", "Bearer " + s.secrets["all"], "200 alice *accesstoken.Token"},
			{"/drf", "Token " + s.keys["alice"], "200 alice *models.Token"},
			{"/drf", basic("alice:alice-pw"), "200 alice <nil>"},
			{"/drf", "Token " + s.secrets["all"], "401 Invalid token."},
		} {
			got := s.get(row.path, row.authorization)
			if !strings.HasPrefix(strings.ReplaceAll(got, `401 Given`, `401 {"detail":"Given`), row.want) {
				t.Errorf("%s, %.60q:\n got %s\nwant %s", row.path, row.authorization, got, row.want)
			}
		}
	})
}

func TestImportedKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		old := ginauth.AuthenticationClasses(policies.AccessToken(db, policies.AccessTokenConfig{ImportedKeyword: "Token"}))
		moving := ginauth.AuthenticationClasses(policies.AccessToken(db,
			policies.AccessTokenConfig{ImportedKeyword: "Token", Unimported: policies.Token(db)}))
		same := ginauth.AuthenticationClasses(policies.AccessToken(db, policies.AccessTokenConfig{Keyword: "Token", ImportedKeyword: "token"}))
		s.route("/old", old)
		s.route("/moving", moving)
		s.route("/same", same)
		s.route("/bearer", ginauth.AuthenticationClasses(policies.AccessToken(db)))
		const invalid = "401 Invalid token."
		key := "Token " + s.keys["alice"]
		check := func(when string, want map[string]string) {
			t.Helper()
			for path, want := range want {
				if got := s.get(path, key); !strings.HasPrefix(got, want) {
					t.Errorf("%s: %s: %s, want %s", when, path, got, want)
				}
			}
		}
		check("before", map[string]string{"/old": invalid, "/moving": "200 alice *models.Token", "/same": invalid,
			"/bearer": "401 Authentication"})
		if _, err := s.tokens.ImportDRF(t.Context(), accesstoken.Import{Scopes: []string{"*"},
			Expiry: accesstoken.NeverExpires, Keep: true}); err != nil {
			t.Fatal(err)
		}
		const imported = "200 alice *accesstoken.Token"
		check("afterwards", map[string]string{"/old": imported, "/moving": imported, "/same": imported, "/bearer": "401 Authentication"})
		for _, row := range []struct{ path, authorization, want string }{
			{"/old", "Token " + s.keys["inactive"], invalid}, // inactive
			{"/old", "Token " + s.keys["alice"] + "x", invalid},
			{"/old", "Token " + strings.Repeat("x", 1<<20), invalid},
			{"/old", "Token \x00", invalid},
			{"/old", "Token", "401 Invalid token header. No credentials"},
			{"/moving", "Token " + strings.Repeat("0", 40), "401 Invalid token."},
			{"/old", "Token " + s.secrets["all"], imported},
			{"/old", "Bearer " + s.secrets["all"], imported},
			// imported keys have their own scheme
			{"/old", "Bearer " + s.keys["alice"], "401 Authentication"},
			{"/same", "Token " + s.secrets["all"], imported},
		} {
			if got := s.get(row.path, row.authorization); !strings.HasPrefix(got, row.want) {
				t.Errorf("%s, %.60q: %s, want %s", row.path, row.authorization, got, row.want)
			}
		}
		var alice models.User
		err := db.Where("username = ?", "alice").Take(&alice).Error
		if err == nil {
			_, err = s.tokens.RevokeAll(t.Context(), &alice)
		}
		if err != nil {
			t.Fatal(err)
		}
		check("revoked, while DRF's row is still there", map[string]string{"/old": invalid, "/moving": invalid, "/same": invalid})
	})
}
