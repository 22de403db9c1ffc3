package csrf_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/csrf"
)

func TestTokens(t *testing.T) {
	secret := csrf.NewSecret()
	one, another := csrf.Token(secret), csrf.Token(secret)
	if one == another || len(one) != 64 {
		t.Errorf("tokens of one secret: %s, %s", one, another)
	}
	for _, row := range []struct {
		name          string
		cookie, token string
		want          bool
	}{
		{"a secret and a token", secret, one, true},
		{"a token and a secret", one, secret, true},
		{"two tokens", one, another, true},
		{"two secrets", secret, secret, true},
		{"another secret", secret, csrf.NewSecret(), false},
		{"a token of another", secret, csrf.Token(csrf.NewSecret()), false},
		{"no token", secret, "", false},
		{"neither", "", "", false},
		{"short", secret[1:], secret[1:], false},
		{"long", one + "a", one + "a", false},
		{"other characters", strings.Repeat("-", 32), strings.Repeat("-", 32), false},
	} {
		if got := csrf.Match(row.cookie, row.token); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

// TestMask checks the arithmetic of masks, which must be Django's.
func TestMask(t *testing.T) {
	const mask = "abcdefghijklmnopqrstuvwxyzABCDEF"
	for token, want := range map[string]string{
		mask + mask:                    strings.Repeat("a", 32),
		mask + strings.Repeat("a", 32): "a9876543210ZYXWVUTSRQPONMLKJIHGF",
	} {
		if got, ok := csrf.SecretOf(token); !ok || got != want {
			t.Errorf("%s: %s %v, want %s", token, got, ok, want)
		}
	}
}

func TestSite(t *testing.T) {
	trusted := func(texts ...string) (origins []csrf.Origin) {
		for _, text := range texts {
			origin, err := csrf.ParseOrigin(text)
			if err != nil {
				t.Fatal(err)
			}
			origins = append(origins, origin)
		}
		return origins
	}
	strict := csrf.Site{Trusted: trusted("https://app.example.org", "https://*.example.net")}
	for _, row := range []struct {
		name            string
		site            csrf.Site
		origin, referer string
		want            string // the cause
	}{
		{"its own origin", strict, "https://example.com", "", ""},
		{"plain HTTP", strict, "http://example.com", "", "foreign Origin"},
		{"a trusted origin", strict, "https://app.example.org", "", ""},
		{"a host below", strict, "https://a.example.net", "", ""},
		{"a host below a host below", strict, "https://a.b.example.net", "", ""},
		{"the host itself", strict, "https://example.net", "", ""},
		{"the host itself, over plain HTTP", strict, "http://example.net", "", "foreign Origin"},
		{"the host itself, at another port", strict, "https://example.net:8443", "", "foreign Origin"},
		{"a host that ends alike", strict, "https://evilexample.net", "", "foreign Origin"},
		{"a page of the host itself", strict, "", "https://example.net/form", ""},
		{"a page of a host that ends alike", strict, "", "https://evilexample.net/form", "foreign Referer"},
		{"a user in it", strict, "https://x@app.example.org", "", "foreign Origin"},
		{"an opaque origin", strict, "null", "", "foreign Origin"},
		{"its own page", strict, "", "https://example.com/form", ""},
		{"a foreign page", strict, "", "https://evil.org/form", "foreign Referer"},
		{"an insecure page", strict, "", "http://example.com/form", "insecure Referer"},
		{"a malformed page", strict, "", "form", "malformed Referer"},
		{"no page", strict, "", "", "no Referer"},
		{"no page, over plain HTTP", csrf.Site{PlainHTTP: true}, "", "", ""},
		{"its own origin, over plain HTTP", csrf.Site{PlainHTTP: true}, "http://example.com", "", ""},
		{"an origin that is not looked at", csrf.Site{IgnoreOrigin: true}, "https://evil.org", "https://example.com/", ""},
	} {
		r := httptest.NewRequest("POST", "http://example.com/", nil)
		if row.origin != "" {
			r.Header.Set("Origin", row.origin)
		}
		if row.referer != "" {
			r.Header.Set("Referer", row.referer)
		}
		got := ""
		if failure := row.site.Check(r); failure != nil {
			got = failure.Cause
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestParseOriginRefuses(t *testing.T) {
	for _, text := range []string{"", "example.com", "https://", "https://example.com/", "https://a@example.com",
		"https://a*.example.com", "https://*example.com", "https://a.*.com"} {
		if _, err := csrf.ParseOrigin(text); err == nil {
			t.Errorf("%q is an origin", text)
		}
	}
}
