package policies_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// Secrets and tokens as Django makes them: masked and masked2 are both the
// secret under a mask (_mask_cipher_secret).
const (
	other   = "dddddddddddddddddddddddddddddddd"
	masked  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + secret // the mask is zero
	masked2 = "9abcdefghijklmnopqrstuvwxyzABCDE" + "bcdefghijklmnopqrstuvwxyzABCDEFG"
)

const (
	okay      = "200 alice <nil>"
	noCookie  = "403 CSRF Failed: CSRF cookie not set."
	noToken   = "403 CSRF Failed: CSRF token missing."
	badToken  = "403 CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect."
	badLength = "403 CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."
	badChars  = "403 CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header has invalid characters."
	badField  = "403 CSRF Failed: CSRF token from POST incorrect."
	oddCookie = "403 CSRF Failed: CSRF cookie has incorrect length."
	badCookie = "403 CSRF Failed: CSRF cookie has invalid characters."
	oneReason = "403 CSRF Failed: CSRF token missing or incorrect." // before Django 4.0
	noReferer = "403 CSRF Failed: Referer checking failed - no Referer."
)

const formType, multiType = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"

// sentEmpty stands for a header without a value.
const sentEmpty = "(empty)"

func TestCSRFToken(t *testing.T) {
	for _, beside := range []struct {
		stack     drf.Stack
		oneReason bool
	}{{drf.Stack{}, false}, {drf.Stack{Django: "4.0"}, false}, {drf.Stack{Django: "3.2"}, true}} {
		t.Run("Django "+beside.stack.Django, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				declare(t, db, beside.stack)
				testCSRFToken(t, db, beside.oneReason)
			})
		})
	}
}

// declare declares the stack that an application on db runs beside.
func declare(t *testing.T, db *gorm.DB, s drf.Stack) {
	t.Helper()
	if err := db.Use(s); err != nil {
		t.Fatal(err)
	}
}

