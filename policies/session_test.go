package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
)

const secret = "cccccccccccccccccccccccccccccccc" // a CSRF secret, and as a token too

var overHTTP = policies.SessionConfig{InsecureCookie: true}

// keyOf logs a user in and returns the key of the session.
func keyOf(t testing.TB, s *session.Store, name string) string {
	t.Helper()
	user, err := s.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Login(t.Context(), "", user)
	if err != nil {
		t.Fatal(err)
	}
	return string(session.Key)
}

// all registers a route for every method that answers as the routes of route
// do.
func (s *site) all(path string, rules ...ginauth.Rule) {
	s.Auth.With(s.Engine, rules...).Any(path, func(c *gin.Context) {
		body, _ := c.GetRawData()
		c.String(http.StatusOK, "%v %T %s", ginauth.Current(c).User, ginauth.Current(c).Auth, body)
	})
}

// ask sends a request with header lines "Name: value".
func (s *site) ask(method, url, body string, headers ...string) sitetest.Answer {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return sitetest.Exchange(s, r)
}

func short(w sitetest.Answer) string {
	body := strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"detail":"`), `"}`)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", body))
}

func TestSession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		session := policies.Session(db, overHTTP)
		s.all("/session", ginauth.AuthenticationClasses(session))
		s.all("/both", ginauth.AuthenticationClasses(session, policies.Token(db)))
		s.all("/token", ginauth.AuthenticationClasses(policies.Token(db), session))
		alice, inactive := keyOf(t, session.Sessions(), "alice"), keyOf(t, session.Sessions(), "inactive")
		expired := keyOf(t, session.Sessions(), "staff")
		db.Exec("UPDATE django_session SET expire_date = '2024-01-01 00:00:00+00:00' WHERE session_key = ?", expired)
		const none = "403 Authentication credentials were not provided."
		const deleted = "sessionid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax"
		token := "Authorization: Token " + s.keys["staff"]
		for _, row := range []struct{ method, path, cookie, other, want, vary, setCookie string }{
			{"GET", "/session", "", "", none, "Cookie", ""},
			{"GET", "/session", "sessionid=" + alice, "", "200 alice <nil>", "Cookie", ""},
			{"GET", "/session", `a=b;sessionid="` + alice + `"; c`, "", "200 alice <nil>", "Cookie", ""},
			{"GET", "/session", "sessionid=nothing; sessionid=" + alice, "", "200 alice <nil>", "Cookie", ""},
			{"GET", "/session", "sessionid=" + alice + "; sessionid=nothing", "", none, "Cookie", deleted},
			{"GET", "/session", "Sessionid=" + alice, "", none, "Cookie", ""},
			{"GET", "/session", "sessionid=" + inactive, "", none, "Cookie", ""},
			{"GET", "/session", "sessionid=" + expired, "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=" + strings.ToUpper(alice), "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=" + alice + "x", "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=", "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=short", "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=" + strings.Repeat("x", 10_000), "", none, "Cookie", deleted},
			{"GET", "/session", "sessionid=a\x01bcdefghijk", "", none, "Cookie", deleted},
			{"GET", "/both", "sessionid=nothing0", token, "200 staff *models.Token", "Cookie", deleted},
			{"POST", "/both", "sessionid=" + expired, token, "200 staff *models.Token", "Cookie", deleted},
			{"GET", "/both", "sessionid=" + alice, token, "200 alice <nil>", "Cookie", ""},
			{"POST", "/both", "sessionid=" + alice, token, "403 CSRF Failed: CSRF cookie not set.", "Cookie", ""},
			{"POST", "/token", "sessionid=" + alice, token, "200 staff *models.Token", "", ""},
			{"POST", "/token", "sessionid=" + alice, "", "403 CSRF Failed: CSRF cookie not set.", "Cookie", ""},
		} {
			headers := []string{"Cookie: " + row.cookie}
			if row.cookie == "" {
				headers = nil
			}
			if row.other != "" {
				headers = append(headers, row.other)
			}
			w := s.ask(row.method, row.path, "", headers...)
			if got := short(w); got != row.want || w.Header().Get("Vary") != row.vary || w.Header().Get("Set-Cookie") != row.setCookie {
				t.Errorf("%s %s %.80q:\n got %s, Vary %q, Set-Cookie %q\nwant %s, Vary %q, Set-Cookie %q", row.method, row.path, row.cookie,
					got, w.Header().Get("Vary"), w.Header().Get("Set-Cookie"), row.want, row.vary, row.setCookie)
			}
		}
	})
}

// TestASessionEndsOnEveryServer checks that a logout or a password change on
// one server takes effect on the other at the next request.
func TestASessionEndsOnEveryServer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		here, there := policies.Session(db, overHTTP), policies.Session(db, overHTTP)
		s.all("/there", ginauth.AuthenticationClasses(there))
		alice, other, staff := keyOf(t, here.Sessions(), "alice"), keyOf(t, here.Sessions(), "alice"), keyOf(t, here.Sessions(), "staff")
		s.Auth.With(s.Engine, ginauth.AuthenticationClasses(here)).GET("/logout", func(c *gin.Context) {
			if err := here.Logout(c); err != nil {
				ginauth.Abort(c, err)
			}
		})
		s.Auth.With(s.Engine, ginauth.AuthenticationClasses(here)).GET("/password", func(c *gin.Context) {
			user, _ := ginauth.UserAs[*models.User](c)
			if err := here.Sessions().Users().SetPassword(c.Request.Context(), user, "new"); err != nil {
				ginauth.Abort(c, err)
			}
			if err := here.UpdateAuthHash(c, user); err != nil {
				ginauth.Abort(c, err)
			}
			current, _ := here.Current(c)
			c.String(http.StatusOK, string(current.Key))
		})
		if w := s.ask("GET", "/logout", "", "Cookie: sessionid="+staff); w.Code != 200 ||
			!strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("logout: %s, %v", short(w), w.Header())
		}
		w := s.ask("GET", "/password", "", "Cookie: sessionid="+alice)
		fresh := strings.TrimSpace(w.Body.String())
		if !strings.HasPrefix(w.Header().Get("Set-Cookie"), "sessionid="+fresh+";") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %v", short(w), w.Header())
		}
		for key, want := range map[string]int{staff: 403, other: 403, alice: 403, fresh: 200} {
			if w := s.ask("GET", "/there", "", "Cookie: sessionid="+key); w.Code != want {
				t.Errorf("got %s, want %d", short(w), want)
			}
		}
		var rows int64
		if db.Table("django_session").Count(&rows); rows != 1 { // the stale one has been deleted
			t.Errorf("%d sessions", rows)
		}
	})
}

func TestStatementsOfASession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		key := keyOf(t, policies.Session(db).Sessions(), "alice")
		counted, counter := dbtest.Count(db)
		s.all("/session", ginauth.AuthenticationClasses(policies.Session(counted, overHTTP)))
		s.all("/every", ginauth.AuthenticationClasses(policies.Session(counted,
			policies.SessionConfig{InsecureCookie: true, SaveEveryRequest: true})))
		csrf := "; csrftoken=" + secret
		elsewhere := strings.Repeat("e", 32) // as if another process had begun it
		err := db.Exec("INSERT INTO django_session SELECT ?, session_data, expire_date FROM django_session", elsewhere).Error
		if err != nil {
			t.Fatal(err)
		}
		s.ask("GET", "/session", "") // the guard looks at the tables before the first request
		counter.Statements()
		for _, row := range []struct {
			method, path, cookie string
			want                 int
		}{
			{"GET", "/session", "sessionid=" + key, 1},
			{"POST", "/session", "sessionid=" + key + csrf, 1},
			{"GET", "/session", "sessionid=" + elsewhere, 2},
			{"GET", "/session", "sessionid=" + elsewhere, 1},
			{"GET", "/session", "sessionid=nothing0", 1},
			{"GET", "/session", "sessionid=short", 0},
			{"GET", "/session", "sessionid=" + strings.Repeat("x", 41), 0},
			{"GET", "/session", "other=cookie", 0},
			{"GET", "/every", "sessionid=" + key, 2},
			{"GET", "/every", "", 0},
		} {
			s.ask(row.method, row.path, "", "Cookie: "+row.cookie, "X-CSRFToken: "+secret)
			if n := counter.Statements(); n != row.want {
				t.Errorf("%s %s %.40q: %d statements, want %d", row.method, row.path, row.cookie, n, row.want)
			}
		}
	})
}

func TestSaveEveryRequest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		session := policies.Session(db, policies.SessionConfig{Age: time.Hour, MaxAge: 2 * time.Hour, SaveEveryRequest: true})
		s.all("/x", ginauth.AuthenticationClasses(session))
		key := keyOf(t, session.Sessions(), "alice")
		soon := time.Now().Add(time.Minute).UTC()
		db.Exec("UPDATE django_session SET expire_date = ?", soon)
		w := s.ask("GET", "/x", "", "Cookie: sessionid="+key)
		cookie := w.Result().Cookies()[0]
		if cookie.Value != key || cookie.MaxAge < 3590 || cookie.MaxAge > 3600 || !cookie.HttpOnly || !cookie.Secure ||
			cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("%v", cookie)
		}
		found, err := session.Sessions().Find(t.Context(), key)
		if err != nil || time.Until(found.ExpireDate) < 59*time.Minute {
			t.Errorf("%v, %v", found, err)
		}
		closing := policies.Session(db, policies.SessionConfig{BrowserSession: true, SaveEveryRequest: true, CookieDomain: "example.com"})
		s.all("/closing", ginauth.AuthenticationClasses(closing))
		w = s.ask("GET", "/closing", "", "Cookie: sessionid="+key)
		want := "sessionid=" + key + "; Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Lax"
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestASessionsDatabaseThatIsDownIs503(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		session := policies.Session(db, overHTTP)
		s.all("/x", ginauth.AuthenticationClasses(session), ginauth.PermissionClasses(policies.AllowAny))
		key := keyOf(t, session.Sessions(), "alice")
		// the second query fails, then the first
		for _, table := range []string{"auth_user", "django_session"} {
			if err := db.Exec("ALTER TABLE " + table + " RENAME TO gone_" + table).Error; err != nil {
				t.Fatal(err)
			}
			if w := s.ask("GET", "/x", "", "Cookie: sessionid="+key); w.Code != 503 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("without %s: %s, %v", table, short(w), w.Header())
			}
		}
		if w := s.ask("GET", "/x", ""); w.Code != 200 { // no cookie, no query
			t.Error(short(w))
		}
	})
}

func TestSessionThatCannotWorkPanics(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	newSite(t, db)
	keyless := dbtest.Open(t, dbtest.SQLite(t))
	with := func(config policies.SessionConfig) func() { return func() { policies.Session(db, config) } }
	for name, c := range map[string]struct {
		wire func()
		mend string
	}{
		"no key":        {func() { policies.Session(keyless) }, "models.SecretKeys"},
		"no database":   {func() { policies.Session(nil) }, "nil"},
		"two configs":   {func() { policies.Session(db, overHTTP, overHTTP) }, "one config"},
		"name":          {with(policies.SessionConfig{CookieName: "a b"}), "a b"},
		"one name":      {with(policies.SessionConfig{CookieName: "x", CSRFCookieName: "x"}), "different"},
		"__Host-":       {with(policies.SessionConfig{CookieName: "__Host-x", InsecureCookie: true}), "InsecureCookie"},
		"__Secure-":     {with(policies.SessionConfig{CSRFCookieName: "__Secure-x", InsecureCookie: true}), "InsecureCookie"},
		"domain":        {with(policies.SessionConfig{CookieName: "__Host-x", CookieDomain: "example.com"}), "CookieDomain"},
		"same site":     {with(policies.SessionConfig{SameSite: http.SameSiteNoneMode, InsecureCookie: true}), "InsecureCookie"},
		"age":           {with(policies.SessionConfig{Age: -time.Second}), "negative"},
		"origin":        {with(policies.SessionConfig{TrustedOrigins: []string{"example.com"}}), "https://example.com"},
		"origin's path": {with(policies.SessionConfig{TrustedOrigins: []string{"https://example.com/"}}), "https://example.com"},
		"origin's star": {with(policies.SessionConfig{TrustedOrigins: []string{"https://*example.com"}}), "label"},
		"inner star":    {with(policies.SessionConfig{TrustedOrigins: []string{"https://a.*.com"}}), "label"},
		"two checks": {with(policies.SessionConfig{CrossOrigin: http.NewCrossOriginProtection(),
			TrustedOrigins: []string{"https://example.com"}}), "AddTrustedOrigin"},
	} {
		func() {
			defer func() {
				if message := fmt.Sprint(recover()); !strings.Contains(message, c.mend) {
					t.Errorf("%s: %s", name, message)
				}
			}()
			c.wire()
		}()
	}
	if got := policies.Session(db, policies.SessionConfig{CookieName: "__Host-sessionid",
		CSRFCookieName: "__Host-csrftoken"}).String(); got != "Session" {
		t.Error(got)
	}
}

// TestAPlantedNameIsNotTheSessions checks that a name which browsers do not
// recognise as one with a prefix, so that a sibling domain can set it, is not
// taken for one.
func TestAPlantedNameIsNotTheSessions(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	session := policies.Session(db, policies.SessionConfig{CookieName: "__Host-sessionid"})
	s.all("/x", ginauth.AuthenticationClasses(session))
	key := keyOf(t, session.Sessions(), "alice")
	for blank, want := range map[string]string{"": okay, " ": okay, "\u2000": "403", "\u00a0": "403", "\v": "403"} {
		if got := short(s.ask("GET", "/x", "", "Cookie: a=b;"+blank+"__Host-sessionid="+key)); !strings.HasPrefix(got, want) {
			t.Errorf("after %q: %s, want %s", blank, got, want)
		}
	}
}
