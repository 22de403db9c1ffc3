package jwt_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestForgedRequests checks that other sites can neither act as a user with
// cookies, nor log a browser in or out, nor refresh its tokens.
func TestForgedRequests(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		tokens := newBrowser(cookieServer(t, db, inCookies())).page(t).login(t, "alice")
		asked := newBrowser(cookieServer(t, db, crossOrigin())).login(t, "alice")
		const foreign, form = "Origin: https://evil.example", "Content-Type: application/x-www-form-urlencoded"
		credentials := "username=alice&password=" + people.Password("alice")
		for _, row := range []struct {
			name  string
			b     *browser
			lines sitetest.As
			form  string
			want  int
		}{
			{"a page of the site", tokens, nil, "", 200},
			{"no token", tokens, sitetest.As{"X-CSRFToken: "}, "", 403},
			{"another token", tokens, sitetest.As{"X-CSRFToken: " + strings.Repeat("x", 32)}, "", 403},
			{"no CSRF cookie", tokens.without(csrfCookie), nil, "", 403},
			{"a cookie that matches no secret", tokens.with(csrfCookie, "x"), sitetest.As{"X-CSRFToken: x"}, "", 403},
			{"a foreign origin, with the token", tokens, sitetest.As{foreign}, "", 403},
			{"an opaque origin", tokens, sitetest.As{"Origin: null"}, "", 403},
			{"the site over plain HTTP", tokens, sitetest.As{"Origin: http://example.com"}, "", 403},
			{"a foreign form", tokens, sitetest.As{foreign, form}, credentials, 403},
			{"a form with the token", tokens, sitetest.As{form, "X-CSRFToken: "}, "csrfmiddlewaretoken=" + tokens.csrf + "&" + credentials, 200},
			{"asked: a page of the site", asked, nil, "", 200},
			{"asked: another site", asked, sitetest.As{"Sec-Fetch-Site: cross-site", foreign}, "", 403},
			{"asked: a sibling", asked, sitetest.As{"Sec-Fetch-Site: same-site", "Origin: https://evil.example.com"}, "", 403},
			{"asked: an old browser", asked, sitetest.As{"Sec-Fetch-Site: ", foreign}, "", 403},
			{"asked: a foreign form", asked, sitetest.As{"Sec-Fetch-Site: cross-site", foreign, form}, credentials, 403},
		} {
			for _, request := range []string{"POST /me", "PUT /me", "DELETE /me", "POST /login", "POST /refresh", "POST /logout"} {
				method, path, _ := strings.Cut(request, " ")
				if strings.HasPrefix(row.form, "csrf") && method != "POST" {
					continue // Django looks for the field in posted forms only
				}
				body := row.form
				if body == "" && path == "/login" {
					body = people.Login("alice")
				}
				b := row.b.without()
				if row.want == 200 && (path == "/refresh" || path == "/logout") {
					continue // which would use up the token
				}
				answer := b.do(method, path, body, row.lines...)
				if answer.Code != row.want || row.want == 403 && (b.did(accessCookie) || b.did(refreshCookie)) {
					t.Errorf("%s: %s: %s, %v, want %d", row.name, request, answer, b.set, row.want)
				}
			}
		}
		for _, b := range []*browser{tokens, asked} {
			forged := []string{"X-CSRFToken: ", foreign, "Sec-Fetch-Site: cross-site"}
			if answer := b.do("GET", "/changes", "", forged...); answer.Code != 403 {
				t.Errorf("a GET that changes something: %s", answer)
			}
			if answer := b.do("GET", "/changes", ""); answer.String() != "200 1" {
				t.Errorf("a GET that changes something, from the site: %s", answer)
			}
			if answer := b.do("GET", "/me", "", forged...); answer.String() != "200 1" {
				t.Errorf("a link from another site: %s", answer)
			}
			header := append(forged, "Cookie: ", "Authorization: Bearer "+b.cookies[accessCookie])
			if answer := b.without(accessCookie, refreshCookie, csrfCookie).do("POST", "/me", "", header...); answer.String() != "200 1" {
				t.Errorf("a token in the header: %s", answer)
			}
			if answer := b.do("POST", "/refresh", ""); answer.Code != 200 {
				t.Errorf("the token has been used: %s", answer)
			}
		}
	})
}

