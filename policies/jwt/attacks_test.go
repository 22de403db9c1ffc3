package jwt_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestForgedTokens checks that all of these tokens are refused with the same
// words, so that a forger learns nothing.
func TestForgedTokens(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	byLibrary := func(method gojwt.SigningMethod, key any) string {
		token, err := gojwt.NewWithClaims(method, gojwt.MapClaims{
			"token_type": "access", "exp": int64(4102444800), "iat": 1704067200, "jti": "x", "user_id": 3,
		}).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := signed(hs256, claims("x:1"))
	header, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	flipped := "A"
	if signature[0] == 'A' {
		flipped = "B"
	}
	h := newServer(t, fixture(t), rotating())
	if status, who := me(h, good); status != 200 || who != "3" {
		t.Fatalf("the good one: %d %s", status, who)
	}
	for name, token := range map[string]string{
		"alg none, no signature":            encoded(`{"alg":"none","typ":"JWT"}`) + "." + body + ".",
		"alg none, by the library":          byLibrary(gojwt.SigningMethodNone, gojwt.UnsafeAllowNoneSignatureType),
		"alg none, good signature":          signed(`{"alg":"none","typ":"JWT"}`, claims("x:1")),
		"alg None":                          signed(`{"alg":"None","typ":"JWT"}`, claims("x:1")),
		"alg NONE":                          encoded(`{"alg":"NONE"}`) + "." + body + ".",
		"alg empty":                         signed(`{"alg":"","typ":"JWT"}`, claims("x:1")),
		"alg absent":                        signed(`{"typ":"JWT"}`, claims("x:1")),
		"alg null":                          signed(`{"alg":null}`, claims("x:1")),
		"alg in a list":                     signed(`{"alg":["HS256"]}`, claims("x:1")),
		"alg in lower case":                 signed(`{"alg":"hs256"}`, claims("x:1")),
		"alg in upper-case name":            signed(`{"ALG":"HS256"}`, claims("x:1")),
		"alg twice":                         signed(`{"alg":"none","alg":"HS256"}`, claims("x:1")),
		"alg HS384, so signed":              byLibrary(gojwt.SigningMethodHS384, []byte(secret)),
		"alg HS512, so signed":              byLibrary(gojwt.SigningMethodHS512, []byte(secret)),
		"alg HS512, signed with HS256":      signed(`{"alg":"HS512"}`, claims("x:1")),
		"alg RS256, so signed":              byLibrary(gojwt.SigningMethodRS256, private),
		"HS256 with the public key":         signedWith(public, hs256, claims("x:1")),
		"HS256 with an empty key":           signedWith("", hs256, claims("x:1")),
		"another key":                       signedWith(secret+"!", hs256, claims("x:1")),
		"a key in the header":               signedWith("mine", `{"alg":"HS256","jwk":{"kty":"oct","k":"bWluZQ"},"kid":"mine"}`, claims("x:1")),
		"kid of a file":                     signedWith("", `{"alg":"HS256","kid":"../../../../dev/null"}`, claims("x:1")),
		"crit":                              signed(`{"alg":"HS256","crit":["exp"]}`, claims("x:1")),
		"b64 false":                         signed(`{"alg":"HS256","b64":false}`, claims("x:1")),
		"typ of another kind":               signed(`{"alg":"HS256","typ":"secevent+jwt"}`, claims("x:1")),
		"typ no text":                       signed(`{"alg":"HS256","typ":5}`, claims("x:1")),
		"kid no text":                       signed(`{"alg":"HS256","kid":5}`, claims("x:1")),
		"kid null":                          signed(`{"alg":"HS256","kid":null}`, claims("x:1")),
		"kid an object":                     signed(`{"alg":"HS256","kid":{"a":[1]}}`, claims("x:1")),
		"header no JSON":                    signed(`nope`, claims("x:1")),
		"header empty":                      resigned(secret, "."+body),
		"header a list":                     signed(`["HS256"]`, claims("x:1")),
		"tampered payload":                  header + "." + encoded(claims("user_id:1")) + "." + signature,
		"tampered signature":                header + "." + body + "." + flipped + signature[1:],
		"signature in another form":         good[:len(good)-1] + string(good[len(good)-1]+1),
		"signature padded":                  good + "=",
		"signature with a line break":       header + "." + body + "." + signature[:20] + "\n" + signature[20:],
		"signature truncated":               good[:len(good)-4],
		"signature empty":                   header + "." + body + ".",
		"signature absent":                  header + "." + body,
		"payload padded, signed":            resigned(secret, header+"."+body+"="),
		"payload in the other base64":       resigned(secret, header+"."+strings.ReplaceAll(encoded(claims(`x:"???>>>"`)), "_", "/")),
		"payload encrypted (JWE)":           header + "..." + body + "." + signature,
		"four parts":                        good + ".x",
		"one part":                          body,
		"dots":                              "..",
		"many dots":                         strings.Repeat(".", 10_000),
		"nothing but a NUL":                 "\x00",
		"oversized, well signed":            signed(hs256, claims(`x:"`+strings.Repeat("x", 20_000)+`"`)),
		"payload no object":                 signed(hs256, `[]`),
		"payload null":                      signed(hs256, `null`),
		"payload two objects":               signed(hs256, claims("x:1")+claims("x:1")),
		"payload truncated":                 signed(hs256, claims("x:1")[:40]),
		"payload no UTF-8":                  signed(hs256, claims("x:\"\xff\"")),
		"payload with NaN":                  signed(hs256, claims("x:NaN")),
		"payload empty":                     signed(hs256, ""),
		"exp twice, the last in the future": signed(hs256, claims(`x:1,"exp":4102444801`)),
		"user twice":                        signed(hs256, claims(`x:1,"user_id":1`)),
		"user twice, escaped":               signed(hs256, claims(`x:1,"user\u005fid":1`)),
	} {
		status, answer := me(h, token)
		if status != 401 || !strings.Contains(answer, `"message":"Token is invalid"`) {
			if name == "signature with a line break" && strings.Contains(answer, "two space-delimited values") {
				continue // it ends the word
			}
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if a := post(h, "/verify", "token", token); a.status == 200 || a.Access != "" {
			t.Errorf("%s: /verify answers %d %s", name, a.status, a.body)
		}
	}
}

// TestHeaders checks what else a header may contain.
func TestHeaders(t *testing.T) {
	h := newServer(t, fixture(t), rotating())
	for _, header := range []string{
		hs256, `{"alg":"HS256"}`, `{"typ":"jwt","alg":"HS256"}`, ` { "alg" : "HS256" } `, `{"alg":"HS256","kid":"' OR 1=1 --"}`,
		`{"alg":"HS256","kid":""}`, `{"alg":"HS256","b64":true}`, `{"\u0061lg":"HS256"}`,
	} {
		if status, body := me(h, signed(header, claims("x:1"))); status != 200 {
			t.Errorf("%s: %d %s", header, status, body)
		}
	}
}

// TestKeys checks that secrets that would make signatures worthless stop the
// start.
func TestKeys(t *testing.T) {
	for name, key := range map[string]string{
		"empty":           "",
		"31 bytes":        strings.Repeat("x", 31),
		"public PEM":      "-----BEGIN PUBLIC KEY-----\n" + strings.Repeat("A", 60) + "\n-----END PUBLIC KEY-----",
		"public OpenSSH":  "ssh-ed25519 " + strings.Repeat("A", 60),
		"public with gap": "\n -----BEGIN RSA PUBLIC KEY-----" + strings.Repeat("A", 60),
	} {
		for _, make := range []func([]byte) jwt.Key{jwt.HS256, jwt.HS384, jwt.HS512} {
			if message := panics.Of(func() { make([]byte(key)) }); !strings.HasPrefix(message, "jwt: HS") || strings.Contains(message, "AAAA") {
				t.Errorf("%s: %q", name, message)
			}
		}
	}
}

// TestManyMembers checks headers with many members. A header is read before its
// signature is checked, so a large one must neither take long nor hide a
// repeated name.
func TestManyMembers(t *testing.T) {
	config := rotating()
	config.MaxTokenBytes = 8 << 20
	h := newServer(t, fixture(t), config)
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"x%x":0,`, i)
		}
		return b.String()
	}
	start := time.Now()
	if status, _ := me(h, encoded("{"+many(300_000)+`"alg":"HS256"}`)+".e30.AAAA"); status != 401 {
		t.Errorf("many members: %d", status)
	}
	// Comparing all pairs of 300,000 members would take minutes.
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("many members take %v", took)
	}
	for _, n := range []int{1, 30, 31, 32, 33, 34, 100} {
		if status, answer := me(h, signed(hs256, claims("x:1,"+many(n)+`"y":1`))); status != 200 {
			t.Errorf("%d more claims: %d %s", n, status, answer)
		}
		for _, twice := range []string{`"x0":1`, `"user_id":1`, fmt.Sprintf(`"x%x":1`, n-1)} {
			if status, _ := me(h, signed(hs256, claims("x:1,"+many(n)+twice))); status != 401 {
				t.Errorf("%d more claims, and %s again: %d", n, twice, status)
			}
			if status, _ := me(h, signed(`{"alg":"HS256",`+many(n)+strings.Replace(twice, "user_id", "alg", 1)+"}", claims("x:1"))); status != 401 {
				t.Errorf("%d more members of the header, and %s again: %d", n, twice, status)
			}
		}
	}
}
