package cookies

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/csrf"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// csrfCookieAge is CSRF_COOKIE_AGE, a year.
const csrfCookieAge = 364 * 24 * time.Hour

// CheckUnsafe is [Site.Check] for requests with an unsafe method.
func (s *Site) CheckUnsafe(c *gin.Context) error {
	if ChangesNothing(c.Request.Method) {
		return nil
	}
	return s.Check(c)
}

// ChangesNothing reports whether a method is safe (RFC 9110 section 9.2.1).
func ChangesNothing(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// Describe describes a request with a credential in a cookie. If the request is
// checked and the check asks for a token, it brings that too.
func (s *Site) Describe(credential ginauth.Credential, checked bool) ginauth.Alternative {
	needed := []ginauth.Credential{credential}
	if checked && s.config.CrossOrigin == nil {
		needed = append(needed, ginauth.Credential{Name: "CSRF", Header: s.config.CSRFHeader,
			Note: "A token of the secret in the cookie " + s.config.CSRFCookieName + "."})
	}
	return ginauth.Alternative{Credentials: needed, OriginChecked: checked}
}

// Check returns nil if a request of any method comes from a page of the site,
// and otherwise DRF's refusal, 403 "CSRF Failed: ...".
func (s *Site) Check(c *gin.Context) error {
	if s.config.CrossOrigin != nil {
		asPost := *c.Request
		asPost.Method = http.MethodPost // the methods that it considers safe have been dealt with
		if err := s.config.CrossOrigin.Check(&asPost); err != nil {
			return csrfFailed("Cross-origin request.", "cross-origin request")
		}
		return nil
	}
	err := s.checkPage(c.Request)
	if err != nil {
		s.warnOfPlainHTTP(c)
	}
	return err
}

// checkPage checks where a request comes from, and its token.
func (s *Site) checkPage(r *http.Request) error {
	if failure := s.pages.Check(r); failure != nil {
		return csrfFailed(failure.Detail, failure.Cause)
	}
	cookie, sent := Last(r, s.config.CSRFCookieName)
	if !sent {
		return csrfFailed("CSRF cookie not set.", "no cookie")
	}
	token, err := formToken(r)
	if err != nil {
		return err
	}
	sentBack := csrf.SentBack{Token: token, There: true}
	if token == "" {
		lines := r.Header.Values(s.config.CSRFHeader)
		name := http.CanonicalHeaderKey(s.config.CSRFHeader)
		sentBack = csrf.SentBack{Token: strings.Join(lines, ","), There: len(lines) > 0, Header: name}
	}
	if failure := s.pages.CheckToken(cookie, sentBack); failure != nil {
		return csrfFailed(failure.Detail, failure.Cause)
	}
	return nil
}

// csrfFailed returns DRF's refusal. The log gets a cause that contains nothing
// the client sent.
func csrfFailed(detail, cause string) error {
	return ginauth.PermissionDenied().WithDetail("CSRF Failed: " + detail).Because(errors.New("CSRF: " + cause))
}

// maxFormBytes is the length up to which a form is searched for its token
// (DATA_UPLOAD_MAX_MEMORY_SIZE).
const maxFormBytes = 2_621_440

// formToken returns the token of a posted form. The body can be read again
// afterwards.
func formToken(r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return "", nil
	}
	token, err := requestdata.FormField(r, maxFormBytes, "csrfmiddlewaretoken")
	return token.Text, err
}

// secretKey is the context key of the CSRF secret that a request has sent to
// the client, for each site.
type secretKey struct{ site *Site }

// Token returns a CSRF token and sets the cookie that it belongs to (Django:
// get_token).
func (s *Site) Token(c *gin.Context) string {
	secret := c.GetString(secretKey{s})
	if secret == "" {
		cookie, _ := Last(c.Request, s.config.CSRFCookieName)
		var ok bool
		if secret, ok = csrf.SecretOf(cookie); !ok {
			secret = csrf.NewSecret()
		}
	}
	s.sendSecret(c, secret)
	return csrf.Token(secret)
}

// Heal replaces a CSRF cookie that no token can match, at whatever request a
// client sends it (Django since 4.0).
func (s *Site) Heal(c *gin.Context) {
	if !s.heals {
		return
	}
	cookie, sent := Last(c.Request, s.config.CSRFCookieName)
	if !sent {
		return
	}
	if _, ok := csrf.SecretOf(cookie); !ok && c.GetString(secretKey{s}) == "" {
		s.Rotate(c)
	}
}

// Rotate gives the client a new secret, so that a secret planted before the
// login is worthless after it (Django: rotate_token). It does nothing if no
// tokens are checked.
func (s *Site) Rotate(c *gin.Context) {
	if s.config.CrossOrigin == nil {
		s.sendSecret(c, csrf.NewSecret())
	}
}

// sendSecret sends a secret. Scripts read the cookie, so it is not HttpOnly.
func (s *Site) sendSecret(c *gin.Context, secret string) {
	c.Set(secretKey{s}, secret)
	cookie := s.cookie(s.config.CSRFCookieName, secret)
	cookie.Expires = time.Now().Add(csrfCookieAge)
	cookie.MaxAge = int(csrfCookieAge / time.Second)
	s.Send(c, cookie)
	Vary(c)
}