// did reports whether the last answer set or deleted a cookie.
func (b *browser) did(name string) bool {
	for _, cookie := range b.set {
		if cookie.Name == name {
			return true
		}
	}
	return false
}

// TestConfusedCredentials checks that each token counts in its own place only,
// that a header is never replaced by a cookie, and that doubtful cookies are
// refused.
func TestConfusedCredentials(t *testing.T) {
	db := inhabited(t)
	s := cookieServer(t, db, crossOrigin())
	alice, bob := newBrowser(s).login(t, "alice"), newBrowser(s).login(t, "bob")
	access, refresh := alice.cookies[accessCookie], alice.cookies[refreshCookie]
	bobs := "Authorization: Bearer " + bob.cookies[accessCookie]
	const wide = "\u2000__Host-" // a browser sees no prefix in it, and sends what a sibling domain has set
	for _, row := range []struct {
		name, method, path string
		b                  *browser
		lines              sitetest.As
		want               string
	}{
		{"its own cookie", "GET", "/me", alice, nil, "200 1"},
		{"both", "GET", "/me", alice, sitetest.As{bobs}, "200 2"},
		{"a wrong header", "GET", "/me", alice, sitetest.As{"Authorization: Bearer x"}, "401"},
		{"a wrong header, on an open route", "GET", "/any", alice, sitetest.As{"Authorization: Bearer x"}, "401"},
		{"an incomplete header", "GET", "/me", alice, sitetest.As{"Authorization: Bearer"}, "401"},
		{"an empty header", "GET", "/me", alice, sitetest.As{"Authorization: "}, "401"},
		{"another scheme", "GET", "/me", alice, sitetest.As{"Authorization: Basic eDp5"}, "401"},
		{"another scheme, on an open route", "GET", "/any", alice, sitetest.As{"Authorization: Basic eDp5"}, "200 anonymous"},
		{"a refresh token as the access token", "GET", "/me", alice.with(accessCookie, refresh), nil, "401"},
		{"an access token as the refresh token", "POST", "/refresh", alice.with(refreshCookie, access), nil, "401"},
		{"no access token", "GET", "/any", alice.without(accessCookie), nil, "200 anonymous"},
		{"no refresh token", "POST", "/refresh", alice.without(refreshCookie), nil, "401"},
		{"a refresh token in the header", "POST", "/refresh", alice.without(refreshCookie), sitetest.As{"Authorization: Bearer " + refresh}, "401"},
		{"an empty cookie", "GET", "/any", alice.with(accessCookie, ""), nil, "401"},
		{"a wrong cookie", "GET", "/any", alice.with(accessCookie, "x"), nil, "401"},
		{"two access tokens", "GET", "/me", alice, sitetest.As{"Cookie: " + accessCookie + "=" + access}, "401"},
		{"another's, in one line", "GET", "/me", alice.with(accessCookie, access+"; "+accessCookie+"="+bob.cookies[accessCookie]), nil, "401"},
		{"two refresh tokens", "POST", "/refresh", alice, sitetest.As{"Cookie: " + refreshCookie + "=" + bob.cookies[refreshCookie]}, "401"},
		{"a logout with two", "POST", "/logout", alice, sitetest.As{"Cookie: " + refreshCookie + "=" + bob.cookies[refreshCookie]}, "401"},
		{"a planted name", "GET", "/any", alice.without(accessCookie).with(wide+"access", access), nil, "200 anonymous"},
		{"a planted refresh token", "POST", "/refresh", alice.without(refreshCookie).with(wide+"refresh", refresh), nil, "401"},
		{"another case", "GET", "/any", alice.without(accessCookie).with("__host-access", access), nil, "200 anonymous"},
		{"a long token", "GET", "/me", alice.with(accessCookie, strings.Repeat("x", 17<<10)), nil, "401"},
		{"the refresh token is unused", "POST", "/refresh", alice, nil, "200"},
		{"another token in the body", "POST", "/refresh", bob, sitetest.As{"Content-Type: application/json"}, "200"},
	} {
		b := row.b.without()
		answer := b.do(row.method, row.path, `{"refresh":"x"}`, row.lines...)
		if !strings.HasPrefix(answer.String(), row.want) {
			t.Errorf("%s: %s, want %s", row.name, answer, row.want)
		}
		if answer.Code != 200 && len(b.set) != 0 {
			t.Errorf("%s sets %v", row.name, b.set)
		}
	}
}

