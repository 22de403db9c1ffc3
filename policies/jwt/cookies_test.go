package jwt_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCookies follows a browser from its login to its logout.
func TestCookies(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		for name, config := range map[string]jwt.Config{"CSRF tokens": inCookies(), "CrossOriginProtection": crossOrigin()} {
			t.Run(name, func(t *testing.T) {
				now := time.Now().Truncate(time.Second)
				config.Now = func() time.Time { return now }
				config.RefreshGrace = 10 * time.Second
				b := newBrowser(cookieServer(t, db, config))
				if config.Cookies.CrossOrigin == nil {
					b.page(t)
				}
				expect := func(what string, method, path, want string) {
					t.Helper()
					if answer := b.do(method, path, ""); answer.String() != want {
						t.Errorf("%s: %s, want %s", what, answer, want)
					}
				}
				expect("before the login", "GET", "/any", "200 anonymous")
				b.login(t, "alice")
				expect("after the login", "GET", "/me", "200 1")
				expect("a request that changes something", "DELETE", "/me", "200 1")
				first, used := b.with(accessCookie, "x"), b.cookies[refreshCookie]
				expect("a refresh", "POST", "/refresh", `200 {"expires_in":300}`)
				if b.cookies[refreshCookie] == used {
					t.Error("the refresh token is the same after a refresh")
				}
				expect("after the refresh", "PUT", "/me", "200 1")
				if answer := first.do("POST", "/refresh", ""); answer.Code != 200 || first.cookies[refreshCookie] != b.cookies[refreshCookie] {
					t.Errorf("another tab, within the grace: %s", answer)
				}
				kept := b.without()
				expect("the logout", "POST", "/logout", `200 {}`)
				if b.cookies[accessCookie]+b.cookies[refreshCookie] != "" {
					t.Errorf("the logout leaves %v", b.cookies)
				}
				expect("after the logout", "GET", "/any", "200 anonymous")
				expect("a refresh after the logout", "POST", "/refresh", `401 {"detail":"Authentication credentials were not provided."}`)
				expect("another logout", "POST", "/logout", `200 {}`)
				for _, request := range []string{"GET /me", "POST /refresh"} {
					method, path, _ := strings.Cut(request, " ")
					if answer := kept.do(method, path, ""); answer.Code != 401 {
						t.Errorf("a copy of the cookies: %s: %s", request, answer)
					}
				}
			})
		}
	})
}

// TestCookieAttributes checks the cookies of a login, the headers of the answer,
// and that its body has no token.
func TestCookieAttributes(t *testing.T) {
	db := inhabited(t)
	config := inCookies()
	config.AccessLifetime, config.RefreshLifetime = 7*time.Minute, time.Hour
	b := newBrowser(cookieServer(t, db, config)).page(t)
	answer := b.do("POST", "/login", people.Login("alice"))
	if got := answer.String(); got != `200 {"expires_in":419}` && got != `200 {"expires_in":420}` {
		t.Error(got)
	}
	if h := answer.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Vary") != "Cookie" {
		t.Errorf("headers: %v", h)
	}
	most := map[string]int{accessCookie: 420, refreshCookie: 3600, csrfCookie: 364 * 24 * 3600}
	for _, c := range b.set {
		if !c.Secure || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.HttpOnly != (c.Name != csrfCookie) {
			t.Errorf("%s", c)
		}
		if c.MaxAge > most[c.Name] || c.MaxAge < most[c.Name]-1 {
			t.Errorf("%s lasts %d seconds, want %d", c.Name, c.MaxAge, most[c.Name])
		}
	}
	if len(b.set) != len(most) {
		t.Errorf("%d cookies: %v", len(b.set), b.set)
	}
	for _, name := range []string{accessCookie, refreshCookie} {
		if strings.Contains(answer.Body.String(), b.cookies[name]) {
			t.Errorf("the body has %s", name)
		}
	}
	if h := b.do("GET", "/me", "").Header(); h.Get("Vary") != "Cookie" {
		t.Errorf("a request with a cookie: %v", h)
	}
	if h := b.do("GET", "/csrf", "").Header(); h.Get("Vary") != "Cookie" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("a CSRF token: %v", h)
	}
	b.do("POST", "/logout", "", "X-CSRFToken: "+b.page(t).csrf)
	for _, c := range b.set {
		if c.Value != "" || c.MaxAge >= 0 || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
			t.Errorf("after the logout: %s", c)
		}
	}
	if len(b.set) != 2 {
		t.Errorf("the logout sets %v", b.set)
	}
}

// TestCookieEndsWithLogin checks that a cookie lasts no longer than its token,
// which ends with LoginLifetime.
func TestCookieEndsWithLogin(t *testing.T) {
	db, now := inhabited(t), time.Now()
	config := crossOrigin()
	config.LoginLifetime, config.Now = 10*time.Minute, func() time.Time { return now }
	b := newBrowser(cookieServer(t, db, config)).login(t, "alice")
	now = now.Add(8 * time.Minute)
	answer := b.do("POST", "/refresh", "")
	for _, c := range b.set {
		if c.MaxAge < 118 || c.MaxAge > 120 {
			t.Errorf("%s: %s", answer, c)
		}
	}
	if len(b.set) != 2 {
		t.Errorf("%s: %v", answer, b.set)
	}
	now = now.Add(2 * time.Minute)
	if answer := b.do("POST", "/refresh", ""); answer.Code != 401 || len(b.set) != 0 {
		t.Errorf("after the end: %s, %v", answer, b.set)
	}
}

// TestCookieWithoutRotation checks that a refresh leaves the refresh cookie
// alone if it makes no new refresh token.
func TestCookieWithoutRotation(t *testing.T) {
	config := jwt.Config{Key: jwt.HS256([]byte(secret)), Cookies: crossOrigin().Cookies}
	b := newBrowser(cookieServer(t, inhabited(t), config)).login(t, "alice")
	answer := b.do("POST", "/refresh", "")
	if len(b.set) != 1 || b.set[0].Name != accessCookie {
		t.Errorf("%s: %v", answer, b.set)
	}
}
