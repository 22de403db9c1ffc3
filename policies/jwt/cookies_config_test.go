package jwt_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCookiesThatCannotWorkPanic checks that what cannot work is found before
// the first request.
func TestCookiesThatCannotWorkPanic(t *testing.T) {
	db := inhabited(t)
	with := func(cookies jwt.Cookies) func() {
		config := rotating()
		config.Cookies = &cookies
		return func() { jwt.NewAuthenticator(db, config) }
	}
	mount := func(e jwt.Endpoints, config jwt.Config) func() {
		return func() { jwt.Mount(ginauth.New(gin.New()), gin.New(), e, db, config) }
	}
	cross := http.NewCrossOriginProtection()
	extended := jwt.Endpoints{Pair: "/login", Extend: func(*gin.Context, jwt.Issued) (any, error) { return nil, nil }}
	for _, row := range []struct {
		name string
		wire func()
		mend string
	}{
		{"a name", with(jwt.Cookies{AccessName: "a b"}), "a b"},
		{"a header", with(jwt.Cookies{CSRFHeader: "a b"}), "a b"},
		{"one name", with(jwt.Cookies{AccessName: "x", RefreshName: "x"}), "different"},
		{"the CSRF token's name", with(jwt.Cookies{RefreshName: "x", CSRFCookieName: "x"}), "different"},
		{"__Host- over HTTP", with(jwt.Cookies{AccessName: "__Host-x", InsecureCookie: true}), "InsecureCookie"},
		{"__Secure- over HTTP", with(jwt.Cookies{RefreshName: "__secure-x", InsecureCookie: true}), "InsecureCookie"},
		{"any site over HTTP", with(jwt.Cookies{SameSite: http.SameSiteNoneMode, InsecureCookie: true}), "InsecureCookie"},
		{"an origin", with(jwt.Cookies{TrustedOrigins: []string{"example.com"}}), "https://example.com"},
		{"origins that are not asked", with(jwt.Cookies{CrossOrigin: cross, TrustedOrigins: []string{"https://example.com"}}), "AddTrustedOrigin"},
		{"tokens without cookies", mount(jwt.Endpoints{CSRF: "/csrf"}, rotating()), "Config.Cookies"},
		{"tokens that are not checked", mount(jwt.Endpoints{CSRF: "/csrf"}, crossOrigin()), "CrossOrigin"},
		{"sliding tokens", mount(jwt.Endpoints{Sliding: "/sliding"}, inCookies()), "Pair"},
		{"sliding refreshes", mount(jwt.Endpoints{SlidingRefresh: "/sliding"}, inCookies()), "Pair"},
		{"tokens in the body", mount(extended, inCookies()), "Extend"},
		{"no endpoint", mount(jwt.Endpoints{}, inCookies()), "no path"},
		{"every method without cookies", func() { jwt.NewAuthenticator(db, rotating()).EveryMethod() }, "Config.Cookies"},
	} {
		func() {
			defer func() {
				if message := fmt.Sprint(recover()); !strings.HasPrefix(message, "jwt: ") || !strings.Contains(message, row.mend) {
					t.Errorf("%s: %s", row.name, message)
				}
			}()
			row.wire()
		}()
	}
}

// TestInsecureCookies checks the names and attributes over plain HTTP, and that
// each class says that they are unfit for production.
func TestInsecureCookies(t *testing.T) {
	db := inhabited(t)
	config := rotating()
	config.Cookies = &jwt.Cookies{InsecureCookie: true, SameSite: http.SameSiteStrictMode}
	s := cookieServer(t, db, config)
	b := newBrowser(s)
	plain := "Origin: http://example.com"
	b.csrf = b.do("GET", "/csrf", "").Text(t, "csrftoken")
	if answer := b.do("POST", "/login", people.Login("alice"), plain); answer.Code != 200 {
		t.Fatal(answer)
	}
	names := map[string]bool{}
	for _, c := range b.set {
		names[c.Name] = true
		if c.Secure || c.SameSite != http.SameSiteStrictMode {
			t.Error(c)
		}
	}
	if len(names) != 3 || !names["access"] || !names["refresh"] || !names["csrftoken"] {
		t.Error(names)
	}
	if answer := b.do("GET", "/me", ""); answer.String() != "200 1" {
		t.Error(answer)
	}
	findings := fmt.Sprint(s.Auth.CheckDeploy(t.Context()))
	for _, class := range []string{"JWT(cookies)", "JWT(cookies, every method)", "JWT(challenge only)"} {
		if !strings.Contains(findings, "insecure-cookie: "+class+": ") {
			t.Errorf("nothing of %s in %s", class, findings)
		}
	}
	if findings := fmt.Sprint(cookieServer(t, db, inCookies()).Auth.CheckDeploy(t.Context())); strings.Contains(findings, "insecure") {
		t.Errorf("of Secure cookies: %s", findings)
	}
}

