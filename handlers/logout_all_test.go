package handlers_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// everywhere returns an application with every kind of credential that a user
// can have, and a route that ends them.
func everywhere(t *testing.T, db *gorm.DB, settings ...gorm.Plugin) *sitetest.Site {
	t.Helper()
	people.Create(t, db, settings...)
	config := jwt.Config{Key: sitetest.JWTKey}
	session := policies.Session(db, policies.SessionConfig{InsecureCookie: true})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(
		policies.Token(db), session, policies.Basic(db), jwt.NewAuthenticator(db, config)))
	auth, engine := s.Auth, s.Engine
	rules := []ginauth.Rule{ginauth.NoThrottles()}
	handlers.MountObtainAuthToken(auth, engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(auth, engine, "/session", session, handlers.SessionConfig{Rules: rules})
	jwt.Mount(auth, engine, jwt.Endpoints{Pair: "/pair", Refresh: "/refresh", Rules: rules}, db, config)
	handlers.MountLogoutAll(auth, engine, "/logout-all", db, handlers.LogoutAllConfig{Session: session})
	stateless := auth.Group(engine, "/stateless", ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(config)))
	handlers.MountLogoutAll(auth, stateless, "/logout-all", db)
	engine.Any("/me", sitetest.Me)
	if findings := auth.Check(); len(findings) > 0 {
		t.Fatal(findings)
	}
	return s
}

// credentials holds the credentials of one user.
type credentials struct {
	browsers               []*browser
	token, access, refresh string
}

func logInEverywhere(t *testing.T, h *sitetest.Site, name string) (c credentials) {
	t.Helper()
	for range 2 {
		b := newBrowser(h)
		if w := b.post("/session/login", people.Login(name)); w.Code != 200 {
			t.Fatal(w)
		}
		c.browsers = append(c.browsers, b)
	}
	pair := h.Do("POST", "/pair", sitetest.Anonymous, people.Login(name))
	c.access, c.refresh = pair.Text(t, "access"), pair.Text(t, "refresh")
	c.token = h.Do("POST", "/token", sitetest.Anonymous, people.Login(name)).Text(t, "token")
	return c
}

// alive lists those that are still accepted, in this order: two sessions, the
// DRF token, the access token, the refresh token.
func (c credentials) alive(h *sitetest.Site) string {
	var b strings.Builder
	say := func(ok bool, name string) {
		if ok {
			b.WriteString(" " + name)
		}
	}
	for _, browser := range c.browsers {
		say(browser.send("GET", "/me", "").Code == 200, "session")
	}
	say(h.Do("GET", "/me", sitetest.Token(c.token), "").Code == 200, "token")
	say(h.Do("GET", "/me", sitetest.Bearer(c.access), "").Code == 200, "access")
	say(h.Do("POST", "/refresh", sitetest.Anonymous, `{"refresh":"`+c.refresh+`"}`).Code == 200, "refresh")
	return strings.TrimSpace(b.String())
}

const allAlive = "session session token access refresh"

// TestLogoutAll checks that any credential ends all of its user's, and no other
// user's.
func TestLogoutAll(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := everywhere(t, db)
		bob := logInEverywhere(t, h, "bob")
		for name, by := range map[string]func(c credentials) (status int, body string){
			"session": func(c credentials) (int, string) {
				b := c.browsers[0]
				w := b.post("/logout-all", "")
				var rows int64
				if db.Table("django_session").Where("session_key = ?", b.cookies["sessionid"]).Count(&rows); b.cookies["sessionid"] != "" || rows > 0 {
					t.Errorf("the cookie is left: %v", b.cookies)
				}
				return w.Code, w.Body.String()
			},
			"token": func(c credentials) (int, string) {
				w := h.Do("POST", "/logout-all", sitetest.Token(c.token), "")
				return w.Code, w.Body.String()
			},
			"access token": func(c credentials) (int, string) {
				w := h.Do("POST", "/logout-all", sitetest.Bearer(c.access), "")
				if w.Header().Get("Cache-Control") != "no-store" {
					t.Error(w.Header())
				}
				return w.Code, w.Body.String()
			},
		} {
			alice := logInEverywhere(t, h, "alice")
			if got := alice.alive(h); got != allAlive {
				t.Fatalf("%s: before: %s", name, got)
			}
			if status, body := by(alice); status != 204 || body != "" {
				t.Errorf("%s: %d %s", name, status, body)
			}
			// DRF's token survives unless models.Revocation says otherwise
			if got := alice.alive(h); got != "token" {
				t.Errorf("%s: afterwards there are: %s", name, got)
			}
		}
		if got := bob.alive(h); got != allAlive {
			t.Errorf("another user: %s", got)
		}
	})
}

