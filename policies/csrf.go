package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/cookies"
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
func (s *SessionAuth) CheckCSRF(c *gin.Context) error { return s.cookies.CheckUnsafe(c) }

// checks reports whether requests with a method are checked.
func (s *SessionAuth) checks(method string) bool {
	return s.check == everyMethod || s.check == unsafeMethods && !cookies.ChangesNothing(method)
}

func (s *SessionAuth) enforceCSRF(c *gin.Context) error {
	if !s.checks(c.Request.Method) {
		return nil
	}
	return s.cookies.Check(c)
}

// CSRFToken returns a token for the pages and scripts of the site, which they
// send back as CheckCSRF expects, and sets the cookie that it belongs to
// (Django: get_token). Every call returns a different token; all of them are
// valid until the next login.
func (s *SessionAuth) CSRFToken(c *gin.Context) string { return s.cookies.Token(c) }
