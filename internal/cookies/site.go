package cookies

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/ginauth/ginauth/internal/csrf"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Config describes the cookies of a site. Its fields are documented where
// applications set them, at policies.SessionConfig and jwt.Cookies.
type Config struct {
	Owner   string // the class, in messages: "policies.Session"
	Setting string // the type that has the field InsecureCookie: "policies.SessionConfig"

	Names          []string // of the cookies with credentials
	CSRFCookieName string
	CSRFHeader     string // default: "X-CSRFToken"
	Domain         string
	SameSite       http.SameSite // default: [http.SameSiteLaxMode]
	InsecureCookie bool
	TrustedOrigins []string
	Logger         *slog.Logger // default: [slog.Default]
	CrossOrigin    *http.CrossOriginProtection
}

// Site sets the cookies of a site, and checks requests that carry them. It is
// safe for concurrent use.
type Site struct {
	config Config
	pages  csrf.Site // that may make unsafe requests
	heals  bool      // a malformed CSRF cookie is replaced
	plain  plainWarning
}

// New returns a site beside those releases. The error says what cannot work.
func New(config Config, releases stack.Releases) (*Site, error) {
	if config.CSRFHeader == "" {
		config.CSRFHeader = "X-CSRFToken"
	}
	if config.SameSite == 0 {
		config.SameSite = http.SameSiteLaxMode
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	s := &Site{
		config: config,
		heals:  releases.Has(stack.CSRFCookieReset) && config.CrossOrigin == nil,
		pages: csrf.Site{
			PlainHTTP:    config.InsecureCookie,
			IgnoreOrigin: !releases.Has(stack.OriginHeader),
			OneReason:    !releases.Has(stack.CSRFReasons),
		},
	}
	for _, text := range config.TrustedOrigins {
		origin, err := csrf.ParseOrigin(text)
		if err != nil {
			return nil, err
		}
		s.pages.Trusted = append(s.pages.Trusted, origin)
	}
	return s, nil
}

func (c *Config) check() error {
	seen := map[string]bool{}
	for _, name := range append([]string{c.CSRFCookieName}, c.Names...) {
		if seen[name] {
			return fmt.Errorf("cookies need different names, and two have %s", name)
		}
		seen[name] = true
		if err := c.checkCookie(name); err != nil {
			return err
		}
	}
	switch {
	case !wiring.IsWord(c.CSRFHeader):
		return notAWord(c.CSRFHeader)
	case c.CrossOrigin != nil && len(c.TrustedOrigins) > 0:
		return errors.New("TrustedOrigins have no effect with CrossOrigin; give them to its method AddTrustedOrigin")
	}
	return nil
}

// checkCookie returns an error for a cookie that browsers would drop.
func (c *Config) checkCookie(name string) error {
	lower := strings.ToLower(name) // browsers compare prefixes without case
	host, secure := strings.HasPrefix(lower, "__host-"), strings.HasPrefix(lower, "__secure-")
	switch {
	case !wiring.IsWord(name):
		return notAWord(name)
	case c.InsecureCookie && (host || secure):
		return fmt.Errorf("browsers take the cookie %s over HTTPS only; leave InsecureCookie out, or the prefix", name)
	case c.Domain != "" && host:
		return fmt.Errorf("browsers take the cookie %s for one host only; leave CookieDomain out, or the prefix", name)
	case c.InsecureCookie && c.SameSite == http.SameSiteNoneMode:
		return errors.New("browsers take cookies with SameSite=None over HTTPS only; leave InsecureCookie out")
	}
	return nil
}

func notAWord(name string) error {
	return fmt.Errorf("a name must be made of letters, digits and -_. only, not %s", name)
}
