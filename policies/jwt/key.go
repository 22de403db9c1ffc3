package jwt

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	gojwt "github.com/golang-jwt/jwt/v5"
)

// Key is an algorithm with its key. The algorithm is the configuration's, never the token's: a token whose header names another
// one is refused before its signature is looked at. The zero value is no key. A Key does not print.
type Key struct {
	method       gojwt.SigningMethod
	sign, verify any    // as the method wants them
	header       string // of the tokens that it signs, encoded
}

// HS256 is HMAC with SHA-256, simplejwt's default. The secret is the one of SIGNING_KEY, in Django projects often the SECRET_KEY.
// It panics if the secret has less than 32 bytes, or is a key of another algorithm: a public key that is used as a secret lets
// everybody sign.
func HS256(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS256, secret) }

// HS384 is HMAC with SHA-384. See [HS256].
func HS384(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS384, secret) }

// HS512 is HMAC with SHA-512. See [HS256].
func HS512(secret []byte) Key { return hmacKey(gojwt.SigningMethodHS512, secret) }

// minSecretBytes is the strength of the weakest hash. RFC 7518 section 3.2 wants the length of the algorithm's own, which Django's
// SECRET_KEY of 50 characters has not for all of them.
const minSecretBytes = 32

func hmacKey(method *gojwt.SigningMethodHMAC, secret []byte) Key {
	switch {
	case len(secret) < minSecretBytes:
		panic(fmt.Sprintf("jwt: %s needs a secret of at least %d bytes, not %d: make one with openssl rand -hex 32",
			method.Alg(), minSecretBytes, len(secret)))
	case isAsymmetric(string(secret)):
		panic("jwt: " + method.Alg() + " was given a key of an asymmetric algorithm as its secret; its public half is known to others")
	}
	kept := append([]byte(nil), secret...)
	return newKey(method, kept, kept)
}

func newKey(method gojwt.SigningMethod, sign, verify any) Key {
	header := `{"alg":"` + method.Alg() + `","typ":"JWT"}`
	return Key{method: method, sign: sign, verify: verify, header: base64.RawURLEncoding.EncodeToString([]byte(header))}
}

// isAsymmetric recognises PEM and the formats of OpenSSH.
func isAsymmetric(secret string) bool {
	for _, mark := range []string{"-----BEGIN ", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-"} {
		if strings.Contains(secret, mark) {
			return true
		}
	}
	return false
}

// Algorithm returns the name of the algorithm, e.g. "HS256", or "" for the zero value.
func (k Key) Algorithm() string {
	if k.method == nil {
		return ""
	}
	return k.method.Alg()
}

// Format writes the algorithm, for every verb.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, k.Algorithm()+" key") }

// signed returns the token of a payload.
func (k Key) signed(payload []byte) (string, error) {
	input := k.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := k.method.Sign(input, k.sign)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// verifies reports whether a signature is that of the input.
func (k Key) verifies(input string, signature []byte) bool {
	return k.method.Verify(input, signature, k.verify) == nil
}
