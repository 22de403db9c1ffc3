package oidc

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies/jwt"
)

// Config says which tokens are accepted, and how their keys are fetched. Issuer
// and Audience are required.
type Config struct {
	// Issuer is the issuer's URL, exactly as in the claim iss. It must be
	// https, or http to this machine.
	//
	// An issuer of many tenants has {tenantid} in place of a segment of the
	// path, literally, as Microsoft's https://login.microsoftonline.com/{tenantid}/v2.0.
	// The claim iss must then be the Issuer with the claim tid put in, a key
	// that has an issuer of its own must have the same one, and exactly one of
	// the next three fields is required. A subject of one tenant is not the
	// same subject of another: whatever names a user is preceded by the tenant
	// and a colon, in the column UserField, in [TokenUser] and in the UserID of
	// tokens.
	Issuer string

	// Tenants are the tenants whose users may come in, as the claim tid names
	// them.
	Tenants []string

	// TenantFunc reports whether the users of a tenant may come in, such as
	// those of a customer. It is called with a GUID, for every token whose
	// signature is valid, and must be safe for concurrent use. An error is a
	// failure, 503.
	TenantFunc func(ctx context.Context, tenant string) (bool, error)

	// InsecureAnyTenant lets the users of all tenants come in: of each
	// organization, and each person, that has an account at the issuer.
	InsecureAnyTenant bool

	// Audience holds names by which the issuer knows this API. The claim aud
	// must contain one of them.
	Audience []string

	// Algorithms never include one with a secret, and never none. Default:
	// RS256, PS256, ES256 and EdDSA.
	Algorithms []string

	// Types are the accepted values of typ in the header; "" stands for a
	// header without it. Default: "JWT", "at+jwt" and "".
	Types []string

	Leeway time.Duration // how far clocks may differ; default: 30 seconds

	// UserClaim names a user. It is a string or a number. An email counts only
	// if the token also has email_verified. Default: "sub", the only claim that
	// an issuer never gives to another user.
	UserClaim string

	// UserField is the unique column of the user model that holds this name,
	// e.g. "username". NewAuthenticator requires it. It has no default: an
	// issuer's user who can choose the value of the claim can become any user
	// whom the value names.
	UserField string

	// JWKSURL is the address of the issuer's keys. Default: the jwks_uri in
	// <Issuer>/.well-known/openid-configuration, with "common" for {tenantid}.
	JWKSURL string

	// RefreshInterval is the age from which keys are fetched again, in the
	// background. Default: 15 minutes.
	RefreshInterval time.Duration

	// RetryInterval is the minimum time between two fetches, whatever tokens
	// say. Default: 10 seconds.
	RetryInterval time.Duration

	// MaxStale is the maximum age of keys while the issuer is unreachable.
	// Default: 24 hours.
	MaxStale time.Duration

	Timeout time.Duration // for one fetch; default: 5 seconds

	Transport     http.RoundTripper // default: http.DefaultTransport
	Logger        *slog.Logger      // logs fetches that fail in the background; default: discards
	MaxTokenBytes int               // a longer token is refused unread; default: 16 KiB
	Now           func() time.Time  // default: time.Now
}

// withDefaults returns the config with its defaults, or panics with a message
// that says what is wrong. Package jwt checks the options that concern tokens
// only.
func (c Config) withDefaults(constructor string) Config {
	c.UserClaim = cmp.Or(c.UserClaim, "sub")
	c.Leeway = cmp.Or(c.Leeway, 30*time.Second)
	c.RefreshInterval = cmp.Or(c.RefreshInterval, 15*time.Minute)
	c.RetryInterval = cmp.Or(c.RetryInterval, 10*time.Second)
	c.MaxStale = cmp.Or(c.MaxStale, 24*time.Hour)
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
	c.MaxTokenBytes = cmp.Or(c.MaxTokenBytes, 16<<10)
	c.Tenants = slices.Clone(c.Tenants)
	c.Audience, c.Algorithms, c.Types = slices.Clone(c.Audience), slices.Clone(c.Algorithms), slices.Clone(c.Types)
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	wiring.Check(constructor, c.check())
	return c
}

func (c Config) check() error {
	if c.Issuer == "" {
		return errors.New("the Issuer is missing; give the URL that tokens have in iss")
	}
	if err := checkURL(c.Issuer, true); err != nil {
		return errors.New("the Issuer " + err.Error())
	}
	if strings.Contains(c.Issuer, "?") {
		return errors.New("the Issuer must be without a query")
	}
	if err := c.checkTenants(); err != nil {
		return err
	}
	if c.JWKSURL != "" {
		if err := checkURL(c.JWKSURL, c.local()); err != nil {
			return errors.New("the JWKSURL " + err.Error())
		}
	}
	switch {
	case len(c.Audience) == 0:
		return errors.New("the Audience is missing; without one, tokens that the issuer made for others " +
			"would be good here")
	case c.Leeway < 0 || min(c.RefreshInterval, c.RetryInterval, c.MaxStale, c.Timeout) <= 0:
		return errors.New("a duration is negative")
	case c.RetryInterval > c.RefreshInterval || c.RefreshInterval > c.MaxStale:
		return errors.New("the RetryInterval must not exceed RefreshInterval, nor that MaxStale")
	}
	return nil
}

// checkURL returns why keys cannot be fetched from a URL: over plain HTTP
// anyone on the path could replace them.
func checkURL(text string, mayBeLocal bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "":
		return errors.New("is not a URL") // the URL may contain a password
	case u.User != nil || u.Fragment != "":
		return errors.New("must be without user and fragment")
	case u.Scheme == "https", u.Scheme == "http" && mayBeLocal && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("must be https; http only to this machine, for development")
}

// local reports whether the issuer is on this machine.
func (c Config) local() bool { return strings.HasPrefix(c.Issuer, "http://") }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// verifierOf returns the verifier of an issuer's tokens.
func (c Config) verifierOf(issuer string, keys keyFunc) *jwt.Verifier {
	return jwt.NewVerifier(jwt.VerifierConfig{
		Keys: keys, Issuer: issuer, Audience: c.Audience, Algorithms: c.Algorithms, Types: c.Types, Leeway: c.Leeway,
		UserIDClaim: c.UserClaim, MaxTokenBytes: c.MaxTokenBytes, Now: c.Now,
	})
}
