package jwt

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/cookies"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Cookies configures tokens in the cookies of browsers, see [Config]. The zero
// value is for pages of the API's own host that are reached by HTTPS.
type Cookies struct {
	// AccessName and RefreshName are the names of the cookies (dj-rest-auth:
	// JWT_AUTH_COOKIE, JWT_AUTH_REFRESH_COOKIE). Default: "__Host-access" and
	// "__Host-refresh", which no sibling domain can plant; with InsecureCookie
	// "access" and "refresh".
	AccessName, RefreshName string

	// CSRFCookieName is the name of the CSRF token's cookie. Default:
	// "__Host-csrftoken"; with InsecureCookie "csrftoken". Django's cookie, and
	// that of [policies.Session], is "csrftoken": to share it, name it here.
	CSRFCookieName string

	CSRFHeader string        // in which scripts send the token; default: "X-CSRFToken"
	SameSite   http.SameSite // of all cookies; default: [http.SameSiteLaxMode]

	// InsecureCookie lets browsers send the cookies over plain HTTP, for
	// development.
	InsecureCookie bool

	// TrustedOrigins are other origins that may make unsafe requests, as in
	// [policies.SessionConfig].
	TrustedOrigins []string

	// CrossOrigin replaces CSRF tokens, if it is not nil: unsafe requests are
	// refused if the browser says that they come from another origin. It has
	// trusted origins of its own. It is the simpler choice for single-page
	// applications.
	CrossOrigin *http.CrossOriginProtection

	// Logger is told, once, that requests come over plain HTTP although the
	// cookies are Secure. Default: [slog.Default] at the time of the call of
	// the constructor.
	Logger *slog.Logger
}

// jar keeps the tokens of browsers in cookies.
type jar struct {
	*cookies.Site
	config Cookies
}

// newJar returns the jar of a config, or nil without one.
func newJar(constructor string, config *Cookies, beside stack.Releases) *jar {
	if config == nil {
		return nil
	}
	own, prefix := *config, "__Host-"
	if own.InsecureCookie {
		prefix = ""
	}
	own.AccessName = cmp.Or(own.AccessName, prefix+"access")
	own.RefreshName = cmp.Or(own.RefreshName, prefix+"refresh")
	own.CSRFCookieName = cmp.Or(own.CSRFCookieName, prefix+"csrftoken")
	site, err := cookies.New(cookies.Config{
		Owner: "package jwt", Setting: "jwt.Cookies",
		Names:          []string{own.AccessName, own.RefreshName},
		CSRFCookieName: own.CSRFCookieName, CSRFHeader: own.CSRFHeader,
		SameSite: own.SameSite, InsecureCookie: own.InsecureCookie,
		TrustedOrigins: slices.Clone(own.TrustedOrigins), Logger: own.Logger, CrossOrigin: own.CrossOrigin,
	}, beside)
	wiring.Check(constructor+": Config.Cookies", err)
	return &jar{site, own}
}

var errTwoCookies = errors.New("jwt: two cookies of one name")

// only returns the value of the cookie with a name, or
// [ginauth.ErrNoCredentials]. Two cookies with one name are refused: a sibling
// domain may have planted one of them, and nothing tells which.
func (j *jar) only(r *http.Request, name string) (token string, err error) {
	err = ginauth.ErrNoCredentials
	for value := range cookies.Values(r, name) {
		if err == nil {
			return "", ginauth.AuthenticationFailed().WithCode(notValid).
				WithDetail(detail{"More than one cookie is named " + name, notValid, nil}).Because(errTwoCookies)
		}
		token, err = value, nil
	}
	return token, err
}

// name returns the name of the cookie for tokens of a type, or "".
func (j *jar) name(kind Type) string {
	switch kind {
	case Access:
		return j.config.AccessName
	case Refresh:
		return j.config.RefreshName
	}
	return ""
}

// maxCookie is how many bytes of a cookie, with its name and attributes,
// browsers must take (RFC 6265 section 6.1). They drop longer ones silently.
const maxCookie = 4096

// fits returns a failure if browsers would drop a token.
func (j *jar) fits(d draft, token string) error {
	if j == nil || j.name(d.kind) == "" {
		return nil
	}
	n := len(j.Credential(j.name(d.kind), token, d.expires.Sub(d.issued)).String())
	if n <= maxCookie {
		return nil
	}
	return ginauth.ServerError(fmt.Errorf("jwt: the cookie %s has %d bytes, "+
		"and browsers drop cookies of more than %d: "+
		"return fewer claims from Config.Claims, or use a key with shorter signatures", j.name(d.kind), n, maxCookie))
}

// expiresAnswer is the answer to a request whose tokens are in cookies.
type expiresAnswer struct {
	ExpiresIn int `json:"expires_in"` // seconds until the access token expires (RFC 6749 section 5.1)
}

// deliver sends tokens to a browser.
func (c *Config) deliver(ctx *gin.Context, pair Issued) expiresAnswer {
	cookies.Vary(ctx)
	now := c.Now()
	access := c.endOf(pair.Access).Sub(now)
	c.jar.Send(ctx, c.jar.Credential(c.jar.config.AccessName, pair.Access, access))
	if pair.Refresh != "" {
		c.jar.Send(ctx, c.jar.Credential(c.jar.config.RefreshName, pair.Refresh, c.endOf(pair.Refresh).Sub(now)))
	}
	return expiresAnswer{int(access / time.Second)}
}

// endOf returns when a token of ours expires.
func (c *Config) endOf(token string) time.Time {
	parts, _ := c.split(token)
	_, list, _ := parts.claims()
	at, _ := list.time(claimExpiry)
	return at
}

// useless reports whether, after a logout with that result, the browser's tokens
// can no longer be used. After a database failure they may be; with
// [errTwoCookies] it is unknown.
func useless(err error) bool {
	if err == nil || errors.Is(err, ginauth.ErrNoCredentials) {
		return true
	}
	refused, ok := errors.AsType[*ginauth.Error](err)
	return ok && refused.Status == http.StatusUnauthorized && !errors.Is(err, errTwoCookies)
}

// empty deletes the tokens of a browser.
func (j *jar) empty(c *gin.Context) {
	cookies.Vary(c)
	j.Delete(c, j.config.AccessName)
	j.Delete(c, j.config.RefreshName)
}

// checkDeploy returns what is unfit for production, or nil.
func (j *jar) checkDeploy() error {
	if j == nil || !j.config.InsecureCookie {
		return nil
	}
	return errors.New("insecure-cookie: browsers send the tokens over plain HTTP; remove jwt.Cookies.InsecureCookie")
}
