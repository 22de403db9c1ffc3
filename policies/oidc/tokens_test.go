package oidc_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/policies/oidc"
)

type object = map[string]any

// TestTokens is the matrix of tokens against one issuer with a key for each
// algorithm.
func TestTokens(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()), jwk("ec", ecKey()), jwk("ed", edKey(), object{"alg": "EdDSA"}), jwk("ed2", edKey(), object{"alg": "Ed25519"}))
	h := guarded(oidc.NewStatelessAuthenticator(i.config(newClock())))
	who := "alice of " + i.URL
	rs, claim := gojwt.SigningMethodRS256, func(name string, value any) token {
		return token{gojwt.SigningMethodRS256, rsaKey(), nil, object{name: value}}
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(rsaKey().Public()))})
	header := func(members object) token { return token{rs, rsaKey(), members, nil} }
	for name, row := range map[string]struct {
		token  token
		status int
	}{
		"RS256":                          {token{rs, rsaKey(), nil, nil}, 200},
		"PS256 of a key for any":         {token{gojwt.SigningMethodPS256, rsaKey(), nil, nil}, 200},
		"ES256":                          {token{gojwt.SigningMethodES256, ecKey(), object{"kid": "ec"}, nil}, 200},
		"EdDSA":                          {token{gojwt.SigningMethodEdDSA, edKey(), object{"kid": "ed"}, nil}, 200},
		"EdDSA of an Ed25519 key":        {token{gojwt.SigningMethodEdDSA, edKey(), object{"kid": "ed2"}, nil}, 200},
		"no kid, one key for it":         {token{gojwt.SigningMethodES256, ecKey(), object{"kid": nil}, nil}, 200},
		"no kid, two keys for it":        {token{gojwt.SigningMethodEdDSA, edKey(), object{"kid": nil}, nil}, 401},
		"RS512, not configured":          {token{gojwt.SigningMethodRS512, rsaKey(), nil, nil}, 401},
		"another key":                    {token{rs, otherRSA(), nil, nil}, 401},
		"another key's id":               {header(object{"kid": "ec"}), 401},
		"an unknown id":                  {header(object{"kid": "2"}), 401},
		"HS256 with the public key":      {token{gojwt.SigningMethodHS256, public, nil, nil}, 401},
		"HS256 with it, saying RS256":    {token{gojwt.SigningMethodHS256, public, object{"alg": "RS256"}, nil}, 401},
		"HS256 with the modulus":         {token{gojwt.SigningMethodHS256, rsaKey().N.Bytes(), nil, nil}, 401},
		"none":                           {token{gojwt.SigningMethodNone, gojwt.UnsafeAllowNoneSignatureType, nil, nil}, 401},
		"none, with a signature":         {header(object{"alg": "none"}), 401},
		"None":                           {header(object{"alg": "None"}), 401},
		"alg absent":                     {header(object{"alg": nil}), 401},
		"alg another":                    {header(object{"alg": "PS256"}), 401},
		"a key of its own":               {token{rs, otherRSA(), object{"jwk": jwk("1", otherRSA())}, nil}, 401},
		"typ JWT":                        {header(object{"typ": "JWT"}), 200},
		"typ absent":                     {header(object{"typ": nil}), 200},
		"typ in full":                    {header(object{"typ": "application/at+jwt"}), 200},
		"typ in another case":            {header(object{"typ": "AT+JWT"}), 200},
		"typ of a logout":                {header(object{"typ": "logout+jwt"}), 401},
		"typ of an event":                {header(object{"typ": "secevent+jwt"}), 401},
		"typ of a proof":                 {header(object{"typ": "dpop+jwt"}), 401},
		"typ empty":                      {header(object{"typ": ""}), 401},
		"typ no text":                    {header(object{"typ": 1}), 401},
		"crit":                           {header(object{"crit": []string{"exp"}}), 401},
		"aud in a list":                  {claim("aud", []string{"other", audience}), 200},
		"aud of others":                  {claim("aud", []string{"other"}), 401},
		"aud another":                    {claim("aud", "other"), 401},
		"aud with a slash":               {claim("aud", audience+"/"), 401},
		"aud empty":                      {claim("aud", ""), 401},
		"aud an empty list":              {claim("aud", []string{}), 401},
		"aud with a number":              {claim("aud", []any{audience, 1}), 401},
		"aud absent":                     {claim("aud", nil), 401},
		"iss another":                    {claim("iss", "https://other.test"), 401},
		"iss with a slash":               {claim("iss", i.URL+"/"), 401},
		"iss absent":                     {claim("iss", nil), 401},
		"iss in a list":                  {claim("iss", []string{i.URL}), 401},
		"expired":                        {claim("exp", start-31), 401},
		"expired within the leeway":      {claim("exp", start-29), 200},
		"exp absent":                     {claim("exp", nil), 401},
		"exp a text":                     {claim("exp", "4102444800"), 401},
		"nbf ahead":                      {claim("nbf", start+31), 401},
		"nbf within the leeway":          {claim("nbf", start+29), 200},
		"iat ahead":                      {claim("iat", start+31), 401},
		"iat absent":                     {claim("iat", nil), 200},
		"sub absent":                     {claim("sub", nil), 401},
		"sub empty":                      {claim("sub", ""), 401},
		"sub a list":                     {claim("sub", []string{"alice"}), 401},
		"EXP for exp":                    {token{rs, rsaKey(), nil, object{"exp": nil, "EXP": start + 100}}, 401},
		"AUD for aud":                    {token{rs, rsaKey(), nil, object{"aud": nil, "AUD": audience}}, 401},
		"expired, of others, to another": {token{rs, rsaKey(), nil, object{"exp": 1, "aud": "x", "iss": "y"}}, 401},
	} {
		status, body := me(h, i.sign(row.token))
		if status != row.status || status == 200 && body != who || status == 401 && !strings.Contains(body, `"code":`) {
			t.Errorf("%s: %d %s, want %d", name, status, body, row.status)
		}
	}
	for name, raw := range map[string]string{
		"a word": "x", "dots": "..", "a megabyte of dots": strings.Repeat(".", 1<<20), "three dots": i.good(nil) + ".x",
		"too long": i.good(object{"x": strings.Repeat("x", 20_000)}), "signature cut": i.good(nil)[:len(i.good(nil))-10],
		"no signature": i.good(nil)[:strings.LastIndex(i.good(nil), ".")+1],
	} {
		if status, body := me(h, raw); status != 401 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	w := get(h, "/any", i.good(object{"aud": "other"}))
	if challenge := w.Header().Get("WWW-Authenticate"); w.Code != 401 || challenge != `Bearer realm="api"` {
		t.Errorf("a wrong token on an open route: %d %q", w.Code, challenge)
	}
	if w := get(h, "/any", ""); w.Code != 200 {
		t.Errorf("no token on an open route: %d", w.Code)
	}
	if i.sets.Load() > 2 {
		t.Errorf("%d fetches", i.sets.Load())
	}
}