// TestStolenRefreshCookie checks that a used refresh token ends all tokens of
// its login after the grace, whichever way it comes.
func TestStolenRefreshCookie(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		now := time.Now()
		config := crossOrigin()
		config.RefreshGrace, config.Now = 10*time.Second, func() time.Time { return now }
		b := newBrowser(cookieServer(t, db, config)).login(t, "alice")
		thief := b.without()
		b.do("POST", "/refresh", "")
		now = now.Add(time.Minute)
		if answer := thief.do("POST", "/refresh", ""); answer.Code != 401 || len(thief.set) != 0 {
			t.Errorf("the thief: %s %v", answer, thief.set)
		}
		for _, request := range []string{"GET /me", "POST /refresh"} {
			method, path, _ := strings.Cut(request, " ")
			if answer := b.do(method, path, ""); answer.Code != 401 {
				t.Errorf("the family's %s: %s", request, answer)
			}
		}
		if answer := b.do("POST", "/logout", ""); answer.Code != 200 || len(b.cookies) != 0 {
			t.Errorf("the logout: %s %v", answer, b.cookies)
		}
	})
}

// TestTabsRefresh checks that 50 tabs which refresh at once all go on, with the
// same refresh token, and that without a grace one of them does.
func TestTabsRefresh(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.StatementTimeout(time.Minute)) // however busy the machine is
		for grace, want := range map[time.Duration]int{0: 1, time.Minute: 50} {
			config := crossOrigin()
			config.RefreshGrace = grace
			b := newBrowser(cookieServer(t, db, config)).login(t, "alice")
			var (
				tabs   sync.WaitGroup
				mu     sync.Mutex
				passed int
				tokens = map[string]bool{}
			)
			for range 50 {
				tabs.Go(func() {
					tab := b.without()
					answer := tab.do("POST", "/refresh", "")
					mu.Lock()
					defer mu.Unlock()
					switch {
					case answer.Code == 200:
						passed++
						tokens[tab.cookies[refreshCookie]] = true
						if me := tab.do("GET", "/me", ""); me.String() != "200 1" {
							t.Errorf("a tab: %s", me)
						}
					case answer.Code != 401 || len(tab.set) != 0: // the others' cookies are left alone
						t.Errorf("a tab: %s %v", answer, tab.set)
					}
				})
			}
			tabs.Wait()
			if passed != want || len(tokens) != 1 {
				t.Errorf("grace %v: %d tabs refreshed, want %d; %d refresh tokens", grace, passed, want, len(tokens))
			}
		}
	})
}

// TestRevokedUsersCookies checks that all cookies of a user end at once with the
// user and the user's credentials, and can still be deleted.
func TestRevokedUsersCookies(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		s := cookieServer(t, db, crossOrigin())
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		for name, end := range map[string]func(*models.User) error{
			"alice": func(u *models.User) error { return users.RevokeAll(t.Context(), u) },
			"bob":   func(u *models.User) error { return users.SetActive(t.Context(), u, false) },
			"staff": func(u *models.User) error { return users.SetPassword(t.Context(), u, "another password") },
		} {
			b := newBrowser(s).login(t, name)
			if err := end(people.Named(t, db, name)); err != nil {
				t.Fatal(err)
			}
			for _, request := range []string{"GET /me", "GET /any", "POST /refresh"} {
				method, path, _ := strings.Cut(request, " ")
				if answer := b.do(method, path, ""); answer.Code != 401 {
					t.Errorf("%s: %s: %s", name, request, answer)
				}
			}
			if answer := b.do("POST", "/logout", ""); answer.Code != 200 || len(b.cookies) != 0 {
				t.Errorf("%s: the logout: %s %v", name, answer, b.cookies)
			}
		}
	})
}

