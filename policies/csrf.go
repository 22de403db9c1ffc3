package policies

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
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
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return nil
	}
	return s.checkRequest(c)
}

func (s *SessionAuth) enforceCSRF(c *gin.Context) error {
	switch s.check {
	case noMethod:
		return nil
	case everyMethod:
		return s.checkRequest(c)
	}
	return s.CheckCSRF(c)
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
	err := s.checkOrigin(c.Request)
	if err == nil {
		err = s.checkToken(c.Request)
	}
	if err != nil {
		s.warnOfPlainHTTP(c)
	}
	return err
}

// checkToken compares the request's token with the cookie's.
func (s *sessionSite) checkToken(r *http.Request) error {
	cookie, sent := cookieOf(r, s.config.CSRFCookieName)
	if !sent {
		return csrfFailed("CSRF cookie not set.", "no cookie")
	}
	token, err := formToken(r)
	if err != nil {
		return err
	}
	if token == "" {
		token = strings.Join(r.Header.Values(s.config.CSRFHeader), ",")
	}
	want, formed := secretOf(cookie)
	got, ok := secretOf(token)
	if !formed || !ok || subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
		return csrfFailed("CSRF token missing or incorrect.", "wrong token")
	}
	return nil
}

// csrfFailed returns DRF's refusal. The log gets a reason that contains nothing
// the client sent.
func csrfFailed(reason, cause string) error {
	return ginauth.PermissionDenied().WithDetail("CSRF Failed: " + reason).Because(errors.New("CSRF: " + cause))
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
