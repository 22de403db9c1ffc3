package oidc_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/policies/oidc"
)

// FuzzKeySet checks that, whatever an issuer publishes, nothing panics, and a
// token passes only if its key is in the set.
func FuzzKeySet(f *testing.F) {
	i := newIssuer(f, jwk("1", rsaKey()), jwk("ec", ecKey()), jwk("ed", edKey()))
	for _, seed := range []string{
		*i.set.Load(), `{"keys":[]}`, `{"keys":null}`, `{}`, `[`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB","kid":"1"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":""}]}`, `{"keys":[null,1,"x",{}]}`,
	} {
		f.Add(seed)
	}
	good := i.good(nil)
	modulus := jwk("1", rsaKey())["n"].(string)
	f.Fuzz(func(t *testing.T, set string) {
		config := i.config(newClock())
		config.JWKSURL = i.URL + "/keys"
		config.Transport = roundTrips(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(set))}, nil
		})
		switch status, body := me(guarded(oidc.NewStatelessAuthenticator(config)), good); {
		case status == 200 && !strings.Contains(set, modulus):
			t.Errorf("%q has no such key, but: %s", set, body)
		case status != 200 && status != 401 && status != 503:
			t.Errorf("%q: %d %s", set, status, body)
		}
	})
}

// FuzzToken checks that no unsigned token passes, and that nothing panics.
func FuzzToken(f *testing.F) {
	i := newIssuer(f, jwk("1", rsaKey()))
	a := oidc.NewStatelessAuthenticator(i.config(newClock()))
	alone, dispatched := guarded(a), guarded(a.OrElse(a))
	good := i.good(nil)
	for _, seed := range []string{"", ".", "..", "a.b.c", good, good[:60], "eyJhbGciOiJub25lIn0.e30.", strings.Repeat(".", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, h := range []http.Handler{alone, dispatched} {
			if status, body := me(h, raw); status == 200 && strings.TrimSpace(raw) != good {
				t.Errorf("%q passes: %s", raw, body)
			}
		}
	})
}