// TestSchemesOfAToken checks that schemes are compared without case (RFC 9110
// section 11.1).
func TestSchemesOfAToken(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	a := oidc.NewStatelessAuthenticator(i.config(newClock()))
	for _, h := range []http.Handler{guarded(a), guarded(a.OrElse(a))} {
		for header, want := range map[string]int{
			"Bearer " + i.good(nil): 200, "bearer " + i.good(nil): 200, "BEARER\t " + i.good(nil): 200,
			"JWT " + i.good(nil): 401, "bearer": 401, "bearer " + i.good(nil) + " x": 401, "bearer x.y.z": 401,
		} {
			r := httptest.NewRequest("GET", "/me", nil)
			r.Header.Set("Authorization", header)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%.20q: %d, want %d", header, w.Code, want)
			}
		}
	}
}

// TestTypesAndAlgorithms checks that both can be narrowed, and the algorithms
// widened.
func TestTypesAndAlgorithms(t *testing.T) {
	i := newIssuer(t, jwk("1", rsaKey()))
	config := i.config(newClock())
	config.Types, config.Algorithms, config.Leeway = []string{"at+jwt"}, []string{"RS512"}, time.Nanosecond
	h := guarded(oidc.NewStatelessAuthenticator(config))
	for name, row := range map[string]struct {
		token  token
		status int
	}{
		"RS512":      {token{gojwt.SigningMethodRS512, rsaKey(), nil, nil}, 200},
		"RS256":      {token{gojwt.SigningMethodRS256, rsaKey(), nil, nil}, 401},
		"typ JWT":    {token{gojwt.SigningMethodRS512, rsaKey(), object{"typ": "JWT"}, nil}, 401},
		"typ absent": {token{gojwt.SigningMethodRS512, rsaKey(), object{"typ": nil}, nil}, 401},
		"expired":    {token{gojwt.SigningMethodRS512, rsaKey(), nil, object{"exp": start - 1}}, 401},
	} {
		if status, body := me(h, i.sign(row.token)); status != row.status {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// TestKeysThatAreLeftOut checks that, of the keys that an issuer publishes,
// only those for signatures of the algorithm are used, and that a key that is
// not understood does not affect the others.
func TestKeysThatAreLeftOut(t *testing.T) {
	small := object{"n": encoded(make([]byte, 127)) + "AQ"}
	for name, row := range map[string]struct {
		change object
		status int
	}{
		"as it should be":          {object{}, 200},
		"no use":                   {object{"use": nil}, 200},
		"for RS256":                {object{"alg": "RS256"}, 200},
		"to verify":                {object{"key_ops": []string{"verify"}}, 200},
		"with a certificate":       {object{"x5c": []string{"!"}, "x5t": "x", "x5u": "http://127.0.0.1:1/"}, 200},
		"with members of others":   {object{"exp": 1, "nbf": "x", "ext": true}, 200},
		"to encrypt":               {object{"use": "enc"}, 401},
		"use in another case":      {object{"use": "SIG"}, 401},
		"to encrypt by key_ops":    {object{"key_ops": []string{"encrypt"}}, 401},
		"for nothing":              {object{"key_ops": []string{}}, 401},
		"for PS256":                {object{"alg": "PS256"}, 401},
		"for encryption":           {object{"alg": "RSA-OAEP"}, 401},
		"of another kind":          {object{"kty": "EC"}, 401},
		"a secret":                 {object{"kty": "oct", "k": "c2VjcmV0"}, 401},
		"with its private half":    {object{"d": encoded(rsaKey().D.Bytes())}, 401},
		"too small":                {small, 401},
		"exponent 1":               {object{"e": "AQ"}, 401},
		"exponent 0":               {object{"e": ""}, 401},
		"exponent huge":            {object{"e": encoded(make([]byte, 500)) + "AQAB"}, 401},
		"modulus padded":           {object{"n": jwk("1", rsaKey())["n"].(string) + "=="}, 401},
		"modulus absent":           {object{"n": nil}, 401},
		"modulus of 1 MB less bit": {object{"n": strings.Repeat("_", 100_000)}, 401},
		"modulus no text":          {object{"n": 5}, 401},
		"another id":               {object{"kid": "2"}, 401},
		"id no text":               {object{"kid": 1}, 401},
	} {
		odd := []map[string]any{{"kty": "AKP", "kid": "1"}, {}, {"kty": nil}, {"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "1"},
			{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "1"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "1"}}
		i := newIssuer(t, append(odd, jwk("1", rsaKey(), row.change), jwk("ec", ecKey()))...)
		h := guarded(oidc.NewStatelessAuthenticator(i.config(newClock())))
		if status, body := me(h, i.good(nil)); status != row.status {
			t.Errorf("%s: %d %s, want %d", name, status, body, row.status)
		}
		if status, body := me(h, i.sign(token{gojwt.SigningMethodES256, ecKey(), object{"kid": "ec"}, nil})); status != 200 {
			t.Errorf("%s: the other key: %d %s", name, status, body)
		}
	}
	for name, change := range map[string]object{
		"no point": {"x": encoded(make([]byte, 32))}, "short": {"x": "AA", "y": "AA"}, "another curve": {"crv": elliptic.P384().Params().Name},
		"compressed": {"y": ""}, "negative zero": {"x": encoded(make([]byte, 32)), "y": encoded(make([]byte, 32))},
	} {
		i := newIssuer(t, jwk("1", ecKey(), change))
		h := guarded(oidc.NewStatelessAuthenticator(i.config(newClock())))
		if status, body := me(h, i.sign(token{gojwt.SigningMethodES256, ecKey(), nil, nil})); status != 401 {
			t.Errorf("a key of the curve, %s: %d %s", name, status, body)
		}
	}
}
