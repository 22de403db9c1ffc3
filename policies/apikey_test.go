package policies_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestHasAPIKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		key := s.APIKey()
		hasKey := policies.HasAPIKey(db)
		token := ginauth.AuthenticationClasses(policies.Token(db))
		s.route("/key", ginauth.NoAuthentication(), ginauth.PermissionClasses(hasKey))
		s.route("/token-key", token, ginauth.PermissionClasses(hasKey))
		s.route("/or", token, ginauth.PermissionClasses(policies.Any(hasKey, policies.IsAuthenticated)))
		s.route("/and", token, ginauth.PermissionClasses(policies.All(hasKey, policies.IsAuthenticated)))
		s.route("/not", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.Not(hasKey)))
		s.route("/denial", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.Deny(hasKey, "Bring a key.", "no_key")))
		const anonymous = "200 AnonymousUser <nil>"
		const forbidden = "403 You do not have permission to perform this action."
		const none = "401 Authentication credentials were not provided. Token"
		for _, row := range []struct{ path, authorization, want string }{
			{"/key", "Api-Key " + key, anonymous},
			{"/key", "Bearer Api-Key " + key, forbidden},
			{"/key", "", forbidden},
			{"/key", "Api-Key", forbidden},
			{"/key", "Api-Key ", forbidden},
			{"/key", "api-key " + key, anonymous},
			{"/key", "API-KEY " + key, anonymous},
			{"/key", " Api-Key " + key, forbidden},
			{"/key", "Api-\u212aey " + key, forbidden}, // a Kelvin sign
			{"/key", "Api-Key  " + key, forbidden},
			{"/key", "Api-Key\t" + key, forbidden},
			{"/key", "Api-Key " + key + " ", forbidden},
			{"/key", "Api-Key Api-Key " + key, forbidden},
			{"/key", "Api-Key " + key + "Api-Key " + key, forbidden}, // only one is accepted
			{"/key", "Token " + key, forbidden},
			{"/key", key, forbidden},
			{"/key", "Api-Key " + key[:40], forbidden},
			{"/key", "Api-Key " + key[:8], forbidden},
			{"/key", "Api-Key " + strings.Repeat("x.", 1<<19), forbidden},
			{"/key", "Api-Key " + key[:3] + "\x00" + key[4:], forbidden},
			{"/token-key", "Api-Key " + key, anonymous},
			{"/token-key", "Api-Key wrong", none},
			{"/token-key", "Token " + s.keys["alice"], forbidden},
			{"/or", "Api-Key " + key, anonymous},
			{"/or", "Token " + s.keys["alice"], "200 alice *models.Token"},
			{"/or", "Token wrong", "401 Invalid token. Token"},
			{"/or", "", none},
			{"/and", "Api-Key " + key, none},
			{"/and", "Token " + s.keys["alice"], forbidden},
			{"/and", "Token " + s.keys["alice"] + ",Api-Key " + key, "401 Invalid token header. Token string should not contain spaces. Token"},
			{"/not", "", anonymous},
			{"/not", "Api-Key " + key, forbidden},
			{"/denial", "", "403 Bring a key."},
		} {
			if got := s.get(row.path, row.authorization); got != row.want {
				t.Errorf("%s, %.60q:\n got %s\nwant %s", row.path, row.authorization, got, row.want)
			}
		}
		if got := s.get("/key", "Api-Key "+key, "Api-Key "+key); got != forbidden {
			t.Errorf("two headers: %s", got)
		}
		if got := s.get("/key", "Basic x", "Api-Key "+key); got != forbidden {
			t.Errorf("another header before: %s", got)
		}
	})
}

