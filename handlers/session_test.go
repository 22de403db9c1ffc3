package handlers_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// browser keeps cookies.
type browser struct {
	handler http.Handler
	cookies map[string]string
}

func newBrowser(h http.Handler) *browser { return &browser{h, map[string]string{}} }

// send sends a request with the cookies and these header lines.
func (b *browser) send(method, path, body string, lines ...string) sitetest.Answer {
	as := sitetest.As(lines)
	for name, value := range b.cookies {
		as = as.With("Cookie: " + name + "=" + value)
	}
	w := sitetest.Send(b.handler, method, path, as, body)
	for _, cookie := range w.Result().Cookies() {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return w
}

// post sends the CSRF token from a page, as a script does.
func (b *browser) post(path, body string) sitetest.Answer {
	var page struct {
		Token string `json:"csrftoken"`
	}
	if err := json.Unmarshal(b.send("GET", "/session/csrf", "").Body.Bytes(), &page); err != nil {
		panic(err)
	}
	return b.send("POST", path, body, "X-CSRFToken: "+page.Token)
}

// serveSessions returns an application with sessions over plain HTTP, as a
// visitor sees it.
func serveSessions(t *testing.T, db *gorm.DB, config ...handlers.SessionConfig) (*sitetest.Site, *browser, *policies.SessionAuth) {
	t.Helper()
	people.Create(t, db)
	session := policies.Session(db, policies.SessionConfig{InsecureCookie: true})
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(session))
	handlers.MountSession(s.Auth, s.Engine, "/session", session, config...)
	s.Engine.Any("/me", sitetest.Me)
	if findings := s.Auth.Check(); len(findings) > 0 {
		t.Fatal(findings)
	}
	return s, newBrowser(s), session
}

const badLogin = `400 {"non_field_errors":["Unable to log in with provided credentials."]}`

func TestSessionRoutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		_, b, _ := serveSessions(t, db, handlers.SessionConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}})
		for _, row := range []struct{ method, path, body, contentType, want, allow string }{
			{"POST", "/session/login", `{"username":"alice","password":"wrong"}`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `{"username":"nobody","password":"alice-pw"}`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `{"username":" alice","password":"alice-pw"}`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `{"username":["alice"],"password":null}`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `{"username":"a\u0000","password":"\ud800"}`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `[]`, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", ``, "", badLogin, "POST, OPTIONS"},
			{"POST", "/session/login", `{nope`, "",
				`400 {"detail":"JSON parse error - invalid character 'n' looking for beginning of object key string"}`,
				"POST, OPTIONS"},
			{"POST", "/session/login", aliceLogin, "text/plain", `415 {"detail":"Unsupported media type \"text/plain\" in request."}`, "POST, OPTIONS"},
			{"POST", "/session/login", strings.Repeat(" ", 3<<20), "", `413 {"detail":"Request body too large."}`, "POST, OPTIONS"},
			{"GET", "/session/login", "", "", `405 {"detail":"Method \"GET\" not allowed."}`, "POST, OPTIONS"},
			{"PUT", "/session/logout", "", "", `405 {"detail":"Method \"PUT\" not allowed."}`, "POST, OPTIONS"},
			{"POST", "/session/csrf", "", "", `405 {"detail":"Method \"POST\" not allowed."}`, "GET, OPTIONS"},
			// No user was logged in.
			{"POST", "/session/logout", "", "", `200 {"user":null}`, "POST, OPTIONS"},
			{"POST", "/session/login", "username=alice&password=alice-pw", "application/x-www-form-urlencoded",
				`200 {"user":"alice"}`, "POST, OPTIONS"},
			{"POST", "/session/login", aliceLogin, "", `200 {"user":"alice"}`, "POST, OPTIONS"},
		} {
			b.send("GET", "/session/csrf", "")
			contentType := "application/json"
			if row.contentType != "" {
				contentType = row.contentType
			}
			w := b.send(row.method, row.path, row.body, "X-CSRFToken: "+b.cookies["csrftoken"], "Content-Type: "+contentType)
			if w.String() != row.want || w.Header().Get("Allow") != row.allow {
				t.Errorf("%s %s %.60q: got %s, want %s; Allow %q", row.method, row.path, row.body, w, row.want, w.Header().Get("Allow"))
			}
			if _, loggedIn := b.cookies["sessionid"]; loggedIn != (w.Code == 200 && strings.Contains(row.want, "alice")) {
				t.Errorf("%s %s %.60q: cookies %v", row.method, row.path, row.body, w.Header()["Set-Cookie"])
			}
		}
		if got := b.send("GET", "/me", "").String(); got != "200 alice" {
			t.Error(got)
		}
	})
}