func testCSRFToken(t *testing.T, db *gorm.DB, one bool) {
	s := newSite(t, db)
	session := policies.Session(db, overHTTP)
	s.all("/x", ginauth.AuthenticationClasses(session))
	s.all("/every", ginauth.AuthenticationClasses(session.EveryMethod()))
	s.all("/without", ginauth.AuthenticationClasses(session.InsecureWithoutCSRF()))
	key := keyOf(t, session.Sessions(), "alice")
	field := func(token string) string { return "csrfmiddlewaretoken=" + token + "&a=1" }
	multi := func(token string) string {
		return "--B\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n" + token + "\r\n--B--\r\n"
	}
	big := strings.Repeat("x", 3<<20)
	for _, row := range []struct {
		method            string // "POST" unless it is set
		path              string // "/x" unless it is set
		cookie, header    string
		contentType, body string
		want              string
	}{
		{method: "GET", want: okay},
		{method: "HEAD", want: okay},
		{method: "OPTIONS", want: okay},
		{method: "TRACE", want: okay},
		{want: noCookie},
		{method: "PUT", want: noCookie},
		{method: "PATCH", want: noCookie},
		{method: "DELETE", want: noCookie},
		{method: "CONNECT", want: noCookie},
		{header: secret, want: noCookie},
		// The formats of the cookie and of the token, in every combination.
		{cookie: secret, header: secret, want: okay},
		{cookie: secret, header: masked, want: okay},
		{cookie: masked, header: secret, want: okay},
		{cookie: masked, header: masked2, want: okay},
		{cookie: masked2, header: masked, want: okay},
		{cookie: secret, header: other, want: badToken},
		{cookie: masked, header: other, want: badToken},
		{cookie: other, header: masked, want: badToken},
		{cookie: secret, want: noToken},
		{cookie: secret, header: sentEmpty, want: badLength},
		{cookie: secret, header: "wrong", want: badLength},
		{cookie: secret, header: secret[1:], want: badLength},
		{cookie: secret, header: secret[1:] + "-", want: badChars},
		{cookie: secret, header: masked[1:] + "_", want: badChars},
		{cookie: secret, header: strings.ToUpper(secret), want: badToken},
		// A malformed value matches nothing, not even itself.
		{want: noCookie},
		{cookie: `""`, want: oddCookie},
		{cookie: "short", header: "short", want: oddCookie},
		{cookie: secret + "c", header: secret + "c", want: oddCookie},
		{cookie: masked + "c", header: masked + "c", want: oddCookie},
		{cookie: secret[1:] + "-", header: secret[1:] + "-", want: badCookie},
		{cookie: secret[1:] + "é", header: secret[1:] + "é", want: badCookie},
		{cookie: secret[2:] + "é", header: secret[2:] + "é", want: oddCookie},
		// The field of a posted form takes precedence over the header, and
		// the handler still gets the body.
		{cookie: secret, contentType: formType, body: field(masked), want: okay + " " + field(masked)},
		{cookie: secret, header: other, contentType: formType, body: field(secret), want: okay + " " + field(secret)},
		{cookie: secret, header: secret, contentType: formType, body: field(other), want: badField},
		{cookie: secret, header: secret, contentType: formType, body: field(""), want: okay + " " + field("")},
		{cookie: secret, header: secret, contentType: formType, body: "a=1", want: okay + " a=1"},
		{method: "PUT", cookie: secret, contentType: formType, body: field(secret), want: noToken},
		{cookie: secret, contentType: "application/json", body: `{"csrfmiddlewaretoken":"` + secret + `"}`, want: noToken},
		{cookie: secret, contentType: "text/plain", body: field(secret), want: noToken},
		{cookie: secret, contentType: "APPLICATION/x-www-form-urlencoded; charset=utf-8",
			body: field(secret), want: okay + " " + field(secret)},
		{cookie: secret, contentType: multiType, body: multi(secret), want: okay + " " + strings.TrimSpace(multi(secret))},
		{cookie: secret, contentType: multiType, body: multi(other), want: badField},
		// longer than what is searched
		{cookie: secret, contentType: formType, body: field(secret) + "&big=" + big, want: okay + " " + field(secret) + "&big=" + big},
		{cookie: secret, contentType: formType, body: "big=" + big + "&" + field(secret), want: noToken},
		{path: "/x?csrfmiddlewaretoken=" + secret, cookie: secret, want: noToken},
		// The check can apply to every method, or to none.
		{method: "GET", path: "/every", want: noCookie},
		{method: "GET", path: "/every", cookie: secret, header: secret, want: okay},
		{method: "HEAD", path: "/every", cookie: secret, header: other, want: badToken},
		{path: "/without", want: okay},
	} {
		method, path := cmp.Or(row.method, "POST"), cmp.Or(row.path, "/x")
		headers := []string{"Cookie: sessionid=" + key, "Content-Type: " + row.contentType}
		if row.header != "" {
			headers = append(headers, "X-CSRFToken: "+strings.TrimPrefix(row.header, sentEmpty))
		}
		if one && (strings.Contains(row.want, "CSRF token") || strings.Contains(row.want, "CSRF cookie has")) {
			row.want = oneReason
		}
		if row.cookie != "" {
			headers[0] += "; csrftoken=" + row.cookie
		}
		if got := short(s.ask(method, path, row.body, headers...)); got != row.want {
			t.Errorf("%s %s, cookie %.40q, header %.40q, %s %.60q:\n got %.120s\nwant %.120s",
				method, path, row.cookie, row.header, row.contentType, row.body, got, row.want)
		}
	}
	if w := s.ask("POST", "/x", "", "Cookie: csrftoken=x"); short(w) != "403 Authentication credentials were not provided." {
		t.Errorf("without a session there is nothing to check: %s", short(w))
	}
}