// TestCookiesAreRead checks that Check finds endpoints that set cookies which no
// route reads.
func TestCookiesAreRead(t *testing.T) {
	db := inhabited(t)
	other := inCookies()
	other.Cookies = &jwt.Cookies{AccessName: "other"}
	for _, row := range []struct {
		name   string
		config jwt.Config
		found  bool
	}{
		{"the same config", inCookies(), false},
		{"another name", other, true},
		{"headers only", rotating(), true},
	} {
		s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, row.config)))
		jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/login"}, db, inCookies())
		s.Engine.GET("/me", sitetest.Me)
		findings := fmt.Sprint(s.Auth.Check())
		if found := strings.Contains(findings, "no route accepts the access tokens"); found != row.found {
			t.Errorf("%s: %s", row.name, findings)
		}
	}
}

// TestCookieThatIsTooLong checks that a token which browsers would drop is a
// failure, and that a refresh token is not used up by it.
func TestCookieThatIsTooLong(t *testing.T) {
	db, length := inhabited(t), 10
	config := crossOrigin()
	config.Claims = func(context.Context, models.UserModel) (any, error) {
		return map[string]string{"roles": strings.Repeat("r", length)}, nil
	}
	s := cookieServer(t, db, config)
	b := newBrowser(s).login(t, "alice")
	length = 4000
	for _, path := range []string{"/login", "/refresh"} {
		if answer := b.do("POST", path, people.Login("alice")); answer.Code != 500 || len(b.set) != 0 {
			t.Errorf("%s: %s %v", path, answer, b.set)
		}
	}
	if log := s.Log.String(); !strings.Contains(log, "browsers drop cookies of more than 4096") || !strings.Contains(log, "__Host-") {
		t.Error(log)
	}
	length = 10
	if answer := b.do("POST", "/refresh", ""); answer.Code != 200 {
		t.Errorf("afterwards: %s", answer)
	}
	for _, length = range []int{2500, 2700, 2900} { // on both sides of the bound
		answer := b.do("POST", "/login", people.Login("alice"))
		for _, c := range b.set {
			if n := len(c.Raw); n > 4096 {
				t.Errorf("%s: %s has %d bytes", answer, c.Name, n)
			}
		}
		if (answer.Code != 200) != (length == 2900) {
			t.Errorf("%d bytes of claims: %s", length, answer)
		}
	}
}

// TestNamesOfCookieClasses checks what the list of routes shows.
func TestNamesOfCookieClasses(t *testing.T) {
	db, both := inhabited(t), inCookies()
	both.Accept, both.WithoutBlacklist, both.BlacklistAfterRotation = []jwt.Type{jwt.Access, jwt.Sliding}, true, false
	for want, a := range map[string]*jwt.Authenticator{
		"JWT":                           jwt.NewAuthenticator(db, rotating()),
		"JWT(cookies)":                  jwt.NewAuthenticator(db, inCookies()),
		"JWT(cookies, every method)":    jwt.NewAuthenticator(db, inCookies()).EveryMethod(),
		"JWT(access, sliding, cookies)": jwt.NewAuthenticator(db, both),
		"StatelessJWT(cookies)":         jwt.NewStatelessAuthenticator(inCookies()),
	} {
		if a.String() != want {
			t.Errorf("%s, want %s", a, want)
		}
	}
}

// TestStatelessCookies checks that a service without users reads the cookie, and
// refuses forged requests.
func TestStatelessCookies(t *testing.T) {
	b := newBrowser(cookieServer(t, inhabited(t), crossOrigin())).login(t, "alice")
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(crossOrigin())))
	engine.POST("/me", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })
	b.h = engine
	if answer := b.do("POST", "/me", ""); answer.String() != "200 1" {
		t.Error(answer)
	}
	if answer := b.do("POST", "/me", "", "Sec-Fetch-Site: cross-site"); answer.Code != 403 {
		t.Error(answer)
	}
}
