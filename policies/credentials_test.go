package policies_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// site is an application in whose database staff is in the group editors.
type site struct {
	*sitetest.Site
	keys map[string]string // of the tokens of alice, staff and inactive
}

func newSite(t testing.TB, db *gorm.DB) *site {
	t.Helper()
	s := &site{sitetest.New(t, db), map[string]string{}}
	people.Join(t, db, "staff", "editors")
	for _, name := range []string{"alice", "staff", "inactive"} {
		s.keys[name] = s.TokenKey(name)
	}
	return s
}

func (s *site) route(path string, rules ...ginauth.Rule) {
	s.Auth.With(s.Engine, rules...).GET(path, func(c *gin.Context) {
		c.String(http.StatusOK, "%v %T", ginauth.Current(c).User, ginauth.Current(c).Auth)
	})
}

// get returns status, body and challenge on one line.
func (s *site) get(path string, authorization ...string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header["Authorization"] = authorization
	w := sitetest.Exchange(s, r)
	body := strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"detail":"`), `"}`)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", body, " ", w.Header().Get("WWW-Authenticate")))
}

func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

func TestTokenAndBasic(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		s.route("/token", ginauth.AuthenticationClasses(policies.Token(db)))
		s.route("/bearer", ginauth.AuthenticationClasses(policies.Token(db, "Bearer")))
		s.route("/basic", ginauth.AuthenticationClasses(policies.Basic(db)))
		s.route("/realm", ginauth.AuthenticationClasses(policies.Basic(db, "my app"), policies.Token(db)))
		s.route("/editors", ginauth.AuthenticationClasses(policies.Token(db)), ginauth.PermissionClasses(policies.InGroup("editors")))
		s.route("/admin", ginauth.AuthenticationClasses(policies.Token(db)), ginauth.PermissionClasses(policies.IsAdminUser))
		const invalid, none = "401 Invalid token. Token", "401 Authentication credentials were not provided. Token"
		long := strings.Repeat("x", 1<<20)
		for _, row := range []struct{ path, authorization, want string }{
			{"/token", "Token " + s.keys["alice"], "200 alice *models.Token"},
			{"/token", "tOKEN\t" + s.keys["alice"] + " ", "200 alice *models.Token"},
			{"/token", "", none},
			{"/token", "Bearer " + s.keys["alice"], none},
			{"/token", basic("alice:alice-pw"), none},
			{"/token", "Token", "401 Invalid token header. No credentials provided. Token"},
			{"/token", "Token a b", "401 Invalid token header. Token string should not contain spaces. Token"},
			{"/token", "Token \xff", "401 Invalid token header. Token string should not contain invalid characters. Token"},
			{"/token", "Token a\x00b", invalid},
			{"/token", "Token " + strings.ToUpper(s.keys["alice"]), invalid},
			{"/token", "Token " + long, invalid},
			{"/token", "Token " + strings.Repeat(".", 1<<20), invalid},
			{"/token", long, none},
			{"/token", "Token " + s.keys["inactive"], "401 User inactive or deleted. Token"},
			{"/bearer", "Bearer " + s.keys["alice"], "200 alice *models.Token"},
			{"/bearer", "Token " + s.keys["alice"], "401 Authentication credentials were not provided. Bearer"},
			{"/basic", basic("alice:alice-pw"), "200 alice <nil>"},
			{"/basic", basic("alice:wrong"), `401 Invalid username/password. Basic realm="api"`},
			{"/basic", basic("nobody:alice-pw"), `401 Invalid username/password. Basic realm="api"`},
			{"/basic", basic("inactive:inactive-pw"), `401 Invalid username/password. Basic realm="api"`},
			{"/basic", basic("alice"), `401 Invalid basic header. Credentials not correctly base64 encoded. Basic realm="api"`},
			{"/basic", basic("al\x00ice:alice-pw"), `401 Invalid username/password. Basic realm="api"`},
			{"/basic", basic("alice:" + strings.Repeat("p", 5000)), `401 Invalid username/password. Basic realm="api"`},
			{"/basic", "Basic " + long, `401 Invalid basic header. Credentials not correctly base64 encoded. Basic realm="api"`},
			{"/basic", "Basic", `401 Invalid basic header. No credentials provided. Basic realm="api"`},
			{"/basic", "Basic a b", `401 Invalid basic header. Credentials string should not contain spaces. Basic realm="api"`},
			{"/realm", "Token " + s.keys["alice"], "200 alice *models.Token"},
			{"/realm", "", `401 Authentication credentials were not provided. Basic realm="my app"`},
			{"/editors", "Token " + s.keys["staff"], "200 staff *models.Token"},
			{"/editors", "Token " + s.keys["alice"], "403 You do not have permission to perform this action."},
			{"/editors", "", none},
			{"/admin", "Token " + s.keys["staff"], "200 staff *models.Token"},
			{"/admin", "Token " + s.keys["alice"], "403 You do not have permission to perform this action."},
		} {
			if got := s.get(row.path, row.authorization); got != row.want {
				t.Errorf("%s, %.60q:\n got %s\nwant %s", row.path, row.authorization, got, row.want)
			}
		}
	})
}

func TestStatementsOfARequest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		counted, counter := dbtest.Count(db)
		s.route("/token", ginauth.AuthenticationClasses(policies.Token(counted)))
		s.route("/editors", ginauth.AuthenticationClasses(policies.Token(counted)), ginauth.PermissionClasses(policies.InGroup("editors")))
		s.get("/token", "") // the guard looks at the tables before the first request
		counter.Statements()
		for _, row := range []struct {
			path, authorization string
			want                int
		}{
			{"/token", "Token " + s.keys["alice"], 1},
			{"/token", "Token " + strings.Repeat("0", 40), 1},
			{"/token", "Token " + strings.Repeat("0", 41), 0}, // longer than any key
			{"/token", "Token", 0},
			{"/token", "", 0},
			{"/editors", "Token " + s.keys["staff"], 2},
		} {
			s.get(row.path, row.authorization)
			if n := counter.Statements(); n != row.want {
				t.Errorf("%s, %.20q: %d statements, want %d", row.path, row.authorization, n, row.want)
			}
		}
	})
}

func TestADatabaseThatIsDownIs503(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		open := ginauth.PermissionClasses(policies.AllowAny)
		s.route("/token", open, ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)))
		s.route("/basic", open, ginauth.AuthenticationClasses(policies.Basic(db)))
		s.route("/group", ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Fixed", fixed(t, db))),
			ginauth.PermissionClasses(policies.Not(policies.InGroup("banned"))))
		s.route("/nobody", open, ginauth.AuthenticationClasses(policies.Token(db)))
		if got := s.get("/group"); got != "200 alice <nil>" {
			t.Fatal(got)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		const want = "503 Service temporarily unavailable, try again later."
		for path, authorization := range map[string]string{"/token": "Token " + s.keys["alice"],
			"/basic": basic("alice:alice-pw"), "/group": ""} {
			if got := s.get(path, authorization); got != want {
				t.Errorf("%s: %s", path, got)
			}
		}
		if got := s.get("/nobody"); !strings.HasPrefix(got, "200 ") { // no credential, nothing to ask
			t.Error(got)
		}
	})
}

// fixed authenticates everybody as alice, loaded once by GORM and copied, so
// that each request has a user of its own.
func fixed(t *testing.T, db *gorm.DB) func(*gin.Context) (*ginauth.Identity, error) {
	var alice models.User
	if err := db.Where("username = ?", "alice").Take(&alice).Error; err != nil {
		t.Fatal(err)
	}
	return func(*gin.Context) (*ginauth.Identity, error) {
		user := alice
		models.Bind(db, &user)
		return &ginauth.Identity{User: &user}, nil
	}
}

func TestWrongWiringPanics(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		for name, wire := range map[string]func(){
			"no database":     func() { policies.Token(nil) },
			"keyword":         func() { policies.Token(db, "To ken") },
			"two configs":     func() { policies.Token(db, "A", "B") },
			"realm":           func() { policies.Basic(db, `a"b`) },
			"nil permission":  func() { policies.All(policies.AllowAny, nil) },
			"nil pointer":     func() { policies.Not((*nothing)(nil)) },
			"nil function":    func() { policies.PermissionFunc("x", nil) },
			"nil function, 2": func() { policies.AuthenticatorFunc("x", nil) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				wire()
			}()
		}
	})
}

