package cookies

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Values returns the values of all cookies with a name, as Django reads them: a
// value may contain anything but a semicolon. net/http drops cookies that it
// considers malformed, as if they had not been sent.
//
// Only spaces and tabs around a name are removed. Django removes all white
// space of Unicode, so that a sibling domain can plant "\u2000__Host-name",
// which browsers do not recognise as a name with a prefix.
func Values(r *http.Request, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range r.Header["Cookie"] {
			for pair := range strings.SplitSeq(line, ";") {
				key, text, ok := strings.Cut(pair, "=")
				if ok && strings.Trim(key, " \t") == name && !yield(unquoted(strings.TrimSpace(text))) {
					return
				}
			}
		}
	}
}

// Last returns the value of a cookie. Of two with one name the last counts, as
// in Django.
func Last(r *http.Request, name string) (value string, sent bool) {
	for value = range Values(r, name) {
		sent = true
	}
	return value, sent
}

// unquoted removes the quotes that may surround a value.
func unquoted(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// Credential returns a cookie that scripts cannot read. If lasts is zero it
// lasts until the browser is closed.
func (s *Site) Credential(name, value string, lasts time.Duration) *http.Cookie {
	cookie := s.cookie(name, value)
	cookie.HttpOnly = true
	if lasts != 0 {
		cookie.Expires = time.Now().Add(lasts)
		cookie.MaxAge = max(1, int(lasts/time.Second))
	}
	return cookie
}

// Send sets a cookie that the client is to keep.
func (s *Site) Send(c *gin.Context, cookie *http.Cookie) {
	s.warnOfLostCookie(c)
	set(c, cookie)
}

// Delete deletes a cookie that holds a credential.
func (s *Site) Delete(c *gin.Context, name string) {
	cookie := s.cookie(name, "")
	cookie.HttpOnly = true
	cookie.Expires = time.Unix(0, 0).UTC()
	cookie.MaxAge = -1
	set(c, cookie)
}

func (s *Site) cookie(name, value string) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", Domain: s.config.Domain,
		Secure: !s.config.InsecureCookie, SameSite: s.config.SameSite,
	}
}

// set sets a cookie, replacing one of that name that the response already sets.
func set(c *gin.Context, cookie *http.Cookie) {
	header := c.Writer.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(c.Writer, cookie)
}

// Vary tells caches that the response depends on the request's cookies (Django:
// patch_vary_headers).
func Vary(c *gin.Context) {
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
