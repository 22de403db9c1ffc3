package oidc

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/policies/jwt"
)

// Config is which tokens are believed, and how the keys are had. Issuer and Audience are required.
type Config struct {
	Issuer   string   // the issuer's URL, as the claim iss has it, to the letter; https, or http to this machine
	Audience []string // the claim aud must have one of these: the name by which the issuer knows this API

	Algorithms []string      // default: RS256, PS256, ES256 and EdDSA; never one with a secret, never none
	Types      []string      // typ in the header; "" stands for a header without it; default: "JWT", "at+jwt" and ""
	Leeway     time.Duration // how far clocks may differ; default: 30 seconds

	// UserClaim names a user, and UserField is the unique column of the user model where that name is. There is no default for the
	// column: who can choose a claim's value with the issuer is every user whom that value names. The claim is a text or a number. An email
	// counts only if the token has email_verified too.
	UserClaim string // default: "sub", which alone an issuer never gives to somebody else
	UserField string // required by Authenticator, e.g. "username"

	JWKSURL string // where the issuer's keys are; default: what <Issuer>/.well-known/openid-configuration says (jwks_uri)

	RefreshInterval time.Duration // older keys are fetched anew, in the background; default: 15 minutes
	RetryInterval   time.Duration // the least time between two fetches, whatever tokens say; default: 10 seconds
	MaxStale        time.Duration // how old keys may be while the issuer cannot be asked; default: 24 hours
	Timeout         time.Duration // for one fetch; default: 5 seconds

	Transport     http.RoundTripper // default: http.DefaultTransport
	Logger        *slog.Logger      // fetches that fail in the background; default: discards
	MaxTokenBytes int               // a longer token is refused unread; default: 16 KiB
	Now           func() time.Time  // default: time.Now
}

// withDefaults returns the config with its defaults, or panics with what is wrong with it. What is about tokens only is checked by
// package jwt.
func (c Config) withDefaults(constructor string) Config {
	c.UserClaim = cmp.Or(c.UserClaim, "sub")
	c.Leeway = cmp.Or(c.Leeway, 30*time.Second)
	c.RefreshInterval = cmp.Or(c.RefreshInterval, 15*time.Minute)
	c.RetryInterval = cmp.Or(c.RetryInterval, 10*time.Second)
	c.MaxStale = cmp.Or(c.MaxStale, 24*time.Hour)
	c.Timeout = cmp.Or(c.Timeout, 5*time.Second)
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
	if err := c.check(); err != nil {
		panic("oidc: " + constructor + ": " + err.Error())
	}
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
	if c.JWKSURL != "" {
		if err := checkURL(c.JWKSURL, c.local()); err != nil {
			return errors.New("the JWKSURL " + err.Error())
		}
	}
	switch {
	case len(c.Audience) == 0:
		return errors.New("the Audience is missing; without one, tokens that the issuer made for others would be good here")
	case c.Leeway < 0 || min(c.RefreshInterval, c.RetryInterval, c.MaxStale, c.Timeout) <= 0:
		return errors.New("a duration is negative")
	case c.RetryInterval > c.RefreshInterval || c.RefreshInterval > c.MaxStale:
		return errors.New("the RetryInterval must not exceed RefreshInterval, nor that MaxStale")
	}
	return nil
}

// checkURL returns why keys cannot be had from a URL: over plain HTTP anybody on the way could replace them.
func checkURL(text string, mayBeLocal bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "":
		return errors.New("is no URL") // which may hold a password
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

// verifier returns what checks the tokens.
func (c Config) verifier(keys jwt.KeySource) *jwt.Verifier {
	return jwt.NewVerifier(keys, jwt.VerifierConfig{
		Issuer: c.Issuer, Audience: c.Audience, Algorithms: c.Algorithms, Types: c.Types, Leeway: c.Leeway,
		UserIDClaim: c.UserClaim, MaxTokenBytes: c.MaxTokenBytes, Now: c.Now,
	})
}