// TestALoginGivesNewKeys checks that neither the session nor the CSRF secret
// that a client brought, or was made to bring, is valid after a login.
func TestALoginGivesNewKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		_, b, session := serveSessions(t, db)
		planted := map[string]string{"sessionid": "attackerchosenkey000000000000000", "csrftoken": strings.Repeat("e", 32)}
		for round := range 3 { // twice with the session of the previous login
			if round == 0 {
				b.cookies = map[string]string{"sessionid": planted["sessionid"], "csrftoken": planted["csrftoken"]}
			}
			former := map[string]string{"sessionid": b.cookies["sessionid"], "csrftoken": b.cookies["csrftoken"]}
			w := b.post("/session/login", aliceLogin)
			header := w.Header()
			if w.Code != 200 || header.Get("Cache-Control") != "no-store" || header.Get("Vary") != "Cookie" || len(header["Set-Cookie"]) != 2 {
				t.Fatalf("%s, %v", w, w.Header())
			}
			for name, value := range former {
				if b.cookies[name] == value || len(b.cookies[name]) != 32 {
					t.Errorf("round %d: %s is %q", round, name, b.cookies[name])
				}
			}
			if _, err := session.Sessions().Find(t.Context(), former["sessionid"]); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("round %d: the former session is there: %v", round, err)
			}
			if got := b.send("POST", "/me", "", "X-CSRFToken: "+former["csrftoken"]).String(); !strings.HasPrefix(got, "403") {
				t.Errorf("round %d: the former token: %s", round, got)
			}
			if got := b.send("POST", "/me", "", "X-CSRFToken: "+b.cookies["csrftoken"]).String(); got != "200 alice" {
				t.Errorf("round %d: %s", round, got)
			}
		}
		old := b.cookies["sessionid"]
		if w := b.post("/session/logout", ""); w.String() != `200 {"user":null}` || b.cookies["sessionid"] != "" {
			t.Errorf("%s, %v", w, w.Header())
		}
		b.cookies["sessionid"] = old
		if got := b.send("GET", "/me", "").Code; got != 403 {
			t.Errorf("after the logout: %d", got)
		}
	})
}

// TestLoginCSRF checks that another site can log its visitors neither in nor
// out.
func TestLoginCSRF(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	_, b, _ := serveSessions(t, db)
	if w := b.post("/session/login", aliceLogin); w.Code != 200 {
		t.Fatal(w)
	}
	key := b.cookies["sessionid"]
	for path, body := range map[string]string{"/session/login": aliceLogin, "/session/logout": ""} {
		for _, headers := range [][]string{
			{},
			{"X-CSRFToken: " + strings.Repeat("x", 32)},
			{"X-CSRFToken: " + b.cookies["csrftoken"], "Origin: https://evil.org"},
		} {
			if w := b.send("POST", path, body, headers...); w.Code != 403 || w.Header()["Set-Cookie"] != nil {
				t.Errorf("%s %v: %s, %v", path, headers, w, w.Header())
			}
		}
	}
	if b.cookies["sessionid"] != key || b.send("GET", "/me", "").Code != 200 {
		t.Error("somebody else has logged in or out")
	}
	_, open, _ := serveSessions(t, dbtest.Open(t, dbtest.SQLite(t)),
		handlers.SessionConfig{InsecureWithoutCSRF: true, BadCredentials: "Bad login."})
	if got := open.send("POST", "/session/login", aliceLogin).String(); got != `200 {"user":"alice"}` {
		t.Errorf("without the check: %s", got)
	}
	if got := open.send("POST", "/session/login", "{}").String(); got != `400 {"detail":"Bad login."}` {
		t.Error(got)
	}
}

