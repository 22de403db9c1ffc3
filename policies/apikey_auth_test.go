package policies_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/policies"
)

// keySite is a site with API keys by name.
type keySite struct {
	*tokenSite
	keys map[string]string
}

func newKeySite(t testing.TB, db *gorm.DB) *keySite {
	t.Helper()
	s := &keySite{newTokenSite(t, db), map[string]string{}}
	past := time.Now().Add(-time.Hour)
	for name, row := range map[string]apikey.Key{
		"django's": {}, "read": {Scopes: []string{"notes:read"}}, "profile": {Scopes: []string{"profile"}}, "all": {Scopes: []string{"*"}},
		"three":   {Quota: &apikey.Quota{Limit: 3}},
		"hourly":  {Quota: &apikey.Quota{Limit: 3, Refill: 1, Every: time.Hour}},
		"scoped":  {Scopes: []string{"profile"}, Quota: &apikey.Quota{Limit: 1}},
		"expired": {Scopes: []string{"*"}, ExpiryDate: &past}, "revoked": {Scopes: []string{"*"}},
	} {
		row.Name = name
		key, err := apikey.Create(t.Context(), db, &row)
		if err != nil {
			t.Fatal(err)
		}
		s.keys[name] = "Api-Key " + string(key)
	}
	if err := s.store().Revoke(t.Context(), s.prefix("revoked")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *keySite) store() *apikey.Store {
	store, err := apikey.Of(s.db)
	if err != nil {
		panic(err)
	}
	return store
}

func (s *keySite) prefix(name string) string { return strings.TrimPrefix(s.keys[name], "Api-Key ")[:8] }

// TestScopesOfAPIKeys is the matrix of routes and keys.
func TestScopesOfAPIKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newKeySite(t, db)
		all := ginauth.AuthenticationClasses(policies.APIKey(db), policies.AccessToken(db))
		read, profile, hasKey := policies.HasScope("notes:read"), policies.HasScope("profile"), policies.HasAPIKey(db)
		for path, p := range map[string]ginauth.Permission{
			"/any": policies.AllowAny, "/member": policies.IsAuthenticated, "/admin": policies.IsAdminUser,
			"/group": policies.InGroup("editors"), "/perm": policies.HasPerm("core.view_note"),
			"/read": read, "/either": policies.Any(read, profile), "/both": policies.All(read, profile), "/not": policies.Not(read),
			"/or": policies.Any(read, policies.IsAuthenticated), "/key": hasKey, "/key-read": policies.All(hasKey, read),
			"/unknown": policies.HasScope("nonesuch"), "/not-unknown": policies.Not(policies.HasScope("nonesuch")),
		} {
			s.route(path, all, ginauth.PermissionClasses(p))
		}
		s.route("/bare", ginauth.NoAuthentication(), ginauth.PermissionClasses(hasKey))
		s.route("/bare-read", ginauth.NoAuthentication(), ginauth.PermissionClasses(hasKey, read))
		const challenge = ` Api-Key realm="api"`
		for _, row := range []struct{ path, in, out string }{
			{"/any", "django's, all", "read, profile, expired, revoked"},
			{"/member", "django's, all", "read, profile, expired, revoked"},
			{"/admin", "", "django's, all, read"},
			{"/group", "", "django's, all, read"},
			{"/perm", "", "django's, all, read"},
			{"/read", "all, read", "django's, profile, three, expired, revoked"},
			{"/either", "all, read, profile", "django's, expired"},
			{"/both", "all", "django's, read, profile"},
			{"/not", "django's", "all, read, profile"},
			{"/or", "all, read, django's", "profile"},
			{"/key", "django's, all", "read, profile, expired, revoked"},
			{"/key-read", "read, all", "django's, profile"},
			{"/bare", "django's", "all, read, profile, three, scoped, expired, revoked"},
			{"/bare-read", "", "django's, all, read"},
		} {
			for _, name := range strings.FieldsFunc(row.in, func(r rune) bool { return r == ',' }) {
				if got := s.get(row.path, s.keys[strings.TrimSpace(name)]); !strings.HasPrefix(got, "200 ") {
					t.Errorf("%s,%s: %s", row.path, name, got)
				}
			}
			for _, name := range strings.Split(row.out, ", ") {
				if got := s.get(row.path, s.keys[name]); !strings.HasPrefix(got, "401 ") && !strings.HasPrefix(got, "403 ") {
					t.Errorf("%s, %s: %s", row.path, name, got)
				}
			}
		}
		const unavailable = "503 Service temporarily unavailable, try again later."
		for _, row := range []struct{ path, authorization, want string }{
			{"/member", s.keys["django's"], "200 apikey:" + s.prefix("django's") + " *policies.keyCredential"},
			{"/member", "", "401 Authentication credentials were not provided." + challenge},
			{"/member", s.keys["revoked"], "401 Invalid API key." + challenge},
			{"/any", s.keys["revoked"], "401 Invalid API key." + challenge},
			{"/any", "Api-Key ", "401 Invalid API key." + challenge},
			{"/any", "Api-Key", "401 Invalid API key." + challenge},
			{"/any", s.keys["django's"] + "x", "401 Invalid API key." + challenge},
			{"/member", "Bearer " + s.secrets["all"], "200 alice *accesstoken.Token"},
			{"/key", "Bearer " + s.secrets["all"], "403 You do not have permission to perform this action."},
			{"/read", s.keys["profile"], "403 The token does not have the scope that this needs."},
			{"/member", s.keys["read"], "403 The token does not have the scope that this needs."},
			{"/read", s.keys["django's"], "403 This needs the scope notes:read."},
			{"/unknown", s.keys["django's"], unavailable},
			{"/unknown", s.keys["all"], unavailable},
			{"/not-unknown", s.keys["django's"], unavailable},
			{"/not-unknown", s.keys["all"], unavailable},
		} {
			if got := s.get(row.path, row.authorization); got != row.want {
				t.Errorf("%s, %.20s: %s, want %s", row.path, row.authorization, got, row.want)
			}
		}
	})
}

