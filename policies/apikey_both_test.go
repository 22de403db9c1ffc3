package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestHasAPIKeyWithKeysOfTwoDatabases checks that a key which has authenticated
// the request does not pass for one of another database, nor for one in a
// header of its own.
func TestHasAPIKeyWithKeysOfTwoDatabases(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s, partner := newKeySite(t, db), newKeySite(t, dbtest.Open(t, dbtest.SQLite(t)))
		key := func(site *keySite, name string) string { return strings.TrimPrefix(site.keys[name], "Api-Key ") }
		ours, theirs, limited := key(s, "all"), key(partner, "django's"), key(s, "three")
		header := "X-Partner-Key"
		for path, p := range map[string]ginauth.Permission{
			"/same": policies.HasAPIKey(db.WithContext(t.Context())), "/same-header": policies.HasAPIKey(db, header),
			"/other": policies.HasAPIKey(partner.db), "/other-header": policies.HasAPIKey(partner.db, header),
		} {
			s.route(path, ginauth.AuthenticationClasses(policies.APIKey(db)), ginauth.PermissionClasses(p))
		}
		for _, row := range []struct {
			path, authorization, header string
			want                        int
		}{
			{"/same", ours, "", 200},
			{"/same", limited, "", 200},
			{"/same-header", ours, "", 200},
			{"/same-header", ours, ours, 200},
			{"/same-header", limited, limited, 200}, // held to its limits
			{"/same-header", ours, limited, 403},    // which nothing holds to them
			{"/same-header", ours, key(s, "django's"), 200},
			{"/same-header", ours, "wrong", 403},
			{"/same-header", ours, theirs, 403},
			{"/other", ours, "", 403},
			{"/other-header", ours, "", 403},
			{"/other-header", ours, ours, 403},
			{"/other-header", ours, theirs, 200},
			{"/other-header", ours, key(partner, "three"), 403},
			{"/other-header", "wrong", theirs, 401},
		} {
			r := httptest.NewRequest(http.MethodGet, row.path, nil)
			r.Header.Set("Authorization", "Api-Key "+row.authorization)
			if row.header != "" {
				r.Header.Set(header, row.header)
			}
			w := httptest.NewRecorder()
			if s.Engine.ServeHTTP(w, r); w.Code != row.want {
				t.Errorf("%s, %.8s, %.8s: %d %s, want %d", row.path, row.authorization, row.header, w.Code, w.Body, row.want)
			}
		}
	})
}

// namedLike is a user model whose key users choose.
type namedLike struct {
	Name string `gorm:"primaryKey"`
}

func (*namedLike) Authenticated() bool { return true }

// TestAUserDoesNotShareTheRateOfAProgram checks that a user who has named
// themself after an API key or a service does not use up its rate.
func TestAUserDoesNotShareTheRateOfAProgram(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	name := ""
	own := policies.AuthenticatorFunc("Own", func(c *gin.Context) (*ginauth.Identity, error) {
		if c.GetHeader("X-Own") == "" {
			return nil, ginauth.ErrNoCredentials
		}
		return &ginauth.Identity{User: &namedLike{name}}, nil
	})
	s.route("/", ginauth.AuthenticationClasses(own, policies.APIKey(db), policies.AccessToken(db)),
		ginauth.ThrottleClasses(policies.UserRate("1/hour")))
	for subject, authorization := range map[string]string{
		"apikey:" + s.prefix("django's"): s.keys["django's"], "service:full": "Bearer " + s.secrets["full service"],
	} {
		name = subject
		for _, row := range []struct{ authorization, own, want string }{
			{"", "yes", "200"}, {"", "yes", "429"}, {authorization, "", "200"}, {authorization, "", "429"},
		} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", row.authorization)
			r.Header.Set("X-Own", row.own)
			w := httptest.NewRecorder()
			if s.Engine.ServeHTTP(w, r); fmt.Sprint(w.Code) != row.want {
				t.Errorf("%s, %.10q: %d %s, want %s", subject, row.authorization, w.Code, w.Body, row.want)
			}
		}
	}
}

// TestAMissingFileSpendsOneRequest checks that the guard of the NoRoute
// handlers takes nothing from a quota that the route of the files has charged,
// and that the refusal of an exhausted key stays one.
func TestAMissingFileSpendsOneRequest(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newKeySite(t, db)
	s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.APIKey(db))).StaticFS("/files", http.Dir(t.TempDir()))
	s.Auth.NoRoute(ginauth.AuthenticationClasses(policies.APIKey(db)))
	s.Engine.NoRoute(func(c *gin.Context) { c.String(http.StatusNotFound, "no such file") })
	for i, want := range []string{"404", "404", "404", "429"} {
		path := "/files/missing.txt"
		if i == 1 {
			path = "/nowhere"
		}
		if got := s.answer(path, "three"); !strings.HasPrefix(got, want) {
			t.Errorf("request %d: %s, want %s", i+1, got, want)
		}
	}
	if got := s.answer("/files/missing.txt", "revoked"); got != "401" {
		t.Errorf("a revoked key: %s", got)
	}
}
