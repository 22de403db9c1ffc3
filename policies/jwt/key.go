package jwt

import (
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/internal/hidden"
)

// Key is an algorithm with its key. The algorithm comes from the configuration,
// never from the token: a token whose header names another one is refused
// before its signature is looked at. The zero value is not a usable key. A Key
// does not print.
type Key struct {
	hidden hidden.Value[*material]
	id     string // kid, or empty
	header string // of the tokens that it signs, encoded
}

type material struct {
	method gojwt.SigningMethod
	sign   any // as the method expects it; nil if the key only verifies
	verify any
}

// HS256 returns a key for HMAC with SHA-256, simplejwt's default. The secret is
// that of SIGNING_KEY, in Django projects often the SECRET_KEY. HS256 panics if
// the secret has fewer than 32 bytes, or is a key of another algorithm: with a
// public key as the secret, anyone could sign.
func HS256(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS256, secret) }

// HS384 returns a key for HMAC with SHA-384. See [HS256].
func HS384(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS384, secret) }

// HS512 returns a key for HMAC with SHA-512. See [HS256].
func HS512(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS512, secret) }

// minSecretBytes is the strength of the weakest hash. RFC 7518 section 3.2
// requires the length of the algorithm's own hash; Django's SECRET_KEY of 50
// characters is too short for some of them.
const minSecretBytes = 32

func hmacKey(method *gojwt.SigningMethodHMAC, secret []byte) Key {
	switch {
	case len(secret) < minSecretBytes:
		panic(fmt.Sprintf("jwt: %s needs a secret of at least %d bytes, not %d: make one with openssl rand -hex 32",
			method.Alg(), minSecretBytes, len(secret)))
	case isAsymmetric(secret):
		panic("jwt: " + method.Alg() + " was given a key of an asymmetric algorithm as its secret; its " +
			"public half is known to others")
	}
	kept := append([]byte(nil), secret...)
	return newKey(method, kept, kept)
}

// material returns nil for the zero Key.
func (k Key) material() *material { return k.hidden.Get() }

func newKey(method gojwt.SigningMethod, sign, verify any) Key {
	return Key{hidden: hidden.Of(&material{method, sign, verify})}.withHeader()
}

// withHeader returns the key with its header, whose members are in the order of
// PyJWT's.
func (k Key) withHeader() Key {
	header := `{"alg":"` + k.Algorithm() + `",`
	if k.id != "" {
		quoted, _ := json.Marshal(k.id) // a string always has a JSON form
		header += `"kid":` + string(quoted) + `,`
	}
	k.header = base64.RawURLEncoding.EncodeToString([]byte(header + `"typ":"JWT"}`))
	return k
}

// maxKeyID is the maximum length of an id.
const maxKeyID = 128

// WithID returns the key with an id, e.g. WithID("2026-11"). The tokens that it
// signs name the id in their header (kid), and tokens that name it are checked
// with this key and no other. Ids distinguish the keys of a rotation, see
// Config.VerificationKeys. They are public.
//
// WithID panics if the id is empty, longer than 128 bytes or contains
// characters other than visible ASCII, and for the zero Key.
func (k Key) WithID(id string) Key {
	switch {
	case k.material() == nil:
		panic("jwt: WithID: the key is empty; make one first, e.g. jwt.HS256(secret).WithID(id)")
	case id == "" || len(id) > maxKeyID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		panic(fmt.Sprintf("jwt: WithID: %q is not an id; give 1 to %d visible ASCII characters, "+
			"e.g. \"2026-11\"", id, maxKeyID))
	}
	k.id = id
	return k.withHeader()
}

// ID returns the id of the key, or "".
func (k Key) ID() string { return k.id }

// isAsymmetric recognises keys of other algorithms: PEM, DER, JSON web keys and
// the formats of OpenSSH.
func isAsymmetric(secret []byte) bool {
	for _, mark := range []string{"-----BEGIN ", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-", `"kty"`} {
		if strings.Contains(string(secret), mark) {
			return true
		}
	}
	if _, err := x509.ParsePKIXPublicKey(secret); err == nil {
		return true
	}
	_, err := x509.ParsePKCS1PublicKey(secret)
	return err == nil
}

// Algorithm returns the name of the algorithm, e.g. "HS256", or "" for the zero
// value.
func (k Key) Algorithm() string {
	if k.material() == nil {
		return ""
	}
	return k.material().method.Alg()
}

// Equal reports whether x verifies the same signatures as k: whether they have
// the same algorithm and the same public key or secret. Ids do not matter.
func (k Key) Equal(x Key) bool {
	if k.material() == nil || x.material() == nil {
		return k.material() == x.material()
	}
	if k.Algorithm() != x.Algorithm() {
		return false
	}
	switch verify := k.material().verify.(type) {
	case []byte:
		secret, ok := x.material().verify.([]byte)
		return ok && subtle.ConstantTimeCompare(verify, secret) == 1
	case interface{ Equal(crypto.PublicKey) bool }:
		return verify.Equal(x.material().verify)
	}
	return false
}

// Signs reports whether the key can sign tokens. A key made from a public key
// only verifies them.
func (k Key) Signs() bool { return k.material() != nil && k.material().sign != nil }

// Format writes the algorithm, for every verb.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, k.Algorithm()+" key") }

// signed returns the token for a payload.
func (k Key) signed(payload []byte) (string, error) {
	if !k.Signs() {
		return "", fmt.Errorf("sign token: the %v only verifies", k)
	}
	input := k.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := k.material().method.Sign(input, k.material().sign)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// verifies reports whether a signature is that of the input.
func (k Key) verifies(input string, signature []byte) bool {
	return k.material().method.Verify(input, signature, k.material().verify) == nil
}