// TestAMalformedCSRFCookieIsReplaced checks that a browser with a cookie that no
// token matches gets another one, at whatever request, as from Django 4.0.
func TestAMalformedCSRFCookieIsReplaced(t *testing.T) {
	for _, row := range []struct {
		django, method, cookie string
		replaced               bool
	}{
		{"", "GET", "x", true},
		{"", "POST", "x", true},
		{"", "GET", secret + "-", true},
		{"", "GET", secret, false},
		{"", "GET", masked, false},
		{"", "GET", "", false},
		{"4.0", "GET", "x", true},
		{"3.2", "GET", "x", false},
		{"3.2", "POST", "x", false},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		declare(t, db, drf.Stack{Django: row.django})
		s := newSite(t, db)
		session := policies.Session(db, overHTTP)
		s.all("/x", ginauth.AuthenticationClasses(session))
		for _, key := range []string{keyOf(t, session.Sessions(), "alice"), "unknown"} {
			cookies := "Cookie: sessionid=" + key
			if row.cookie != "" {
				cookies += "; csrftoken=" + row.cookie
			}
			w := s.ask(row.method, "/x", "", cookies)
			sent := strings.Join(w.Header().Values("Set-Cookie"), "\n")
			if got := strings.Contains(sent, "csrftoken="); got != row.replaced {
				t.Errorf("Django %q, %s, cookie %q, session %.8s: replaced %v, want %v", row.django, row.method, row.cookie, key, got, row.replaced)
			}
		}
	}
}

// TestCSRFTokenOfAPage checks that a page gets a different token each time, all
// of them for the secret in the cookie. The cookie stays unless it is invalid.
func TestCSRFTokenOfAPage(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	session := policies.Session(db, overHTTP)
	s.all("/x", ginauth.AuthenticationClasses(session))
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.AllowAny)).GET("/page", func(c *gin.Context) {
		c.String(http.StatusOK, "%s %s", session.CSRFToken(c), session.CSRFToken(c))
	})
	key := keyOf(t, session.Sessions(), "alice")
	for cookie, keeps := range map[string]string{"": "", secret: secret, masked2: secret, "nonsense": "", strings.Repeat("a", 65): ""} {
		w := s.ask("GET", "/page", "", "Cookie: csrftoken="+cookie)
		var first, second string
		if _, err := fmt.Sscan(w.Body.String(), &first, &second); err != nil || first == second || len(first) != 64 {
			t.Fatalf("%v: %s", err, w.Body)
		}
		set := w.Result().Cookies()
		if len(set) != 1 || set[0].Name != "csrftoken" || set[0].HttpOnly || set[0].MaxAge != 31449600 ||
			keeps != "" && set[0].Value != keeps || w.Header().Get("Vary") != "Cookie" {
			t.Errorf("%q: %v", cookie, w.Header())
		}
		for _, token := range []string{first, second, set[0].Value} {
			if w := s.ask("POST", "/x", "", "Cookie: sessionid="+key+"; csrftoken="+set[0].Value, "X-CSRFToken: "+token); w.Code != 200 {
				t.Errorf("%q: %s", cookie, short(w))
			}
		}
	}
}

// FuzzCSRF checks that only a cookie and a token of the same secret pass,
// whatever is sent.
func FuzzCSRF(f *testing.F) {
	db := dbtest.Open(f, dbtest.SQLite(f))
	s := newSite(f, db)
	session := policies.Session(db, overHTTP)
	s.all("/x", ginauth.AuthenticationClasses(session))
	key := keyOf(f, session.Sessions(), "alice")
	for _, text := range []string{"", secret, masked, masked2, "é", "a=b;csrftoken=" + secret, `"` + secret + `"`} {
		f.Add(text, other, "a=1")
		f.Add(other, text, "csrfmiddlewaretoken="+text)
	}
	f.Fuzz(func(t *testing.T, cookie, header, body string) {
		w := s.ask("POST", "/x", body, "Cookie: sessionid="+key+"; csrftoken="+cookie, "X-CSRFToken: "+header, "Content-Type: "+formType)
		if w.Code == 200 && (len(cookie) < 32 || len(header) < 32 && !strings.Contains(body, "csrfmiddlewaretoken")) {
			t.Fatalf("%q, %q, %q passed", cookie, header, body)
		}
		if w.Code >= 500 {
			t.Fatalf("%q, %q, %q: %s", cookie, header, body, short(w))
		}
	})
}
