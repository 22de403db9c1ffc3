package policies

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/csrf"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// csrfCheck selects the requests that a [SessionAuth] checks.
type csrfCheck int

const (
	unsafeMethods csrfCheck = iota
	everyMethod
	noMethod
)

func (check csrfCheck) String() string {
	return [...]string{"", "(every method)", "(insecure: no CSRF check)"}[check]
}

// EveryMethod returns the authenticator for routes that change something on
// GET: it checks requests of every method.
func (s *SessionAuth) EveryMethod() *SessionAuth { return &SessionAuth{s.sessionSite, everyMethod} }

// InsecureWithoutCSRF returns the authenticator without the check, for routes
// that are protected by other means (Django: csrf_exempt, which DRF's
// SessionAuthentication ignores).
func (s *SessionAuth) InsecureWithoutCSRF() *SessionAuth {
	return &SessionAuth{s.sessionSite, noMethod}
}

// CheckCSRF returns nil if the request has a safe method or comes from a page
// of the site. Otherwise it returns an [*ginauth.Error], 403 "CSRF Failed:
// ...", with Django's reasons (CsrfViewMiddleware). The authenticator calls it
// where the session is the credential; other handlers call it before they set
// cookies.
//
// Unless the config says otherwise this is Django's check. An Origin header
// must name the request's host or a trusted origin. Over HTTPS and without that
// header, Referer must do so. The header X-CSRFToken, or the field
// csrfmiddlewaretoken of a posted form, must hold a token of the secret in the
// CSRF cookie (see [SessionAuth.CSRFToken]). A form is read up to 2.5 MiB, and
// handlers can read it again. Tokens in the format of Django 3.2 and of later
// versions are accepted alike.
func (s *SessionAuth) CheckCSRF(c *gin.Context) error {
	if changesNothing(c.Request.Method) {
		return nil
	}
	return s.checkRequest(c)
}

func changesNothing(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// checks reports whether requests with a method are checked.
func (s *SessionAuth) checks(method string) bool {
	return s.check == everyMethod || s.check == unsafeMethods && !changesNothing(method)
}

func (s *SessionAuth) enforceCSRF(c *gin.Context) error {
	if !s.checks(c.Request.Method) {
		return nil
	}
	return s.checkRequest(c)
}

// checkRequest checks a request of any method.
func (s *sessionSite) checkRequest(c *gin.Context) error {
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
func (s *sessionSite) checkPage(r *http.Request) error {
	if failure := s.pages.Check(r); failure != nil {
		return csrfFailed(failure.Detail, failure.Cause)
	}
	cookie, sent := cookieOf(r, s.config.CSRFCookieName)
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

// CSRFToken returns a token for the pages and scripts of the site, which they
// send back as CheckCSRF expects, and sets the cookie that it belongs to
// (Django: get_token). Every call returns a different token; all of them are
// valid until the next login.
func (s *SessionAuth) CSRFToken(c *gin.Context) string {
	state := s.state(c)
	if state.secret == "" {
		cookie, _ := cookieOf(c.Request, s.config.CSRFCookieName)
		secret, ok := csrf.SecretOf(cookie)
		if !ok {
			secret = csrf.NewSecret()
		}
		state.secret = secret
	}
	s.setCSRFCookie(c, state.secret)
	return csrf.Token(state.secret)
}

// healCSRF replaces a CSRF cookie that no token can match, at whatever request a
// client sends it (Django since 4.0).
func (s *sessionSite) healCSRF(c *gin.Context) {
	if !s.healsCSRF {
		return
	}
	cookie, sent := cookieOf(c.Request, s.config.CSRFCookieName)
	if !sent {
		return
	}
	if _, ok := csrf.SecretOf(cookie); !ok && s.state(c).secret == "" {
		s.rotateCSRF(c)
	}
}

// rotateCSRF gives the client a new secret, so that a secret planted before the
// login is worthless after it (Django: rotate_token).
func (s *sessionSite) rotateCSRF(c *gin.Context) {
	secret := csrf.NewSecret()
	s.state(c).secret = secret
	s.setCSRFCookie(c, secret)
}
