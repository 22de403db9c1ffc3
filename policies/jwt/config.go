package jwt

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Type is the claim token_type, which says what a token is for.
type Type string

// The types of simplejwt. An access token is for requests, a refresh token only
// for obtaining new access tokens, and a sliding token for both.
const (
	Access  Type = "access"
	Refresh Type = "refresh"
	Sliding Type = "sliding"
)

// Config is simplejwt's SIMPLE_JWT, with its defaults. Only Key is required.
// The names of claims other than the user's are simplejwt's: token_type, jti,
// refresh_exp.
type Config struct {
	// Key signs and verifies (ALGORITHM, SIGNING_KEY). A key that only verifies
	// (VERIFYING_KEY) is for authenticators.
	Key Key

	// VerificationKeys are accepted besides Key, and never sign: older keys
	// with tokens that have not expired yet, and future keys.
	//
	//   - A token that names a key (kid) is checked with that key only, and
	//     only if the key is for the algorithm that the token names.
	//   - A token that names no key, or one that no key here has as its id, is
	//     checked with the keys of its algorithm that have no id: simplejwt
	//     writes no ids, and ignores them.
	//
	// At most 15 keys. Two of them may lack an id, or three if Key has one.
	VerificationKeys []Key

	AccessLifetime         time.Duration // ACCESS_TOKEN_LIFETIME; default: 5 minutes
	RefreshLifetime        time.Duration // REFRESH_TOKEN_LIFETIME; default: 1 day
	SlidingLifetime        time.Duration // SLIDING_TOKEN_LIFETIME; default: 5 minutes
	SlidingRefreshLifetime time.Duration // SLIDING_TOKEN_REFRESH_LIFETIME; default: 1 day
	Leeway                 time.Duration // LEEWAY: how far clocks may differ, at most 12 hours; default: none

	// LoginLifetime is the time after a login at which all tokens that descend
	// from it end, however often they are refreshed. Their claim auth_time
	// (OpenID Connect, RFC 9068), which simplejwt copies, holds the time of the
	// login. A token without it, from before the option was set or from Django,
	// counts from its own iat, which the claim ginauth_since then holds.
	// Default: no limit and no such claim, as in simplejwt.
	LoginLifetime time.Duration

	// RecordLogin writes into the tokens of every login when it was, auth_time,
	// and what the user has proved, amr (RFC 8176), for
	// [policies.RecentLogin], [policies.HasFactor] and other services. Refreshed
	// tokens inherit both. Default: only into those of a login with a factor
	// beside the password, so that all others are simplejwt's.
	RecordLogin bool

	// RotateRefreshTokens makes each refresh also return a new refresh token
	// (ROTATE_REFRESH_TOKENS). BlacklistAfterRotation then revokes the used one
	// (BLACKLIST_AFTER_ROTATION): it can be used once, by the first client to
	// present it.
	RotateRefreshTokens, BlacklistAfterRotation bool

	// RefreshGrace, if not zero, is the time after its first use during which a
	// refresh token may be used again. Clients that race with one token, such
	// as the tabs of a browser, or that did not get the answer, then get the
	// same successor.
	//
	// A client that presents a used token later than that ends the token's
	// whole family, all tokens that descend from one login, because one of the
	// token's two holders must have stolen it. Observers are told so once, by
	// [ginauth.CredentialReused], which is logged at level Warn. A logout at
	// Endpoints.Blacklist ends the family too. Access tokens carry the family's
	// name in the claim sid, so that they end with it.
	//
	// Some seconds are enough. RefreshGrace requires both of the options above
	// and [models.Migrate], and must be the same on all servers. Zero is
	// simplejwt's behaviour: exactly one use, and access tokens live until they
	// expire.
	RefreshGrace time.Duration

	// InsecureLongGrace allows a RefreshGrace of more than 5 minutes, during
	// which a stolen token passes unnoticed.
	InsecureLongGrace bool

	// CheckRevokeToken makes tokens carry a digest of the user's stored
	// password and end when that changes, even by a Django that does not know
	// about epochs (CHECK_REVOKE_TOKEN of simplejwt 5.3; set it the same on
	// both sides). A login that upgrades the stored hash changes it too.
	// RevokeTokenClaim is the claim (REVOKE_TOKEN_CLAIM); default:
	// "hash_password".
	CheckRevokeToken bool
	RevokeTokenClaim string

	// UpdateLastLogin records each login in the user's last_login
	// (UPDATE_LAST_LOGIN).
	UpdateLastLogin bool

	// WithoutBlacklist is for a project without simplejwt's app
	// token_blacklist: refresh and sliding tokens are not recorded, and cannot
	// be revoked.
	WithoutBlacklist bool

	// Issuer is the claim iss (ISSUER), which is written and then required.
	// Default: neither.
	Issuer string

	// Audience is the claim aud (AUDIENCE), which is written; a token must have
	// at least one of them. Default: neither.
	Audience []string

	// HeaderTypes are the schemes in the header, in any case
	// (AUTH_HEADER_TYPES). The challenge names the first. Default: "Bearer".
	HeaderTypes []string

	// CaseSensitiveHeaderTypes compares the schemes exactly, as simplejwt does
	// up to 5.5.1. Default: without case (RFC 9110 section 11.1).
	CaseSensitiveHeaderTypes bool

	// Cookies, if not nil, makes the endpoints of [Mount] keep the tokens in
	// cookies that scripts cannot read, in place of bodies: Pair sets them,
	// Refresh replaces them, Blacklist deletes them, and the answer says when
	// to refresh, as {"expires_in": seconds}. Login, refresh and logout are
	// checked as unsafe requests are; unless Cookies.CrossOrigin is set they
	// need a CSRF token, which Endpoints.CSRF returns. A token of more bytes
	// than browsers keep is a failure, and answered with 500.
	//
	// Authenticators then also accept the access token in its cookie, from
	// requests without an Authorization header. Requests with a method other
	// than GET, HEAD, OPTIONS and TRACE are refused with 403 unless they prove
	// that they come from the site's own pages (see
	// [policies.SessionAuth.CheckCSRF]). No setting omits that check.
	//
	// Default: tokens are in bodies and headers only.
	Cookies *Cookies

	// Accept lists the types that requests may use, Access and Sliding
	// (AUTH_TOKEN_CLASSES). Default: Access.
	Accept []Type

	// UserIDField is the unique column of the user model that tokens name
	// (USER_ID_FIELD). Default: "id".
	UserIDField string

	UserIDClaim string // USER_ID_CLAIM; default: "user_id"

	// Claims returns additional claims for a user's tokens, e.g. as a struct.
	// The value must encode to a JSON object, whose members are the claims
	// (get_token of a serializer). An object with a claim that ginauth writes
	// is an error.
	//
	// Claims is called at a login, and again at each refresh with the current
	// user. Then only those claims of the refreshed token are kept that ginauth
	// and simplejwt write. Without Claims, new tokens keep the claims of the
	// token that they are made from, such as those of a Django on the same
	// database.
	//
	// Errors are answered with 503, or as themselves if they are a
	// *ginauth.Error; the token remains unused. The bearer can read what is in
	// a token.
	Claims func(ctx context.Context, user models.UserModel) (any, error)

	// InheritClaims calls Claims at a login only, and copies its claims at a
	// refresh, as simplejwt does: a user who was staff at the login remains
	// staff in the tokens for as long as they are refreshed.
	InheritClaims bool

	MaxTokenBytes int              // a longer token is refused unread; default: 16 KiB
	Now           func() time.Time // default: time.Now

	keys   keyring // Key and VerificationKeys
	jar    *jar    // of Cookies; nil without
	beside release
}

