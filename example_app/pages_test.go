package main

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

func title(text string) url.Values { return url.Values{"title": {text}} }

func TestWhoGetsWhichPage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, keys := site(t, db)
		visitors := map[string]*visitor{"": newVisitor(h)}
		visitors[""].get("/login")
		for _, name := range []string{"alice", "bob", "erin"} {
			visitors[name] = loggedIn(t, h, name)
		}
		const tooLong = "ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
		for _, row := range []struct {
			method, path, user string
			form               url.Values
			want               string
		}{
			{"GET", "/", "", nil, "303 /login"},
			{"GET", "/login", "", nil, "200 Log in to Notes"},
			{"GET", "/", "bob", nil, "200 Your notes"},
			{"GET", "/login", "bob", nil, "303 /"},
			{"GET", "/-/policies", "", nil, "303 /login"},
			{"GET", "/-/policies", "bob", nil, "403 Forbidden"},
			{"GET", "/-/policies", "erin", nil, "403 Forbidden"},
			{"GET", "/-/policies", "alice", nil, "200 Policies"},
			{"POST", "/notes", "", title("Buy milk"), "303 /login"},
			{"POST", "/notes", "bob", title(" Buy milk "), "303 /"},
			{"POST", "/notes", "bob", url.Values{"title": {"Buy bread"}, "owner_id": {"1"}, "id": {"7"}}, "303 /"},
			{"POST", "/notes", "bob", nil, "400 Your notes"},
			{"POST", "/notes", "bob", title(" "), "400 Your notes"},
			{"POST", "/notes", "bob", title("a\x00b"), "400 Your notes"},
			{"POST", "/notes", "bob", title("\xff"), "400 Your notes"},
			{"POST", "/notes", "bob", title(tooLong), "400 Your notes"},
			{"POST", "/notes?title=Buy+eggs", "bob", nil, "400 Your notes"},
			{"POST", "/notes", "erin", title(tooLong[2:]), "303 /"},
			{"POST", "/notes/1/delete", "", url.Values{}, "303 /login"},
			{"POST", "/notes/1/delete", "erin", url.Values{}, "404 Not Found"},
			{"POST", "/notes/1/delete", "alice", url.Values{}, "404 Not Found"}, // alice is staff
			{"POST", "/notes/99/delete", "bob", url.Values{}, "404 Not Found"},
			{"POST", "/notes/1%20OR%201=1/delete", "bob", url.Values{}, "404 Not Found"},
			{"GET", "/notes/1/delete", "bob", nil, "405 405 method not allowed"},
			{"GET", "/notes", "bob", nil, "405 405 method not allowed"},
			{"GET", "/logout", "bob", nil, "405 405 method not allowed"},
			{"POST", "/notes/1/delete", "bob", url.Values{}, "303 /"},
			{"POST", "/notes/1/delete", "bob", url.Values{}, "404 Not Found"},
			{"GET", "/nowhere", "", nil, "404 Not Found"},
			// A session is not a credential for the API, which would otherwise
			// have to ask for CSRF tokens.
			{"GET", "/api/notes", "bob", nil, `401 {"detail":"Authentication credentials were not provided."}`},
			{"GET", "/staff/users", "alice", nil, `401 {"detail":"Authentication credentials were not provided."}`},
			{"POST", "/logout", "erin", url.Values{}, "303 /login"},
			{"GET", "/", "erin", nil, "303 /login"},
			{"POST", "/logout", "", url.Values{}, "303 /login"}, // no user was logged in
		} {
			v := visitors[row.user]
			r := httptest.NewRequest(row.method, row.path, nil)
			if row.method == "POST" {
				r = v.form(row.path, row.form)
			}
			if got := outcome(v.send(r)); got != row.want {
				t.Errorf("%s %s %.20v as %q: got %s, want %s", row.method, row.path, row.form, row.user, got, row.want)
			}
		}
		if page := visitors["bob"].get("/").Body.String(); !strings.Contains(page, ">Buy bread<") || strings.Contains(page, "Buy milk<") || strings.Contains(page, "éé") {
			t.Errorf("bob sees %s", page)
		}
		for name, linked := range map[string]bool{"alice": true, "bob": false} {
			if page := visitors[name].get("/").Body.String(); strings.Contains(page, `href="/-/policies"`) != linked {
				t.Errorf("%s: linked to the policies: %t", name, !linked)
			}
		}
		if page := visitors["bob"].get("/-/policies").Body.String(); strings.Contains(page, "form was not accepted") {
			t.Errorf("no form was sent, but the page says: %s", page)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Token "+keys["bob"])
		// Pages do not accept a token.
		if got := outcome(newVisitor(h).send(r)); got != "303 /login" {
			t.Error(got)
		}
	})
}