// TestCachedCookies checks that a cache of identities lets no forged request
// pass.
func TestCachedCookies(t *testing.T) {
	db := inhabited(t)
	config := crossOrigin()
	b := newBrowser(cookieServer(t, db, config)).login(t, "alice")
	cached := authcache.New(jwt.NewAuthenticator(db, config), authcache.Config{MaxStaleness: time.Minute})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(cached))
	s.Engine.Any("/me", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })
	b.h = s
	for range 2 { // once from the database and once from the cache
		for _, row := range []struct{ method, site, want string }{
			{"POST", "cross-site", "403"},
			{"GET", "cross-site", "200 1"},
			{"POST", "same-origin", "200 1"},
			{"POST", "cross-site", "403"},
		} {
			answer := b.do(row.method, "/me", "", "Sec-Fetch-Site: "+row.site)
			if !strings.HasPrefix(answer.String(), row.want) || answer.Header().Get("Vary") != "Cookie" {
				t.Errorf("%s %s: %s %v, want %s", row.method, row.site, answer, answer.Header(), row.want)
			}
		}
	}
}

// TestWrongTokenReadsNoBody checks that the body of a request is not searched
// for its CSRF token unless the token in its cookie is signed, with a cache of
// identities or without.
func TestWrongTokenReadsNoBody(t *testing.T) {
	db, config := inhabited(t), inCookies()
	b := newBrowser(cookieServer(t, db, config)).page(t).login(t, "alice")
	access, form := b.cookies[accessCookie], "csrfmiddlewaretoken="+b.csrf
	b.csrf = ""
	plain := jwt.NewAuthenticator(db, config)
	for name, class := range map[string]ginauth.Authenticator{
		"plain":                plain,
		"cached":               authcache.New(plain, authcache.Config{MaxStaleness: time.Minute}),
		"cached, every method": authcache.New(plain.EveryMethod(), authcache.Config{MaxStaleness: time.Minute}),
	} {
		s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(class))
		s.Engine.POST("/me", func(c *gin.Context) { c.Status(http.StatusNoContent) })
		for _, row := range []struct {
			token      string
			code, read int
		}{
			{"x", 401, 0},
			{"a.b.c", 401, 0},
			{access[:strings.LastIndex(access, ".")+1], 401, 0},
			{access[:len(access)-4] + "AAAA", 401, 0},
			{access, 204, len(form)},
			{access, 204, len(form)}, // from the cache
		} {
			body := &countedReader{Reader: strings.NewReader(form)}
			r := httptest.NewRequest(http.MethodPost, "https://example.com/me", body)
			r.Header.Set("Origin", "https://example.com")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", accessCookie+"="+row.token+"; "+csrfCookie+"="+b.cookies[csrfCookie])
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != row.code || body.read != row.read {
				t.Errorf("%s: the token %q: %d, %d bytes of the body are read, want %d, %d", name, row.token, w.Code, body.read, row.code, row.read)
			}
		}
	}
}

// countedReader counts what is read.
type countedReader struct {
	io.Reader
	read int
}

func (r *countedReader) Read(p []byte) (n int, err error) {
	n, err = r.Reader.Read(p)
	r.read += n
	return n, err
}

// TestCookiesWithoutADatabase checks that a failure neither passes nor logs a
// browser out.
func TestCookiesWithoutADatabase(t *testing.T) {
	url := dbtest.SQLite(t)
	people.Create(t, dbtest.Open(t, url))
	db, outage := dbtest.WithOutage(t, url)
	people.Configure(t, db)
	b := newBrowser(cookieServer(t, db, crossOrigin())).login(t, "alice")
	outage.Begin(0, false)
	for _, request := range []string{"GET /me", "GET /any", "POST /login", "POST /refresh", "POST /logout"} {
		method, path, _ := strings.Cut(request, " ")
		if answer := b.do(method, path, people.Login("alice")); answer.Code != 503 || len(b.set) != 0 {
			t.Errorf("%s: %s %v", request, answer, b.set)
		}
	}
	outage.End()
	if answer := b.do("POST", "/logout", ""); answer.Code != 200 || len(b.cookies) != 0 {
		t.Errorf("afterwards: %s %v", answer, b.cookies)
	}
}