// withDefaults returns the config with its defaults, for use beside those
// releases, or panics with a message that says what is wrong.
func (c Config) withDefaults(constructor string, beside stack.Releases) Config {
	c.AccessLifetime = cmp.Or(c.AccessLifetime, 5*time.Minute)
	c.RefreshLifetime = cmp.Or(c.RefreshLifetime, 24*time.Hour)
	c.SlidingLifetime = cmp.Or(c.SlidingLifetime, 5*time.Minute)
	c.SlidingRefreshLifetime = cmp.Or(c.SlidingRefreshLifetime, 24*time.Hour)
	c.UserIDField = cmp.Or(c.UserIDField, "id")
	c.UserIDClaim = cmp.Or(c.UserIDClaim, "user_id")
	c.RevokeTokenClaim = cmp.Or(c.RevokeTokenClaim, "hash_password")
	c.MaxTokenBytes = cmp.Or(c.MaxTokenBytes, 16<<10)
	c.HeaderTypes, c.Accept, c.Audience = slices.Clone(c.HeaderTypes), slices.Clone(c.Accept), slices.Clone(c.Audience)
	if len(c.HeaderTypes) == 0 {
		c.HeaderTypes = []string{"Bearer"}
	}
	if len(c.Accept) == 0 {
		c.Accept = []Type{Access}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if message := cmp.Or(c.checkKeys(), c.check()); message != "" {
		panic(constructor + ": " + message)
	}
	c.jar = newJar(constructor, c.Cookies, beside)
	c.keys = newKeyring(c.Key, c.VerificationKeys)
	c.beside = releaseOf(beside, c.UserIDClaim)
	return c
}

// maxLeeway is half of the time for which package prune keeps the records of
// expired tokens by default.
const maxLeeway = 12 * time.Hour

// check returns what is wrong with a config, above all options that could not
// take effect.
func (c Config) check() string {
	switch {
	case min(c.AccessLifetime, c.RefreshLifetime, c.SlidingLifetime, c.SlidingRefreshLifetime) < time.Second:
		return "a lifetime is less than a second"
	case c.Leeway < 0:
		return "Leeway is negative"
	case c.Leeway > maxLeeway:
		return "Leeway is more than 12 hours, so that pruning would forget revoked tokens that are still accepted; " +
			"set the servers' clocks by NTP, some seconds are enough"
	case c.LoginLifetime < 0:
		return "LoginLifetime is negative"
	case c.LoginLifetime > 0 && c.LoginLifetime < max(c.AccessLifetime, c.SlidingLifetime):
		return "LoginLifetime is less than AccessLifetime or SlidingLifetime; shorten these too"
	case c.InheritClaims && c.Claims == nil:
		return "InheritClaims has no effect without Claims"
	case c.MaxTokenBytes < 0:
		return "MaxTokenBytes is negative"
	case c.BlacklistAfterRotation && !c.RotateRefreshTokens:
		return "BlacklistAfterRotation has no effect without RotateRefreshTokens; set that too"
	case c.BlacklistAfterRotation && c.WithoutBlacklist:
		return "BlacklistAfterRotation has no effect with WithoutBlacklist; leave one of them out"
	case c.writes(c.UserIDClaim), recordsLogin(c.UserIDClaim),
		c.CheckRevokeToken && c.UserIDClaim == c.RevokeTokenClaim:
		return "UserIDClaim is " + c.UserIDClaim + ", which holds something else"
	case c.writes(c.RevokeTokenClaim), recordsLogin(c.RevokeTokenClaim):
		return "RevokeTokenClaim is " + c.RevokeTokenClaim + ", which holds something else"
	case slices.ContainsFunc(c.HeaderTypes, func(s string) bool { return !wiring.IsWord(s) }):
		return "HeaderTypes must be words of letters, digits and -_."
	case slices.ContainsFunc(c.Accept, func(t Type) bool { return t != Access && t != Sliding }):
		return "Accept may hold Access and Sliding only: a refresh token is not for requests"
	}
	return c.checkGrace()
}

// longGrace is more than a client needs that has lost an answer and tries
// again.
const longGrace = 5 * time.Minute

// checkGrace returns what is wrong with the options that concern families.
func (c Config) checkGrace() string {
	switch {
	case c.RefreshGrace < 0:
		return "RefreshGrace is negative"
	case c.RefreshGrace > 0 && (!c.RotateRefreshTokens || !c.BlacklistAfterRotation):
		return "RefreshGrace has no effect without RotateRefreshTokens and BlacklistAfterRotation; set these too"
	case c.RefreshGrace > longGrace && !c.InsecureLongGrace:
		return "RefreshGrace is more than 5 minutes, for which a stolen token passes unnoticed; " +
			"some seconds are enough, or set InsecureLongGrace"
	}
	return ""
}
