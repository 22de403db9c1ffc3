package jwt_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/jwt"
)

// librarySigned returns a token with claims, made by golang-jwt.
func librarySigned(method gojwt.SigningMethod, key any, header string, payload string) string {
	input := encoded(header) + "." + encoded(payload)
	return input + "." + encoded(string(must(method.Sign(input, key))))
}

// TestAlgorithmConfusion (CVE-2022-29217, CVE-2026-33322) checks that nothing
// computed from the public key, which anyone may know, passes as a signature,
// whatever the header says.
func TestAlgorithmConfusion(t *testing.T) {
	public := &rsaKey().PublicKey
	text := string(publicPEM(rsaKey()))
	pkcs1 := string(pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(public)))
	secrets := map[string]string{
		"PEM": text, "PEM without the last line break": strings.TrimSpace(text), "PEM of Windows": strings.ReplaceAll(text, "\n", "\r\n"),
		"PKCS 1": pkcs1, "PKCS 1 trimmed": strings.TrimSpace(pkcs1), "DER": string(must(x509.MarshalPKIXPublicKey(public))),
		"DER of PKCS 1": string(x509.MarshalPKCS1PublicKey(public)), "modulus": string(public.N.Bytes()), "nothing": "",
	}
	set, err := json.Marshal(map[string]string{"kty": "RSA", "n": encoded(string(public.N.Bytes())), "e": "AQAB"})
	if err != nil {
		t.Fatal(err)
	}
	secrets["JSON web key"] = string(set)
	hmacs := []gojwt.SigningMethod{gojwt.SigningMethodHS256, gojwt.SigningMethodHS384, gojwt.SigningMethodHS512}
	for name, config := range map[string]jwt.Config{
		"private": {Key: must(jwt.PrivateKey("RS256", rsaKey()))},
		"public":  {Key: must(jwt.PublicKey("RS256", public))},
		"named":   {Key: must(jwt.PrivateKey("RS256", rsaKey())).WithID("a")},
		"beside a secret": {Key: jwt.HS256([]byte(secret)).WithID("hs"),
			VerificationKeys: []jwt.Key{must(jwt.PrivateKey("RS256", rsaKey())).WithID("a"), must(jwt.PublicKey("RS256", public))}},
	} {
		h := believing(config)
		good := librarySigned(gojwt.SigningMethodRS256, rsaKey(), `{"alg":"RS256","kid":"a"}`, claims("x:1"))
		if status, body := me(h, good); status != 200 {
			t.Fatalf("%s: the good one: %d %s", name, status, body)
		}
		for form, key := range secrets {
			for _, method := range hmacs {
				for _, says := range []string{method.Alg(), "RS256"} {
					for _, kid := range []string{"", `,"kid":"a"`, `,"kid":"hs"`} {
						header := fmt.Sprintf(`{"alg":%q%s}`, says, kid)
						if status, body := me(h, librarySigned(method, []byte(key), header, claims("x:1"))); status != 401 {
							t.Errorf("%s: %s with the %s, %s: %d %s", name, method.Alg(), form, header, status, body)
						}
					}
				}
			}
		}
		_, rest, _ := strings.Cut(good, ".")
		body, signature, _ := strings.Cut(rest, ".")
		for _, alg := range []string{"none", "None", "NONE", "nOnE", "", " ", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "rs256", "RSA"} {
			for _, sum := range []string{"", signature} {
				token := encoded(fmt.Sprintf(`{"alg":%q,"kid":"a"}`, alg)) + "." + body + "." + sum
				if status, answer := me(h, token); status != 401 {
					t.Errorf("%s: %s: %d %s", name, token, status, answer)
				}
			}
		}
	}
	for form, key := range secrets {
		if message := panics.Of(func() { jwt.HS256([]byte(key)) }); (message == "") != (form == "modulus") {
			// A modulus cannot be told from random bytes.
			t.Errorf("the %s as a secret: %q", form, message)
		}
	}
}

// TestForgedSignatures uses, for each algorithm, signatures that the key did
// not make.
func TestForgedSignatures(t *testing.T) {
	db := fixture(t)
	for name, key := range signers() {
		h := believing(jwt.Config{Key: key})
		config := rotating()
		config.Key, config.WithoutBlacklist, config.BlacklistAfterRotation = key, true, false
		good := logIn(newServer(t, db, config), "/pair", "alice").Access
		dot := strings.LastIndex(good, ".")
		input, signature := good[:dot], good[dot+1:]
		length := len(signature) * 3 / 4
		if status, _ := me(h, good); status != 200 {
			t.Fatalf("%s: the good one: %d", name, status)
		}
		for forged, sum := range map[string]string{
			"empty": "", "zeros (CVE-2022-21449)": encoded(strings.Repeat("\x00", length)), "ones": encoded(strings.Repeat("\xff", length)),
			"short": signature[:len(signature)-4], "long": signature + "AAAA", "r and s in DER": encoded("0\x06\x02\x01\x01\x02\x01\x01"),
			"one byte": "AA", "huge": strings.Repeat("A", 12_000),
		} {
			if status, body := me(h, input+"."+sum); status != 401 {
				t.Errorf("%s: %s: %d %s", name, forged, status, body)
			}
		}
	}
	plain := new(rsa.PublicKey)
	*plain = rsa.PublicKey{N: rsaKey().N, E: 1}
	if _, err := jwt.PublicKey("RS256", plain); err == nil {
		t.Error("with the exponent 1 anyone can sign")
	}
}