// TestNotesAreText checks that a note is shown as it was written: in the list,
// in the label of its button, and in the form.
func TestNotesAreText(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	h, _ := site(t, db)
	bob := loggedIn(t, h, "bob")
	const evil, escaped = `<script>alert(1)</script>"onfocus="x`, `&lt;script&gt;alert(1)&lt;/script&gt;&#34;onfocus=&#34;x`
	bob.post("/notes", title(evil))
	page := bob.get("/").Body.String()
	for _, want := range []string{`dir="auto">` + escaped + `</p>`, `aria-label="Delete ` + escaped + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	draft := bob.post("/notes", title(strings.Repeat(evil, 9))).Body.String()
	name := newVisitor(h)
	name.get("/login")
	form := name.post("/login", url.Values{"username": {evil}, "password": {"x"}}).Body.String()
	for _, text := range []string{page, draft, form} {
		if strings.Contains(text, "<script") || strings.Contains(text, `"onfocus`) || !strings.Contains(text, escaped) {
			t.Errorf("%s", text)
		}
	}
}

// TestSecurityHeaders checks the headers on pages, on refusals, which the guard
// sends before any handler runs, and on everything else.
func TestSecurityHeaders(t *testing.T) {
	h, _ := site(t, dbtest.Open(t, dbtest.SQLite(t)))
	v := newVisitor(h)
	for path, want := range map[string]string{
		"/login": "200 text/html; charset=utf-8 no-store", "/": "303 text/html; charset=utf-8 no-store", "/nowhere": "404 text/html; charset=utf-8 no-store",
		"/assets/style.css": "200 text/css; charset=utf-8 no-cache", "/assets/icon.svg": "200 image/svg+xml no-cache",
		"/api/notes": "401 application/json no-store", "/assets/login.html": "404 text/html; charset=utf-8 no-store",
	} {
		w := v.get(path)
		header := w.Header()
		if got := strings.Join([]string{w.Result().Status[:3], header.Get("Content-Type"), header.Get("Cache-Control")}, " "); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		for _, part := range []string{"default-src 'none'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %s", path, policy)
			}
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %v", path, header)
		}
	}
	again := httptest.NewRequest("GET", "/assets/style.css", nil)
	again.Header.Set("If-None-Match", v.get("/assets/style.css").Header().Get("ETag"))
	if w := v.send(again); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	for accept, want := range map[string]string{"*/*": `404 {"detail":"Not found."}`, "application/json, text/html": `404 {"detail":"Not found."}`, "text/html": "404 Not Found"} {
		r := httptest.NewRequest("GET", "/nowhere", nil)
		r.Header.Set("Accept", accept)
		if got := outcome(v.send(r)); got != want {
			t.Errorf("Accept: %s: got %s, want %s", accept, got, want)
		}
	}
}

// TestADatabaseThatIsDownIs503 checks that the visitor gets neither a login
// page nor an empty list.
func TestADatabaseThatIsDownIs503(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, _ := site(t, db)
		bob, stranger := loggedIn(t, h, "bob"), newVisitor(h)
		stranger.get("/login")
		for _, table := range []string{"notes", "auth_user", "django_session"} {
			if err := db.Exec("ALTER TABLE " + table + " RENAME TO gone_" + table).Error; err != nil {
				t.Fatal(err)
			}
			if got := outcome(bob.get("/")); got != "503 Service Unavailable" {
				t.Errorf("without %s: %s", table, got)
			}
		}
		login := url.Values{"username": {"bob"}, "password": {"bob-pw"}}
		if got := outcome(stranger.post("/login", login)); got != "503 Service Unavailable" || stranger.cookies["sessionid"] != "" {
			t.Errorf("login: %s, %v", got, stranger.cookies)
		}
		if got := outcome(bob.post("/logout", nil)); got != "503 Service Unavailable" {
			t.Errorf("logout: %s", got)
		}
	})
}
