package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/random"
)

// csrfChars are the characters of secrets and tokens, in Django's order.
const csrfChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// csrfSecretLength is the length of a secret. A token is twice as long: a mask,
// and the secret under the mask. The token thus differs in each response, and
// compression reveals nothing.
const csrfSecretLength = 32

// CSRFToken returns a token for the pages and scripts of the site, which they
// send back as CheckCSRF expects, and sets the cookie that it belongs to
// (Django: get_token). Every call returns a different token; all of them are
// valid until the next login.
func (s *SessionAuth) CSRFToken(c *gin.Context) string {
	state := s.state(c)
	if state.secret == "" {
		cookie, _ := cookieOf(c.Request, s.config.CSRFCookieName)
		secret, ok := secretOf(cookie)
		if !ok {
			secret = newCSRFSecret()
		}
		state.secret = secret
	}
	s.setCSRFCookie(c, state.secret)
	return maskSecret(state.secret)
}

// rotateCSRF gives the client a new secret, so that a secret planted before the
// login is worthless after it (Django: rotate_token).
func (s *sessionSite) rotateCSRF(c *gin.Context) {
	secret := newCSRFSecret()
	s.state(c).secret = secret
	s.setCSRFCookie(c, secret)
}

// secretOf returns the secret of a token or of a cookie. Django before 4.1
// keeps a token in the cookie, Django 4.1 and later the secret, and scripts
// send back whatever they find there. ok is false for anything else.
func secretOf(text string) (secret string, ok bool) {
	if len(text) != csrfSecretLength && len(text) != 2*csrfSecretLength {
		return "", false
	}
	for i := range len(text) {
		if csrfIndex(text[i]) < 0 {
			return "", false
		}
	}
	if len(text) == csrfSecretLength {
		return text, true
	}
	return shift(text[csrfSecretLength:], text[:csrfSecretLength], -1), true
}

func maskSecret(secret string) string {
	mask := newCSRFSecret()
	return mask + shift(secret, mask, 1)
}

// shift adds the characters of a mask to those of a text, or subtracts them.
func shift(text, mask string, sign int) string {
	shifted := make([]byte, len(text))
	for i := range shifted {
		sum := csrfIndex(text[i]) + sign*csrfIndex(mask[i])
		shifted[i] = csrfChars[(sum+len(csrfChars))%len(csrfChars)]
	}
	return string(shifted)
}

// csrfIndex returns the position of a character in csrfChars, or -1.
func csrfIndex(c byte) int {
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

// newCSRFSecret returns 32 random characters, each equally likely.
func newCSRFSecret() string { return random.Alphanumeric(csrfSecretLength) }