// TestNoClaimsOfARefusedToken (CVE-2024-51744) checks that a token with a wrong
// signature never yields claims or a user, whatever else is wrong with it, and
// that the answer does not tell which of several faults it has.
func TestNoClaimsOfARefusedToken(t *testing.T) {
	config := rotating()
	config.Issuer, config.Audience = "https://issuer.test", []string{"here"}
	a := jwt.NewStatelessAuthenticator(config)
	faults := []struct{ name, claim, value string }{
		{"expired", "exp", "1704067201"}, {"too young", "nbf", "4102444800"}, {"issued later", "iat", "4102444800"},
		{"another issuer", "iss", `"https://other.test"`}, {"another audience", "aud", `"there"`}, {"refresh token", "token_type", `"refresh"`},
	}
	for combination := range 1 << (len(faults) + 1) {
		members := map[string]json.RawMessage{"exp": json.RawMessage("4102444800"), "iat": json.RawMessage("1704067200"), "jti": json.RawMessage(`"x"`),
			"token_type": json.RawMessage(`"access"`), "user_id": json.RawMessage("3"), "iss": json.RawMessage(`"https://issuer.test"`),
			"aud": json.RawMessage(`["here"]`)}
		var names []string
		for i, fault := range faults {
			if combination>>i&1 == 1 {
				names = append(names, fault.name)
				members[fault.claim] = json.RawMessage(fault.value)
			}
		}
		key := secret
		if combination>>len(faults) == 1 {
			key, names = oldSecret, append(names, "another key")
		}
		identity, err := a.Authenticate(request(signedWith(key, hs256, string(must(json.Marshal(members))))))
		if (identity != nil) != (combination == 0) || (err == nil) != (combination == 0) {
			t.Errorf("%v: %v %v", names, identity, err)
		}
		if refused, ok := err.(*ginauth.Error); combination != 0 && (!ok || refused.Status != 401) {
			t.Errorf("%v: %v", names, err)
		}
	}
}

// TestAMegabyteOfDots (CVE-2025-30204) checks that tokens that are too long, or
// have too many parts, cost nothing.
func TestAMegabyteOfDots(t *testing.T) {
	a := jwt.NewStatelessAuthenticator(rotating())
	for name, token := range map[string]string{
		"dots": strings.Repeat(".", 1<<20), "dots within the limit": strings.Repeat(".", 16<<10), "a header and dots": encoded(hs256) + strings.Repeat(".", 1<<20),
		"letters": strings.Repeat("A", 1<<20), "parts": strings.Repeat("e30.", 1<<18), "opened": encoded(strings.Repeat("[", 12_000)) + "..",
	} {
		c := request(token)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		const rounds = 10
		for range rounds {
			if identity, err := a.Authenticate(c); identity != nil || err == nil {
				t.Errorf("%s: %v %v", name, identity, err)
			}
		}
		runtime.ReadMemStats(&after)
		if bytes := (after.TotalAlloc - before.TotalAlloc) / rounds; bytes > 64<<10 {
			t.Errorf("%s: %d bytes are allocated", name, bytes)
		}
	}
}

// FuzzParseKey checks that nothing panics, that no error quotes the text, and
// that every key returned works.
func FuzzParseKey(f *testing.F) {
	for _, private := range []string{"RS256", "ES256", "ES512", "EdDSA"} {
		f.Add(private, privatePEM(privateOf(private)))
		f.Add(private, publicPEM(privateOf(private)))
	}
	f.Add("ES256", []byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"))
	f.Add("HS256", []byte(secret))
	f.Fuzz(func(t *testing.T, algorithm string, text []byte) {
		key, err := jwt.ParseKey(algorithm, text)
		if err != nil {
			if line := longestLine(text); len(line) > 24 && strings.Contains(err.Error(), line) {
				t.Errorf("%v quotes %q", err, text)
			}
			return
		}
		if key.Algorithm() != algorithm {
			t.Errorf("%v for %s", key, algorithm)
		}
		if status, _ := me(believing(jwt.Config{Key: key}), signed(hs256, claims("x:1"))); status != http.StatusUnauthorized {
			t.Errorf("%d", status)
		}
	})
}

// longestLine returns the longest line of the base64 of a text.
func longestLine(text []byte) (longest string) {
	for line := range bytes.Lines(text) {
		if s := strings.TrimSpace(string(line)); len(s) > len(longest) && !strings.HasPrefix(s, "-----") {
			longest = s
		}
	}
	return longest
}
