package main

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/logins"
)

// TestForgedFormsAreRefused posts every form of the pages in every way in which
// another site could post it, with the cookies that the browser would add.
func TestForgedFormsAreRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, _ := site(t, db)
		bob, mallory, stranger := loggedIn(t, h, "bob"), newVisitor(h), newVisitor(h)
		mallory.get("/login")
		stranger.get("/login")
		bob.post("/notes", title("Buy milk"))
		good := url.Values{"title": {"Forged"}, "username": {"alice"}, "password": {"alice-pw"}}
		for name, forge := range map[string]struct {
			token    string // "" stands for bob's own
			origin   string
			noCookie bool
		}{
			"no token":                   {"-", "http://example.com", false},
			"nonsense":                   {"nonsense", "http://example.com", false},
			"a token of somebody else":   {mallory.token, "http://example.com", false},
			"no cookie":                  {"", "http://example.com", true},
			"another site":               {"", "http://evil.example", false},
			"another port":               {"", "http://example.com:81", false},
			"a subdomain":                {"", "http://a.example.com", false},
			"the site over HTTPS":        {"", "https://example.com", false},
			"a page without an origin":   {"", "null", false},
			"an origin that begins well": {"", "http://example.com.evil.example", false},
		} {
			for path, v := range map[string]*visitor{"/notes": bob, "/notes/1/delete": bob, "/logout": bob, "/login": stranger} {
				fields := url.Values{}
				for key, values := range good {
					fields[key] = values
				}
				if forge.token == "-" {
					fields["csrfmiddlewaretoken"] = nil
				} else if forge.token != "" {
					fields["csrfmiddlewaretoken"] = []string{forge.token}
				}
				r := v.form(path, fields)
				r.Header.Set("Origin", forge.origin)
				cookie := v.cookies["csrftoken"]
				if forge.noCookie {
					delete(v.cookies, "csrftoken")
				}
				w := v.send(r)
				v.cookies["csrftoken"] = cookie
				if w.Code != 403 || !strings.Contains(w.Body.String(), "CSRF Failed") || w.Header().Get("Set-Cookie") != "" {
					t.Errorf("%s: POST %s: %s, %v", name, path, outcome(w), w.Header())
				}
			}
		}
		if page := bob.get("/").Body.String(); !strings.Contains(page, ">Buy milk<") || strings.Contains(page, "Forged") {
			t.Errorf("%s", page)
		}
		// The same form, from the site itself.
		if got := outcome(stranger.post("/login", good)); got != "303 /" {
			t.Error(got)
		}
	})
}

// TestRefusedLoginsLookTheSame checks that the answer is the same whatever was
// wrong. It contains the user name as it was typed, and never the password.
func TestRefusedLoginsLookTheSame(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Use(logins.Limits{Curve: logins.Curve{Free: 100}}); err != nil {
			t.Fatal(err)
		}
		h, _ := site(t, db)
		if err := db.Exec("UPDATE auth_user SET is_active = ? WHERE username = 'erin'", false).Error; err != nil {
			t.Fatal(err)
		}
		v := newVisitor(h)
		want := ""
		for _, row := range []struct{ name, password string }{
			{"bob", "wrong-pw"}, {"nobody", "bob-pw"}, {"erin", "erin-pw"}, {"bob", ""}, {"", "bob-pw"}, {"", ""}, {"BOB", "bob-pw"},
			{"bob", "bob-pw "}, {"bob\x00", "bob-pw"}, {"\xff", "bob-pw"}, {"bob", strings.Repeat("x", 5000)}, {"bob' OR 'a'='a", "bob-pw"},
		} {
			v.get("/login")
			w := v.post("/login", url.Values{"username": {row.name}, "password": {row.password}})
			body := tokenField.ReplaceAllString(w.Body.String(), "")
			if row.password != "" && strings.Contains(body, row.password) {
				t.Errorf("%q: the password is in %s", row, body)
			}
			before, rest, _ := strings.Cut(body, ` value="`)
			typed, after, _ := strings.Cut(rest, `" required`)
			if want == "" {
				want = before + after
			}
			if before+after != want || w.Code != 400 || v.cookies["sessionid"] != "" || len(typed) < len(strings.Trim(row.name, "\x00")) {
				t.Errorf("%q: %d, %v\n%s", row, w.Code, v.cookies, body)
			}
		}
		if !strings.Contains(want, `role="alert"`) || strings.Count(want, `aria-describedby="problem"`) != 2 {
			t.Errorf("%s", want)
		}
		var sessions int64
		if db.Table("django_session").Count(&sessions); sessions > 0 {
			t.Errorf("%d sessions", sessions)
		}
		// A password in the URL, and so in logs, does not count.
		if got := outcome(v.post("/login?username=bob&password=bob-pw", url.Values{"username": {"bob"}})); got != "400 Log in to Notes" {
			t.Error(got)
		}
		// A body longer than any form is not read to its end.
		if got := outcome(v.send(v.form("/login", url.Values{"username": {strings.Repeat("x", 100_000)}}))); got != "403 Forbidden" {
			t.Error(got)
		}
	})
}