// TestLogoutAllEndsTokens checks that DRF's tokens end too, if the database's
// setting says so.
func TestLogoutAllEndsTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := everywhere(t, db, models.Revocation{Tokens: true})
		alice := logInEverywhere(t, h, "alice")
		if w := h.Do("POST", "/logout-all", sitetest.Token(alice.token), ""); w.Code != 204 {
			t.Fatal(w)
		}
		if got := alice.alive(h); got != "" {
			t.Errorf("there are: %s", got)
		}
	})
}

// TestLogoutAllRefuses checks that unauthenticated requests, other sites and
// methods other than POST are refused, and that nothing is revoked then.
func TestLogoutAllRefuses(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	h := everywhere(t, db)
	alice := logInEverywhere(t, h, "alice")
	b := alice.browsers[0]
	for _, row := range []struct {
		name, method, want string
		as                 sitetest.As
		browser            bool
	}{
		{"anonymous", "POST", `401 {"detail":"Authentication credentials were not provided."}`, nil, false},
		{"a wrong token", "POST", `401 {"detail":"Invalid token."}`, sitetest.Token("x"), false},
		{"a refresh token", "POST", "401", sitetest.Bearer(alice.refresh), false},
		{"a session without a CSRF token", "POST", `403 {"detail":"CSRF Failed: `, nil, true},
		{"a session with another's", "POST", `403 {"detail":"CSRF Failed: `, sitetest.As{"X-CSRFToken: " + strings.Repeat("a", 32)}, true},
		{"GET", "GET", `405 {"detail":"Method \"GET\" not allowed."}`, nil, true},
		{"DELETE", "DELETE", `405`, sitetest.Token(alice.token), false},
		{"OPTIONS", "OPTIONS", `200 {"name":"Logout All",`, sitetest.Token(alice.token), false},
	} {
		w := h.Do(row.method, "/logout-all", row.as, "")
		if row.browser {
			w = b.send(row.method, "/logout-all", "", row.as...)
		}
		if !strings.HasPrefix(w.String(), row.want) {
			t.Errorf("%s: %s", row.name, w)
		}
	}
	if w := h.Do("POST", "/stateless/logout-all", sitetest.Bearer(alice.access), ""); w.Code != 500 ||
		!strings.Contains(h.Log.String(), "*jwt.TokenUser") {
		t.Errorf("a user of another model: %s, logged %s", w, &h.Log)
	}
	if got := alice.alive(h); got != allAlive {
		t.Errorf("there are: %s", got)
	}
}

// TestLogoutAllFails checks that a failure is a failure of the whole.
func TestLogoutAllFails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := everywhere(t, db)
		alice := logInEverywhere(t, h, "alice")
		key := alice.browsers[0].cookies["sessionid"]
		// This request makes the application cache which tables exist.
		if w := logInEverywhere(t, h, "bob").browsers[0].post("/logout-all", ""); w.Code != 204 {
			t.Fatal(w)
		}
		rename := func(from, to string) {
			if err := db.Exec("ALTER TABLE " + from + " RENAME TO " + to).Error; err != nil {
				t.Fatal(err)
			}
		}
		rename("token_blacklist_blacklistedtoken", "elsewhere")
		w := alice.browsers[0].post("/logout-all", "")
		if w.Code != 503 || w.Header()["Set-Cookie"] != nil || !strings.Contains(h.Log.String(), "level=ERROR") {
			t.Errorf("%s, %v, logged %s", w, w.Header(), &h.Log)
		}
		rename("elsewhere", "token_blacklist_blacklistedtoken")
		if got := alice.alive(h); got != allAlive {
			t.Errorf("there are: %s", got)
		}
		rename("django_session", "sessions") // the sessions are queried after the token
		w = alice.browsers[0].send("POST", "/logout-all", "", "Authorization: Token "+alice.token)
		if w.Code != 503 || w.Header()["Set-Cookie"] != nil {
			t.Errorf("%s, %v", w, w.Header())
		}
		rename("sessions", "django_session")
		if got := alice.alive(h); got != "token" { // the other credentials had ended already
			t.Errorf("there are: %s", got)
		}
		for _, secret := range []string{alice.access, alice.refresh, alice.token, key} {
			if strings.Contains(h.Log.String(), secret) {
				t.Errorf("%s is logged", secret)
			}
		}
	})
}

func TestMountLogoutAllPanics(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for want, mount := range map[string]func(*ginauth.Auth, *gin.Engine){
		"MountLogoutAll: models: the database is nil": func(a *ginauth.Auth, e *gin.Engine) { handlers.MountLogoutAll(a, e, "/x", nil) },
		"MountLogoutAll takes one config": func(a *ginauth.Auth, e *gin.Engine) {
			handlers.MountLogoutAll(a, e, "/x", db, handlers.LogoutAllConfig{}, handlers.LogoutAllConfig{})
		},
	} {
		engine := gin.New()
		auth := ginauth.New(engine)
		if got := panics.Of(func() { mount(auth, engine) }); !strings.Contains(got, want) {
			t.Errorf("%s: %s", want, got)
		}
	}
}