func BenchmarkToken(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
		s := newSite(b, db)
		bare := gin.New()
		bare.GET("/x", func(*gin.Context) {})
		faked := policies.AuthenticatorFunc("Faked", func(*gin.Context) (*ginauth.Identity, error) { return faked, nil })
		for path, class := range map[string]ginauth.Authenticator{"/looked-up": policies.Token(db), "/faked": faked} {
			s.Auth.With(s.Engine, ginauth.AuthenticationClasses(class)).GET(path, func(*gin.Context) {})
		}
		for _, row := range []struct {
			name, path string
			engine     *gin.Engine
		}{{"bare", "/x", bare}, {"faked", "/faked", s.Engine}, {"looked-up", "/looked-up", s.Engine}} {
			b.Run(row.name, func(b *testing.B) {
				r := httptest.NewRequest(http.MethodGet, row.path, nil)
				r.Header.Set("Authorization", "Token "+s.keys["alice"])
				w := httptest.NewRecorder()
				b.ReportAllocs()
				for b.Loop() {
					row.engine.ServeHTTP(w, r)
				}
			})
		}
	})
}

var faked = &ginauth.Identity{User: &models.User{IsActive: true}}

// nothing is a class whose methods panic on a nil pointer.
type nothing struct{ ginauth.Permission }
