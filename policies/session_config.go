package policies

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models"
)

// SessionConfig configures [Session]. The zero value is Django's default settings, but for cookies that are sent over HTTPS only.
type SessionConfig struct {
	Age    time.Duration // how long a session lives after it was last written (SESSION_COOKIE_AGE); default: two weeks
	MaxAge time.Duration // how long it lives after the login, whatever happens in it; default: without end, see [models.SessionConfig]

	// SaveEveryRequest makes each request of a user who is logged in begin the Age anew, at the price of an UPDATE
	// (SESSION_SAVE_EVERY_REQUEST). If the database cannot write, as a standby cannot, the request goes on, the session ends when it
	// would have, and that is logged. Default: a session ends an Age after it was last written.
	SaveEveryRequest bool

	// BrowserSession makes browsers forget the session when they are closed (SESSION_EXPIRE_AT_BROWSER_CLOSE).
	BrowserSession bool

	// Backends are the login backends whose sessions are believed (AUTHENTICATION_BACKENDS). A session that is made here names
	// the first. Default: django.contrib.auth.backends.ModelBackend.
	Backends []string

	CookieName     string        // SESSION_COOKIE_NAME; default: "sessionid". "__Host-sessionid" keeps sibling domains out
	CSRFCookieName string        // CSRF_COOKIE_NAME; default: "csrftoken"
	CSRFHeader     string        // the header that scripts send the token in (CSRF_HEADER_NAME); default: "X-CSRFToken"
	CookieDomain   string        // SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN; default: this host only
	SameSite       http.SameSite // of both cookies; default: [http.SameSiteLaxMode]

	// InsecureCookie lets browsers send both cookies over plain HTTP. Without it the site counts as one that is reached by HTTPS,
	// whatever a proxy makes of it: unsafe requests must name an https page as their origin.
	InsecureCookie bool

	// TrustedOrigins are other origins that may make unsafe requests, such as "https://app.example.com" or
	// "https://*.example.com" (CSRF_TRUSTED_ORIGINS, in the form of Django 4.0). The host of the request itself is always one;
	// a proxy that changes the Host header makes it necessary to name the public one here.
	TrustedOrigins []string

	// InsecureIgnoreOrigin makes the check that of Django 3.2, which does not look at the header Origin.
	InsecureIgnoreOrigin bool

	// Logger is told, once, that requests come over plain HTTP although the cookies
	// are Secure. Default: [slog.Default] as it is when Session is called.
	Logger *slog.Logger

	// CrossOrigin replaces Django's tokens, if it is not nil: unsafe requests are refused if the browser says that they come from
	// another origin. It is for projects without clients that were made for Django; neither tokens nor the CSRF cookie are needed. It has
	// trusted origins of its own.
	CrossOrigin *http.CrossOriginProtection
}

// withDefaults fills in the defaults. It panics on what cannot work.
func (config SessionConfig) withDefaults() SessionConfig {
	defaults := func(value *string, otherwise string) {
		if *value == "" {
			*value = otherwise
		}
		if strings.ContainsFunc(*value, notTokenRune) {
			panic("policies: Session: a name must be made of letters, digits and -_. only, not " + *value)
		}
	}
	defaults(&config.CookieName, "sessionid")
	defaults(&config.CSRFCookieName, "csrftoken")
	defaults(&config.CSRFHeader, "X-CSRFToken")
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.SameSite == 0 {
		config.SameSite = http.SameSiteLaxMode
	}
	if config.CookieName == config.CSRFCookieName {
		panic("policies: Session: the session and the CSRF token need cookies of different names")
	}
	config.checkCrossOrigin()
	config.checkCookie(config.CookieName)
	config.checkCookie(config.CSRFCookieName)
	return config
}

// checkCrossOrigin panics on options of a check that is not made.
func (config SessionConfig) checkCrossOrigin() {
	switch {
	case config.CrossOrigin == nil:
	case len(config.TrustedOrigins) > 0:
		panic("policies: Session: TrustedOrigins have no effect with CrossOrigin; give them to its method AddTrustedOrigin")
	case config.InsecureIgnoreOrigin:
		panic("policies: Session: InsecureIgnoreOrigin has no effect with CrossOrigin; leave one of them out")
	}
}

// checkCookie panics on a cookie that browsers would drop.
func (config SessionConfig) checkCookie(name string) {
	host, secure := strings.HasPrefix(name, "__Host-"), strings.HasPrefix(name, "__Secure-")
	switch {
	case config.InsecureCookie && (host || secure):
		panic("policies: Session: browsers take the cookie " + name + " over HTTPS only; leave InsecureCookie out, or the prefix")
	case config.CookieDomain != "" && host:
		panic("policies: Session: browsers take the cookie " + name + " for one host only; leave CookieDomain out, or the prefix")
	case config.InsecureCookie && config.SameSite == http.SameSiteNoneMode:
		panic("policies: Session: browsers take cookies with SameSite=None over HTTPS only; leave InsecureCookie out")
	}
}

// store is the part of the config that is about the table.
func (config SessionConfig) store() models.SessionConfig {
	return models.SessionConfig{Age: config.Age, MaxAge: config.MaxAge, Backends: config.Backends}
}

// trustedOrigin is one of the TrustedOrigins.
type trustedOrigin struct {
	scheme, host string // the host may begin with a full stop, which stands for all below it
}

func parseOrigin(text string) trustedOrigin {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		panic("policies: Session: TrustedOrigins are like https://example.com or https://*.example.com, not " + text)
	}
	host, all := strings.CutPrefix(u.Host, "*")
	if strings.Contains(host, "*") || all && !strings.HasPrefix(host, ".") {
		panic("policies: Session: in TrustedOrigins only a whole first label can be *, not " + text)
	}
	return trustedOrigin{u.Scheme, host}
}

// covers is Django's is_same_domain, of which the origin itself and, with a full stop in front, all below it match.
func (o trustedOrigin) covers(scheme, host string) bool {
	if strings.HasPrefix(o.host, ".") {
		return o.scheme == scheme && strings.HasSuffix(host, o.host)
	}
	return o.scheme == scheme && o.host == host
}
