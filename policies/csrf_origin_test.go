package policies_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

func TestCSRFOrigin(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	trusted := []string{"https://app.example.org", "https://*.example.net", "http://plain.example.org", "https://other.example.org:8443"}
	strict := policies.SessionConfig{TrustedOrigins: trusted}
	insecure := policies.SessionConfig{TrustedOrigins: trusted, InsecureCookie: true}
	s.all("/secure", ginauth.AuthenticationClasses(policies.Session(db, strict)))
	s.all("/http", ginauth.AuthenticationClasses(policies.Session(db, insecure)))
	before := dbtest.Open(t, dbtest.SQLite(t))
	declare(t, before, drf.Stack{Django: "3.2"})
	s32 := newSite(t, before)
	s32.all("/secure32", ginauth.AuthenticationClasses(policies.Session(before, strict)))
	s32.all("/http32", ginauth.AuthenticationClasses(policies.Session(before, insecure)))
	cookie32 := "Cookie: sessionid=" + keyOf(t, policies.Session(before).Sessions(), "alice") + "; csrftoken=" + secret
	cookie := "Cookie: sessionid=" + keyOf(t, policies.Session(db).Sessions(), "alice") + "; csrftoken=" + secret
	foreign := func(origin string) string {
		return "403 CSRF Failed: Origin checking failed - " + origin + " does not match any trusted origins."
	}
	badReferer := func(referer string) string {
		return "403 CSRF Failed: Referer checking failed - " + referer + " does not match any trusted origins."
	}
	const malformed = "403 CSRF Failed: Referer checking failed - Referer is malformed."
	const plain = "403 CSRF Failed: Referer checking failed - Referer is insecure while host is secure."
	for _, row := range []struct{ url, header, want string }{
		{"http://example.com/secure", "Origin: https://example.com", okay},
		{"https://example.com/secure", "Origin: https://example.com", okay},
		// downgraded
		{"http://example.com/secure", "Origin: http://example.com", foreign("http://example.com")},
		{"http://example.com/secure", "Origin: https://example.com:8443", foreign("https://example.com:8443")},
		{"http://example.com/secure", "Origin: https://example.com.evil.org", foreign("https://example.com.evil.org")},
		{"http://example.com/secure", "Origin: https://evil.example.com", foreign("https://evil.example.com")},
		{"http://example.com/secure", "Origin: https://evil.org@example.com", foreign("https://evil.org@example.com")},
		{"http://example.com/secure", "Origin: null", foreign("null")},
		{"http://example.com/secure", "Origin: ", foreign("")},
		{"http://example.com/secure", "Origin: https://app.example.org", okay},
		{"http://example.com/secure", "Origin: https://evil.org@app.example.org", foreign("https://evil.org@app.example.org")},
		{"http://example.com/secure", "Origin: http://app.example.org", foreign("http://app.example.org")},
		{"http://example.com/secure", "Origin: https://other.example.org:8443", okay},
		{"http://example.com/secure", "Origin: https://other.example.org", foreign("https://other.example.org")},
		{"http://example.com/secure", "Origin: https://a.b.example.net", okay},
		{"http://example.com/secure", "Origin: https://example.net", okay},
		{"http://example.com/secure", "Origin: https://evilexample.net", foreign("https://evilexample.net")},
		{"http://example.com/secure", "X: y", noReferer},
		{"http://example.com/secure", "Referer: https://example.com/page?x", okay},
		{"http://example.com/secure", "Referer: http://example.com/page", plain},
		{"http://example.com/secure", "Referer: https://evil.org/example.com", badReferer("https://evil.org/example.com")},
		{"http://example.com/secure", "Referer: https://evil.org@example.com/", badReferer("https://evil.org@example.com/")},
		{"http://example.com/secure", "Referer: https://x.example.net/", okay},
		{"http://example.com/secure", "Referer: /page", malformed},
		{"http://example.com/secure", "Referer: https:///x", malformed},
		{"http://example.com/secure", "Referer: https://[/", malformed},
		{"http://example.com/secure", "Referer: ", malformed},
		// no header of a proxy is believed
		{"http://example.com/secure", "X-Forwarded-Proto: http", noReferer},
		{"http://example.com/secure32", "Origin: https://evil.org", noReferer},
		{"http://example.com/http", "X: y", okay},
		{"http://example.com/http", "Referer: https://evil.org/", okay},
		{"http://example.com/http", "Origin: http://example.com", okay},
		{"http://example.com/http", "Origin: https://example.com", foreign("https://example.com")},
		{"http://example.com/http", "Origin: http://plain.example.org", okay},
		{"http://example.com/http32", "Origin: https://evil.org", okay},
		{"https://example.com/http", "X: y", noReferer}, // TLS ends here
		{"https://example.com/http", "Origin: http://example.com", foreign("http://example.com")},
		{"https://example.com/http", "Origin: https://example.com", okay},
		{"http://example.com/http", "X-Forwarded-Proto: https", okay},
	} {
		s, cookie := s, cookie
		if strings.HasSuffix(row.url, "32") {
			s, cookie = s32, cookie32
		}
		if got := short(s.ask("POST", row.url, "", cookie, "X-CSRFToken: "+secret, row.header)); got != row.want {
			t.Errorf("POST %s, %s:\n got %s\nwant %s", row.url, row.header, got, row.want)
		}
	}
	if got := short(s.ask("POST", "http://example.com/secure", "", cookie, "X-CSRFToken: "+other,
		"Origin: https://example.com")); got != badToken {
		t.Errorf("the right origin with a wrong token: %s", got)
	}
	two := s.ask("POST", "http://example.com/secure", "", cookie, "X-CSRFToken: "+secret,
		"Origin: https://example.com", "Origin: https://evil.org")
	if got := short(two); got != foreign("https://example.com,https://evil.org") {
		t.Errorf("two origins: %s", got)
	}
}

// TestCrossOriginProtection uses the check of net/http in place of Django's.
func TestCrossOriginProtection(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSite(t, db)
	session := policies.Session(db, policies.SessionConfig{CrossOrigin: http.NewCrossOriginProtection()})
	s.all("/x", ginauth.AuthenticationClasses(session))
	s.all("/every", ginauth.AuthenticationClasses(session.EveryMethod()))
	cookie := "Cookie: sessionid=" + keyOf(t, session.Sessions(), "alice")
	const refused = "403 CSRF Failed: Cross-origin request."
	for _, row := range []struct{ method, path, header, want string }{
		{"POST", "/x", "Sec-Fetch-Site: same-origin", okay},
		{"POST", "/x", "Sec-Fetch-Site: same-site", refused},
		{"POST", "/x", "Sec-Fetch-Site: cross-site", refused},
		{"GET", "/x", "Sec-Fetch-Site: cross-site", okay},
		{"GET", "/every", "Sec-Fetch-Site: cross-site", refused},
		{"POST", "/x", "Origin: https://evil.org", refused},
		{"POST", "/x", "Origin: https://example.com", okay},
		{"POST", "/x", "X: no browser", okay},
	} {
		if got := short(s.ask(row.method, "http://example.com"+row.path, "", cookie, row.header)); got != row.want {
			t.Errorf("%s %s, %s: got %s, want %s", row.method, row.path, row.header, got, row.want)
		}
	}
}