// answer is what a client with a key sees of throttling.
func (s *keySite) answer(path, key string, headers ...string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", s.keys[key])
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	text := fmt.Sprint(w.Code)
	for _, name := range append([]string{"Retry-After"}, headers...) {
		if value := w.Header().Get(name); value != "" {
			text += " " + name + ": " + value
		}
	}
	if w.Code == http.StatusTooManyRequests {
		text += " " + w.Body.String()
	}
	return text
}

func TestQuotaOfAPIKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newKeySite(t, db)
		authenticated := ginauth.AuthenticationClasses(policies.APIKey(db))
		s.route("/", authenticated)
		s.route("/admin", authenticated, ginauth.PermissionClasses(policies.IsAdminUser))
		s.route("/profile", authenticated, ginauth.PermissionClasses(policies.HasScope("profile")))
		s.route("/slow", authenticated, ginauth.ThrottleClasses(policies.UserRate("1/hour")))
		s.route("/down", authenticated, ginauth.ThrottleClasses(throttleFunc(func() (ginauth.Admission, error) {
			return ginauth.Admission{Allowed: true}, errors.New("down")
		})))
		left := func(name string) int {
			for key, err := range s.store().All(t.Context()) {
				if err == nil && key.Name == name {
					return key.Quota.Left
				}
			}
			return -1
		}
		for _, row := range []struct {
			path, key, want string
			left            int
		}{
			{"/admin", "three", "403", 3}, // a request that is refused does not count
			{"/profile", "three", "403", 3},
			{"/down", "three", "503 Retry-After: 5", 3},
			{"/", "three", "200", 2},
			{"/slow", "three", "200", 1},
			{"/slow", "three", `429 Retry-After: 3600 {"detail":"Request was throttled. Expected available in 3600 seconds."}`, 1},
			{"/", "three", "200", 0},
			{"/", "three", `429 {"detail":"Request was throttled."}`, 0}, // never refilled
			{"/admin", "three", "403", 0},
			{"/", "hourly", "200", 2},
			{"/", "hourly", "200", 1},
			{"/", "hourly", "200", 0},
			{"/", "hourly", `429 Retry-After: 3600 {"detail":"Request was throttled. Expected available in 3600 seconds."}`, 0},
			{"/", "scoped", "403", 1},
			{"/profile", "scoped", "200", 0},
			{"/profile", "scoped", `429 {"detail":"Request was throttled."}`, 0},
		} {
			got := strings.ReplaceAll(s.answer(row.path, row.key), "3599", "3600")
			if n := left(row.key); got != row.want || n != row.left {
				t.Errorf("%s, %s: %s, %d left; want %s, %d", row.path, row.key, got, n, row.want, row.left)
			}
		}
		if got := s.answer("/", "django's"); got != "200" {
			t.Errorf("without a quota: %s", got)
		}
	})
}