// TestNoRowForVisitors checks that visitors who do not log in get no session
// row.
func TestNoRowForVisitors(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	_, b, _ := serveSessions(t, db)
	b.post("/session/login", "{}")
	b.post("/session/logout", "")
	b.send("GET", "/me", "", "Cookie: sessionid=attackerchosenkey000000000000000")
	var rows int64
	if err := db.Table("django_session").Count(&rows).Error; err != nil || rows != 0 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestSessionLoginsAreThrottled(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	_, b, _ := serveSessions(t, db)
	for range 20 {
		b.post("/session/login", "{}")
	}
	if w := b.post("/session/login", aliceLogin); w.Code != 429 {
		t.Error(w)
	}
}

// TestSessionsThroughAnOutage checks that a database that fails in the middle
// of a login or a logout causes 503: nothing has been stored, no cookie is set,
// and nothing secret is logged.
func TestSessionsThroughAnOutage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s, b, _ := serveSessions(t, db)
		b.post("/session/login", aliceLogin)
		secrets := []string{"alice-pw", people.SecretKey, b.cookies["sessionid"], b.cookies["csrftoken"]}
		fails := func(path, body string, renames ...string) {
			t.Helper()
			for _, rename := range renames {
				if err := db.Exec("ALTER TABLE " + rename).Error; err != nil {
					t.Fatal(err)
				}
			}
			w := b.send("POST", path, body, "X-CSRFToken: "+b.cookies["csrftoken"])
			if w.Code != 503 || w.Header()["Set-Cookie"] != nil || !strings.Contains(s.Log.String(), "level=ERROR") {
				t.Errorf("%s: %s, %v, logged %s", path, w, w.Header(), s.Log.String())
			}
		}
		fails("/session/login", aliceLogin, "auth_user RENAME COLUMN last_login TO gone")
		if err := db.Exec("ALTER TABLE auth_user RENAME COLUMN gone TO last_login").Error; err != nil {
			t.Fatal(err)
		}
		var rows int64
		if db.Table("django_session").Count(&rows); rows != 1 {
			t.Errorf("%d sessions", rows)
		}
		if got := b.send("GET", "/me", "").String(); got != "200 alice" {
			t.Errorf("the session before the login that failed: %s", got)
		}
		fails("/session/logout", "", "django_session RENAME TO gone")
		fails("/session/login", aliceLogin)
		for _, secret := range secrets {
			if strings.Contains(s.Log.String(), secret) {
				t.Errorf("%s was logged: %s", secret, s.Log.String())
			}
		}
	})
}

// TestALogoutWhileRequestsRun checks that requests already running are
// answered, later ones are refused, and the session stays deleted.
func TestALogoutWhileRequestsRun(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		_, b, session := serveSessions(t, db)
		b.post("/session/login", aliceLogin)
		key, token := b.cookies["sessionid"], b.cookies["csrftoken"]
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				other := &browser{b.handler, map[string]string{"sessionid": key, "csrftoken": token}}
				if i == 16 {
					other.send("POST", "/session/logout", "", "X-CSRFToken: "+token)
					return
				}
				if w := other.send("POST", "/me", "", "X-CSRFToken: "+token); w.Code != 200 && w.Code != 403 {
					t.Errorf("%s", w)
				}
			})
		}
		wg.Wait()
		if _, err := session.Sessions().Find(t.Context(), key); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the session is there: %v", err)
		}
	})
}
