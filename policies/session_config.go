package policies

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/ginauth/ginauth/internal/cookies"
	"github.com/ginauth/ginauth/models/session"
)

// SessionConfig configures [Session]. The zero value stands for Django's
// default settings, except that cookies are sent over HTTPS only.
type SessionConfig struct {
	// how long a session lives after it was last written (SESSION_COOKIE_AGE);
	// default: two weeks
	Age time.Duration
	// how long it lives after the login, whatever happens in it; default: no
	// limit, see [session.Config]
	MaxAge time.Duration

	// SaveEveryRequest restarts the Age at each request of a logged-in user, at
	// the price of an UPDATE (SESSION_SAVE_EVERY_REQUEST). If the database
	// cannot write, as on a standby, the request goes on, the session ends when
	// it would have ended anyway, and that is logged. Default: a session ends
	// an Age after it was last written.
	SaveEveryRequest bool

	// RecordUse records which device uses each session, from which address, and
	// when it last did, to the minute, for [handlers.MountSessionList]. It needs a
	// table of ginauth's own, which [models.Migrate] makes, and costs an INSERT
	// or UPDATE for each session and minute in which it is used. A request goes
	// on if that fails. Default: only what Django records.
	RecordUse bool

	// BrowserSession makes browsers forget the session when they are closed
	// (SESSION_EXPIRE_AT_BROWSER_CLOSE).
	BrowserSession bool

	// Backends are the login backends whose sessions are believed
	// (AUTHENTICATION_BACKENDS). A session created here names the first.
	// Default: django.contrib.auth.backends.ModelBackend.
	Backends []string

	// SESSION_COOKIE_NAME; default: "sessionid". "__Host-sessionid" keeps
	// sibling domains out
	CookieName     string
	CSRFCookieName string // CSRF_COOKIE_NAME; default: "csrftoken"
	// the header in which scripts send the token (CSRF_HEADER_NAME); default:
	// "X-CSRFToken"
	CSRFHeader string
	// SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN; default: this host only
	CookieDomain string
	SameSite     http.SameSite // of both cookies; default: [http.SameSiteLaxMode]

	// InsecureCookie lets browsers send both cookies over plain HTTP. Without
	// it the site is treated as one that clients reach by HTTPS, whatever a
	// proxy does: unsafe requests must name an https page as their origin.
	InsecureCookie bool

	// TrustedOrigins are other origins that may make unsafe requests, such as
	// "https://app.example.com" or "https://*.example.com", which covers
	// https://example.com too, as in Django (CSRF_TRUSTED_ORIGINS, in the
	// format of Django 4.0). The host of the request itself is always one. If a
	// proxy changes the Host header, name the public host here.
	TrustedOrigins []string

	// Logger is told, once, that requests come over plain HTTP although the
	// cookies are Secure. Default: [slog.Default] at the time of the call to
	// Session.
	Logger *slog.Logger

	// CrossOrigin replaces Django's tokens, if it is not nil: unsafe requests
	// are refused if the browser says that they come from another origin. It is
	// for projects without clients that were made for Django; neither tokens
	// nor the CSRF cookie are needed. It has trusted origins of its own.
	CrossOrigin *http.CrossOriginProtection
}

// withDefaults fills in the names.
func (config SessionConfig) withDefaults() SessionConfig {
	config.CookieName = cmp.Or(config.CookieName, "sessionid")
	config.CSRFCookieName = cmp.Or(config.CSRFCookieName, "csrftoken")
	return config
}

// cookies returns the part of the config that concerns the cookies.
func (config SessionConfig) cookies() cookies.Config {
	return cookies.Config{
		Owner: "policies.Session", Setting: "policies.SessionConfig",
		Names: []string{config.CookieName}, CSRFCookieName: config.CSRFCookieName, CSRFHeader: config.CSRFHeader,
		Domain: config.CookieDomain, SameSite: config.SameSite, InsecureCookie: config.InsecureCookie,
		TrustedOrigins: config.TrustedOrigins, Logger: config.Logger, CrossOrigin: config.CrossOrigin,
	}
}

// store returns the part of the config that concerns the table.
func (config SessionConfig) store() session.Config {
	return session.Config{
		Age: config.Age, MaxAge: config.MaxAge, Backends: config.Backends, RecordUse: config.RecordUse,
	}
}