// TestAPIKeySchemeBefore3 checks where api-key looked for its scheme before 3.0.
func TestAPIKeySchemeBefore3(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	declare(t, db, drf.Stack{APIKey: "2.3"})
	s := newSite(t, db)
	key := s.APIKey()
	s.route("/key", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db)))
	const anonymous = "200 AnonymousUser <nil>"
	const forbidden = "403 You do not have permission to perform this action."
	for _, row := range []struct{ authorization, want string }{
		{"Api-Key " + key, anonymous},
		{"Bearer Api-Key " + key, anonymous}, // the package splits the header there
		{"Basic x,Api-Key " + key, anonymous},
		{"api-key " + key, forbidden},
		{"Api-Key Api-Key " + key, forbidden},
		{"Api-Key " + key + "Api-Key " + key, forbidden}, // only one is accepted
		{"", forbidden},
	} {
		if got := s.get("/key", row.authorization); got != row.want {
			t.Errorf("%.60q: %s, want %s", row.authorization, got, row.want)
		}
	}
}

// TestBasicWithoutAColon checks what DRF made of credentials without a colon.
func TestBasicWithoutAColon(t *testing.T) {
	for release, want := range map[string]string{
		"":     `401 Invalid basic header. Credentials not correctly base64 encoded. Basic realm="api"`,
		"3.15": `401 Invalid basic header. Credentials not correctly base64 encoded. Basic realm="api"`,
		"3.14": `401 Invalid username/password. Basic realm="api"`,
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		declare(t, db, drf.Stack{DRF: release})
		s := newSite(t, db)
		s.route("/basic", ginauth.AuthenticationClasses(policies.Basic(db)))
		if got := s.get("/basic", basic("alice")); got != want {
			t.Errorf("DRF %q: %s, want %s", release, got, want)
		}
	}
}

func TestAPIKeyInAHeaderOfItsOwn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		key := s.APIKey()
		s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.Token(db)), ginauth.PermissionClasses(
			policies.All(policies.HasAPIKey(db, "x-api-key"), policies.IsAuthenticated),
		)).GET("/", func(c *gin.Context) {
			row, ok := policies.APIKeyOf(c)
			c.String(http.StatusOK, "%s %v", row, ok)
		})
		get := func(keys ...string) string {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Token "+s.keys["alice"])
			r.Header["X-Api-Key"] = keys
			w := httptest.NewRecorder()
			s.Engine.ServeHTTP(w, r)
			return w.Body.String()
		}
		if got := get(key); got != "nightly build true" {
			t.Error(got)
		}
		for _, keys := range [][]string{nil, {""}, {"Api-Key " + key}, {key, key}} {
			if got := get(keys...); !strings.Contains(got, "permission") {
				t.Errorf("%q: %s", keys, got)
			}
		}
	})
}

func TestWithoutAPIKeyThereIsNone(t *testing.T) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	if key, ok := policies.APIKeyOf(c); ok || key != nil {
		t.Errorf("%v, %v", key, ok)
	}
}

func TestStatementsOfAnAPIKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		key := s.APIKey()
		counted, counter := dbtest.Count(db)
		s.route("/key", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(counted)))
		s.get("/key", "") // the guard looks at the table before the first request
		counter.Statements()
		for _, row := range []struct {
			authorization string
			want          int
		}{
			{"Api-Key " + key, 1},
			{"Api-Key " + key + "x", 1},
			{"Api-Key unknown1.x", 1},
			{"Api-Key longprefix.x", 0},
			{"Api-Key .", 0},
			{"", 0},
		} {
			s.get("/key", row.authorization)
			if n := counter.Statements(); n != row.want {
				t.Errorf("%.20q: %d statements, want %d", row.authorization, n, row.want)
			}
		}
	})
}

// An outage is 503. It neither admits nor refuses, so Not cannot turn it into
// an admission.
func TestAPIKeysOfADatabaseThatIsDown(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		s.route("/key", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db)))
		s.route("/not", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.Not(policies.HasAPIKey(db))))
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		for _, path := range []string{"/key", "/not"} {
			if got := s.get(path, "Api-Key goodgood.x"); got != "503 Service temporarily unavailable, try again later." {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
}
