package jwt_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// The names of the cookies.
const (
	accessCookie  = "__Host-access"
	refreshCookie = "__Host-refresh"
	csrfCookie    = "__Host-csrftoken"
)

// inCookies returns a config with cookies and Django's CSRF tokens.
func inCookies() jwt.Config {
	config := rotating()
	config.Cookies = &jwt.Cookies{}
	return config
}

// crossOrigin returns one that asks the browser instead.
func crossOrigin() jwt.Config {
	config := rotating()
	config.Cookies = &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()}
	return config
}

// inhabited returns a database with all tables and the users of package people:
// alice is 1.
func inhabited(t testing.TB) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	return db
}

// cookieServer returns an application whose tokens are in cookies. /me answers
// any method with the user.
func cookieServer(t testing.TB, db *gorm.DB, config jwt.Config) *sitetest.Site {
	t.Helper()
	mounted := jwt.Endpoints{Pair: "/login", Refresh: "/refresh", Blacklist: "/logout", Verify: "/verify",
		Rules: []ginauth.Rule{ginauth.NoThrottles()}}
	if config.Cookies.CrossOrigin == nil {
		mounted.CSRF = "/csrf"
	}
	a := jwt.NewAuthenticator(db, config)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(a))
	jwt.Mount(s.Auth, s.Engine, mounted, db, config)
	me := func(c *gin.Context) { c.String(http.StatusOK, "%s", ginauth.Current(c).Subject()) }
	s.Engine.Any("/me", me)
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.AllowAny)).Any("/any", me)
	s.Auth.With(s.Engine, ginauth.AuthenticationClasses(a.EveryMethod())).GET("/changes", me)
	return s
}

// browser keeps cookies, and sends them from the site's own pages.
type browser struct {
	h       http.Handler
	cookies map[string]string
	set     []*http.Cookie // by the last answer
	csrf    string
}

func newBrowser(h http.Handler) *browser { return &browser{h: h, cookies: map[string]string{}} }

// do sends a request with lines beside, or in place of, those that a page of
// the site sends.
func (b *browser) do(method, path, body string, lines ...string) sitetest.Answer {
	as := sitetest.As{"Origin: https://example.com", "Sec-Fetch-Site: same-origin"}
	if b.csrf != "" {
		as = as.With("X-CSRFToken: " + b.csrf)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		pairs = append(pairs, name+"="+b.cookies[name])
	}
	if pairs != nil {
		as = as.With("Cookie: " + strings.Join(pairs, "; "))
	}
	answer := sitetest.Send(b.h, method, path, as.With(lines...), body)
	b.set = answer.Result().Cookies()
	for _, cookie := range b.set {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		} else {
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	return answer
}

// page gets a CSRF token, as a page does when it is loaded.
func (b *browser) page(t testing.TB) *browser {
	t.Helper()
	b.csrf = b.do("GET", "/csrf", "").Text(t, "csrftoken")
	return b
}

// login logs a user in and returns the browser.
func (b *browser) login(t testing.TB, name string) *browser {
	t.Helper()
	if answer := b.do("POST", "/login", people.Login(name)); answer.Code != http.StatusOK {
		t.Fatalf("the login of %s: %s", name, answer)
	}
	if b.csrf != "" {
		b.page(t)
	}
	return b
}

// without returns a copy of the browser that has lost some cookies.
func (b *browser) without(names ...string) *browser {
	other := &browser{h: b.h, csrf: b.csrf, cookies: maps.Clone(b.cookies)}
	for _, name := range names {
		delete(other.cookies, name)
	}
	return other
}

// with returns a copy of the browser with another value of a cookie.
func (b *browser) with(name, value string) *browser {
	other := b.without()
	other.cookies[name] = value
	return other
}