// throttleFunc is a throttle that answers as it says.
type throttleFunc func() (ginauth.Admission, error)

func (f throttleFunc) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) { return f() }

// TestQuotaInARace checks that of 100 requests at once as many pass as are left.
func TestQuotaInARace(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newKeySite(t, db)
		s.route("/", ginauth.AuthenticationClasses(policies.APIKey(db)))
		if err := s.store().SetQuota(t.Context(), s.prefix("three"), &apikey.Quota{Limit: 37}); err != nil {
			t.Fatal(err)
		}
		var passed, refused atomic.Int64
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				switch got := s.answer("/", "three"); {
				case got == "200":
					passed.Add(1)
				case strings.HasPrefix(got, "429 "):
					refused.Add(1)
				default:
					t.Error(got)
				}
			})
		}
		group.Wait()
		if passed.Load() != 37 || refused.Load() != 63 {
			t.Errorf("%d passed, %d were refused", passed.Load(), refused.Load())
		}
	})
}

// TestQuotaHeadersOfAPIKeys checks what clients are told. What never comes back
// has no window.
func TestQuotaHeadersOfAPIKeys(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	engine := gin.New()
	ginauth.New(engine, ginauth.RateLimitHeaders(), ginauth.AuthenticationClasses(policies.APIKey(db)))
	engine.GET("/", func(c *gin.Context) { c.Status(http.StatusOK) })
	s.Engine = engine
	for _, row := range []struct{ key, want string }{
		{"three", `200 Ratelimit: "apikey";r=2 Ratelimit-Policy: "apikey";q=3`},
		{"hourly", `200 Ratelimit: "apikey";r=2;t=3600 Ratelimit-Policy: "apikey";q=3;w=10800`},
		{"django's", "200"},
	} {
		got := strings.ReplaceAll(s.answer("/", row.key, "Ratelimit", "Ratelimit-Policy"), "3599", "3600")
		if got != row.want {
			t.Errorf("%s: %s, want %s", row.key, got, row.want)
		}
	}
}

// TestExplanationsSpendNoQuota checks that neither an explanation nor a
// capability takes a request, and that the explanation of the next request says
// what the guard then answers.
func TestExplanationsSpendNoQuota(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	var id *ginauth.Identity
	auth := s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.APIKey(db)), ginauth.PermissionClasses(policies.IsAuthenticated))
	auth.GET("/x", func(c *gin.Context) {
		id = ginauth.Current(c)
		for range 5 {
			if v, err := ginauth.Can(c, http.MethodGet, "/x", nil); v != ginauth.Allowed || err != nil {
				t.Errorf("%s, %v", v, err)
			}
			if x := s.Auth.ExplainRoute(c.Request.Context(), http.MethodGet, "/x", id); outcomes(x) != "not asked" {
				t.Errorf("explained as %s", x)
			}
		}
	})
	for _, row := range []struct {
		key  string
		want []string // after each request
	}{
		{"three", []string{"yes; 2 left of 3 in all", "yes; 1 left of 3 in all", "no"}},
		{"hourly", []string{"yes; 2 left of 3, more in 1h0m0s", "yes; 1 left of 3, more in 1h0m0s", "no; more in 1h0m0s"}},
		{"django's", []string{"yes; not counted"}},
	} {
		for _, want := range row.want {
			if got := s.get("/x", s.keys[row.key]); !strings.HasPrefix(got, "200") {
				t.Fatalf("%s: %s", row.key, got)
			}
			r := httptest.NewRequest(http.MethodGet, "/x", nil)
			s.Auth.Explain(r, id)
			x := s.Auth.Explain(r, id)
			refused := x.Verdict == ginauth.Refused && x.Status == http.StatusTooManyRequests
			if got := strings.ReplaceAll(outcomes(x), "59m59s", "1h0m0s"); got != want || refused != strings.HasPrefix(want, "no") {
				t.Errorf("%s: explained as %s, want %s", row.key, x, want)
			}
		}
		if last := row.want[len(row.want)-1]; strings.HasPrefix(last, "no") {
			if got := s.get("/x", s.keys[row.key]); !strings.HasPrefix(got, "429 ") {
				t.Errorf("%s: %s", row.key, got)
			}
		}
	}
}