// TestALoginLeadsHome checks that no request chooses where a login leads.
func TestALoginLeadsHome(t *testing.T) {
	h, _ := site(t, dbtest.Open(t, dbtest.SQLite(t)))
	const elsewhere = "?next=https://evil.example/&redirect=//evil.example"
	v := newVisitor(h)
	v.get("/login" + elsewhere)
	r := v.form("/login"+elsewhere, url.Values{"username": {"bob"}, "password": {"bob-pw"}, "next": {"//evil.example"}})
	r.Header.Set("Referer", "http://evil.example/")
	if got := outcome(v.send(r)); got != "303 /" {
		t.Error(got)
	}
	v.get("/")
	if got := outcome(v.post("/logout"+elsewhere, url.Values{"next": {"//evil.example"}})); got != "303 /login" {
		t.Error(got)
	}
	for _, path := range []string{"/" + elsewhere, "//evil.example/", "//evil.example/..", "/login/", "/%5cevil.example"} {
		if w := v.get(path); strings.Contains(w.Header().Get("Location"), "evil") {
			t.Errorf("%s: %s", path, w.Header().Get("Location"))
		}
	}
}

// TestALoginMakesANewSession checks that neither a made-up key that was planted
// nor the key of another person's session is the session key after a login, and
// that the planted key is worthless.
func TestALoginMakesANewSession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, _ := site(t, db)
		mallory := loggedIn(t, h, "erin")
		for name, planted := range map[string]string{"made up": "abcdefghijklmnopqrstuvwxyz012345", "another's": mallory.cookies["sessionid"]} {
			victim := newVisitor(h)
			victim.cookies["csrftoken"] = strings.Repeat("a", 32)
			victim.cookies["sessionid"] = planted
			victim.token = strings.Repeat("a", 32)
			if got := outcome(victim.post("/login", url.Values{"username": {"bob"}, "password": {"bob-pw"}})); got != "303 /" {
				t.Fatal(name, got)
			}
			if key := victim.cookies["sessionid"]; key == planted || len(key) != 32 || victim.cookies["csrftoken"] == strings.Repeat("a", 32) {
				t.Errorf("%s: %v", name, victim.cookies)
			}
			attacker := newVisitor(h)
			attacker.cookies["sessionid"] = planted
			if got := outcome(attacker.get("/")); got != "303 /login" {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

// TestALogoutEndsTheSession checks that the session ends on every server, even
// for a thief who has kept the cookie, while the user's other sessions go on.
func TestALogoutEndsTheSession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, _ := site(t, db)
		other, _, _ := newEngine(db, engineConfig{InsecureCookies: true}, slog.New(slog.DiscardHandler))
		bob, phone := loggedIn(t, h, "bob"), loggedIn(t, other, "bob")
		kept := bob.cookies["sessionid"]
		if got := outcome(bob.post("/logout", nil)); got != "303 /login" || bob.cookies["sessionid"] != "" {
			t.Errorf("%s, %v", got, bob.cookies)
		}
		thief := newVisitor(other)
		thief.cookies["sessionid"] = kept
		if got := outcome(thief.get("/")); got != "303 /login" {
			t.Error(got)
		}
		if got := outcome(phone.get("/")); got != "200 Your notes" {
			t.Error(got)
		}
	})
}

// TestCookies checks that cookies are sent over HTTPS only, unless the
// application allows plain HTTP, and that scripts cannot read the session's.
func TestCookies(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	h, _ := site(t, db)
	secure, _, _ := newEngine(db, engineConfig{}, slog.New(slog.DiscardHandler))
	for scheme, v := range map[string]*visitor{"http": newVisitor(h), "https": newVisitor(secure)} {
		v.get("/login")
		r := v.form("/login", url.Values{"username": {"bob"}, "password": {"bob-pw"}})
		r.Header.Set("Origin", scheme+"://"+r.Host)
		w := v.send(r)
		var got []string
		for _, cookie := range w.Result().Cookies() {
			got = append(got, fmt.Sprintf("%s Secure=%t HttpOnly=%t SameSite=%d", cookie.Name, cookie.Secure, cookie.HttpOnly, cookie.SameSite))
		}
		want := fmt.Sprintf("[sessionid Secure=%[1]t HttpOnly=true SameSite=2 csrftoken Secure=%[1]t HttpOnly=false SameSite=2]", scheme == "https")
		if fmt.Sprint(got) != want || w.Code != 303 {
			t.Errorf("%s: %d, got %v, want %s", scheme, w.Code, got, want)
		}
	}
	plain := newVisitor(secure) // plain HTTP where the cookies are Secure: no login succeeds
	plain.get("/login")
	if got := outcome(plain.post("/login", url.Values{"username": {"bob"}, "password": {"bob-pw"}})); got != "403 Forbidden" {
		t.Error(got)
	}
	if w := plain.send(httptest.NewRequest("GET", "/", nil)); w.Header().Get("Set-Cookie") != "" {
		t.Error("a visitor who has not logged in gets a cookie")
	}
}
