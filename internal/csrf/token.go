package csrf

import (
	"crypto/subtle"

	"github.com/ginauth/ginauth/internal/random"
)

// alphabet holds the characters of secrets and tokens, in Django's order.
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// secretLength is the length of a secret. A token is twice as long: a mask, and
// the secret under the mask. The token thus differs in each response, and
// compression reveals nothing.
const secretLength = 32

// NewSecret returns 32 random characters, each equally likely.
func NewSecret() string { return random.Alphanumeric(secretLength) }

// SecretOf returns the secret of a token or of a cookie. Django before 4.1
// keeps a token in the cookie, Django 4.1 and later the secret, and scripts
// send back whatever they find there. ok is false for anything else.
func SecretOf(text string) (secret string, ok bool) {
	if len(text) != secretLength && len(text) != 2*secretLength {
		return "", false
	}
	for i := range len(text) {
		if index(text[i]) < 0 {
			return "", false
		}
	}
	if len(text) == secretLength {
		return text, true
	}
	return shift(text[secretLength:], text[:secretLength], -1), true
}

// Token returns a token of a secret, another one with every call.
func Token(secret string) string {
	mask := NewSecret()
	return mask + shift(secret, mask, 1)
}

// Match reports whether a cookie and a token are of one secret. It takes the
// same time wherever two secrets differ.
func Match(cookie, token string) bool {
	want, formed := SecretOf(cookie)
	got, ok := SecretOf(token)
	return formed && ok && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

// shift adds the characters of a mask to those of a text, or subtracts them.
func shift(text, mask string, sign int) string {
	shifted := make([]byte, len(text))
	for i := range shifted {
		sum := index(text[i]) + sign*index(mask[i])
		shifted[i] = alphabet[(sum+len(alphabet))%len(alphabet)]
	}
	return string(shifted)
}

// index returns the position of a character in the alphabet, or -1.
func index(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return int(c - 'a')
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	}
	return -1
}