// TestQuotaWithoutItsTable checks that an outage admits no request, and that
// the log does not hold the key.
func TestQuotaWithoutItsTable(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newKeySite(t, db)
		s.route("/", ginauth.AuthenticationClasses(policies.APIKey(db)))
		s.route("/permission", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db)))
		if got := s.answer("/", "three"); got != "200" {
			t.Fatal(got)
		}
		if err := db.Exec("ALTER TABLE ginauth_api_key RENAME TO gone").Error; err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/permission"} {
			for _, key := range []string{"three", "django's"} {
				if got := s.answer(path, key); got != "503 Retry-After: 5" {
					t.Errorf("%s, %s: %s", path, key, got)
				}
			}
		}
		if err := db.Exec("ALTER TABLE gone RENAME TO ginauth_api_key").Error; err != nil {
			t.Fatal(err)
		}
		if err := db.Exec("DELETE FROM ginauth_api_key").Error; err != nil {
			t.Fatal(err)
		}
		key := &apikey.Key{ID: "gone", Quota: &apikey.Quota{Limit: 3}}
		if b, err := s.store().Spend(t.Context(), key); err == nil || b.Admitted {
			t.Errorf("limits that are gone: %+v", b)
		}
	})
}

// TestKeysBeforeTheMigration checks that Django's keys are accepted where only
// Django's tables are, and that nothing that limits keys is then decided.
func TestKeysBeforeTheMigration(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newKeySite(t, db)
		if err := db.Exec("DROP TABLE ginauth_api_key").Error; err != nil {
			t.Fatal(err)
		}
		s.route("/permission", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(db)))
		if got := fmt.Sprint(s.Auth.Check()); strings.Contains(got, "ginauth_api_key") {
			t.Error(got)
		}
		s.route("/", ginauth.AuthenticationClasses(policies.APIKey(db)))
		for path, want := range map[string]string{"/permission": "200", "/": "503 Retry-After: 5"} {
			if got := s.answer(path, "django's"); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		if got := fmt.Sprint(s.Auth.Check()); !strings.Contains(got, "ginauth_api_key") {
			t.Error(got)
		}
	})
}

// TestKeysAreCountedOneByOne checks that throttles by user know keys apart: the
// primary key of a key is a secret, and prints as one.
func TestKeysAreCountedOneByOne(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	s.route("/", ginauth.AuthenticationClasses(policies.APIKey(db)), ginauth.ThrottleClasses(policies.UserRate("1/hour")))
	for _, row := range []struct{ key, want string }{{"django's", "200"}, {"all", "200"}, {"all", "429"}, {"django's", "429"}} {
		if got := s.answer("/", row.key); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %s, want %s", row.key, got, row.want)
		}
	}
}

// TestAPIKeysInPrint checks that nothing that a request holds of a key prints
// its hash.
func TestAPIKeysInPrint(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	var printed string
	s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.APIKey(db))).GET("/", func(c *gin.Context) {
		id := ginauth.Current(c)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "user", id.User, "auth", id.Auth)
		key, _ := policies.APIKeyOf(c)
		printed = fmt.Sprintf("%v %+v %v %+v %+v %s", id.User, id.User, id.Auth, id.Auth, *key, &log)
	})
	if got := s.answer("/", "three"); got != "200" {
		t.Fatal(got)
	}
	if strings.Contains(printed, "pbkdf2") || strings.Contains(printed, s.keys["three"][20:]) {
		t.Error(printed)
	}
}

// TestCheckOfAPIKeys checks what Check finds: a scope that is not defined, and
// tables that are missing.
func TestCheckOfAPIKeys(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	s.route("/", ginauth.AuthenticationClasses(policies.APIKey(db)), ginauth.PermissionClasses(policies.HasScope("nonesuch")))
	if err := db.Exec("DROP TABLE ginauth_api_key").Error; err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(s.Auth.Check())
	for _, want := range []string{"nonesuch", "ginauth_api_key"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not found: %s", want, text)
		}
	}
}
