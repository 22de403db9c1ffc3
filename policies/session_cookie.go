package policies

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/models/session"
)

// csrfCookieAge is CSRF_COOKIE_AGE, a year.
const csrfCookieAge = 364 * 24 * time.Hour

// cookieOf returns the value of a cookie as Django reads it: of two cookies
// with one name the last counts, and a value may contain anything but a
// semicolon. net/http drops cookies that it considers malformed, as if they had
// not been sent.
func cookieOf(r *http.Request, name string) (value string, sent bool) {
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			key, text, ok := strings.Cut(pair, "=")
			if ok && strings.TrimSpace(key) == name {
				value, sent = unquoteCookie(strings.TrimSpace(text)), true
			}
		}
	}
	return value, sent
}

// unquoteCookie removes the quotes that may surround a value.
func unquoteCookie(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

func (s *sessionSite) setSessionCookie(c *gin.Context, session *session.Session) {
	cookie := s.cookie(s.config.CookieName, string(session.Key))
	cookie.HttpOnly = true
	if !s.config.BrowserSession && !session.EndsWithBrowser() {
		cookie.Expires = session.ExpireDate
		cookie.MaxAge = max(1, int(time.Until(session.ExpireDate).Round(time.Second)/time.Second))
	}
	s.send(c, cookie)
}

func (s *sessionSite) deleteSessionCookie(c *gin.Context) {
	cookie := s.cookie(s.config.CookieName, "")
	cookie.HttpOnly = true
	cookie.Expires = time.Unix(0, 0).UTC()
	cookie.MaxAge = -1
	setCookie(c, cookie)
}

// setCSRFCookie sends a secret. Scripts read the cookie, so it is not HttpOnly.
func (s *sessionSite) setCSRFCookie(c *gin.Context, secret string) {
	cookie := s.cookie(s.config.CSRFCookieName, secret)
	cookie.Expires = time.Now().Add(csrfCookieAge)
	cookie.MaxAge = int(csrfCookieAge / time.Second)
	s.send(c, cookie)
	varyByCookie(c)
}

func (s *sessionSite) cookie(name, value string) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", Domain: s.config.CookieDomain,
		Secure: !s.config.InsecureCookie, SameSite: s.config.SameSite,
	}
}

// send sets a cookie that the client is to keep.
func (s *sessionSite) send(c *gin.Context, cookie *http.Cookie) {
	s.warnOfLostCookie(c)
	setCookie(c, cookie)
}

// setCookie sets a cookie, replacing one of that name that the response already
// sets.
func setCookie(c *gin.Context, cookie *http.Cookie) {
	header := c.Writer.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(c.Writer, cookie)
}

// varyByCookie tells caches that the response depends on the request's cookies
// (Django: patch_vary_headers).
func varyByCookie(c *gin.Context) {
	header := c.Writer.Header()
	for _, line := range header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return
			}
		}
	}
	header.Add("Vary", "Cookie")
}
