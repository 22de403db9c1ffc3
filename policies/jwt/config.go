package jwt

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models"
)

// Type is the claim token_type, which says what a token is for.
type Type string

// The types of simplejwt. An access token is for requests, a refresh token only for new access tokens, and a sliding token for both.
const (
	Access  Type = "access"
	Refresh Type = "refresh"
	Sliding Type = "sliding"
)

// Config is simplejwt's SIMPLE_JWT, with its defaults. Only Key is required. The names of claims other than the user's are
// simplejwt's: token_type, jti, refresh_exp.
type Config struct {
	// Key signs and verifies (ALGORITHM, SIGNING_KEY). One that only verifies (VERIFYING_KEY) is for authenticators.
	Key Key

	// VerificationKeys are believed besides Key, and never sign: the older keys whose tokens have not expired yet, and those that are
	// to come. A token that names a key (kid) is checked with that one only, if it is of the algorithm that the token names. A token
	// that names none, or one that no key here has for its id, is checked with the keys of its algorithm that have no id: simplejwt
	// writes no ids, and ignores them. At most 15, of which two may have no id, or three if Key has one.
	VerificationKeys []Key

	AccessLifetime         time.Duration // ACCESS_TOKEN_LIFETIME; default: 5 minutes
	RefreshLifetime        time.Duration // REFRESH_TOKEN_LIFETIME; default: 1 day
	SlidingLifetime        time.Duration // SLIDING_TOKEN_LIFETIME; default: 5 minutes
	SlidingRefreshLifetime time.Duration // SLIDING_TOKEN_REFRESH_LIFETIME; default: 1 day
	Leeway                 time.Duration // LEEWAY: how far clocks may differ; default: none

	// LoginLifetime is how long after a login all tokens end that have come of
	// it, however often they are refreshed. The time of the login is in their
	// claim auth_time (OpenID Connect, RFC 9068), which simplejwt copies. A token
	// without it, from before the option was set or from Django, counts from its
	// own iat. Default: no limit, as in simplejwt, and no such claim.
	LoginLifetime time.Duration

	// RotateRefreshTokens makes that a refresh also answers with a new refresh token (ROTATE_REFRESH_TOKENS), and
	// BlacklistAfterRotation that the used one is revoked with it (BLACKLIST_AFTER_ROTATION): it can be used once, whoever is first.
	RotateRefreshTokens, BlacklistAfterRotation bool

	// RefreshGrace, if not zero, is for how long after its first use a refresh token may come again: clients that race with one token,
	// such as the tabs of a browser, or that did not get the answer, go on with the same successor. Who comes later with a used token
	// ends the whole family of it, all tokens that have come of one login, as one of its holders has stolen it. A logout at
	// Endpoints.Blacklist ends the family too, and access tokens carry its name in the claim sid, so that they end with it.
	// Some seconds are enough. It needs both of the options above and [models.Migrate], and is the same on all servers. Zero is
	// simplejwt's behaviour: exactly one use, and access tokens live until they expire.
	RefreshGrace time.Duration

	// InsecureLongGrace allows a RefreshGrace of more than 5 minutes, for which a stolen token passes unnoticed.
	InsecureLongGrace bool

	// OnReuse is told when a family has ended because a used token came again, after that has been committed and before the client is
	// answered: once for a family, on the server where it happened. It is safe for concurrent use. Default: the Logger alone, at level
	// Warn.
	OnReuse func(ctx context.Context, event ReuseEvent)
	Logger  *slog.Logger // default: slog.Default() as it is when the issuer is made

	// CheckRevokeToken makes that tokens carry a digest of the user's stored password and end when that changes, also by a Django that
	// knows of no epochs (CHECK_REVOKE_TOKEN of simplejwt 5.4; the same on both sides). A hash that is replaced by a better one at a
	// login changes it too. RevokeTokenClaim is the claim (REVOKE_TOKEN_CLAIM); default: "hash_password".
	CheckRevokeToken bool
	RevokeTokenClaim string

	// UpdateLastLogin makes that a login is recorded in the user's last_login (UPDATE_LAST_LOGIN).
	UpdateLastLogin bool

	// WithoutBlacklist is for a project without simplejwt's app token_blacklist: refresh and sliding tokens are not recorded, and
	// cannot be revoked.
	WithoutBlacklist bool

	Issuer   string   // ISSUER: the claim iss that is written, and must be there; default: neither
	Audience []string // AUDIENCE: the claim aud that is written, one of which must be there; default: neither

	HeaderTypes []string // AUTH_HEADER_TYPES: the schemes in the header, in any case, the first in the challenge; default: "Bearer"

	// CaseSensitiveHeaderTypes compares the schemes to the letter, as
	// simplejwt 5.2 does. Default: without case (RFC 9110 section 11.1).
	CaseSensitiveHeaderTypes bool

	Accept []Type // AUTH_TOKEN_CLASSES: what a request may bring, of Access and Sliding; default: Access

	UserIDField string // USER_ID_FIELD: the unique column of the user model that tokens name; default: "id"
	UserIDClaim string // USER_ID_CLAIM; default: "user_id"

	// Claims returns more claims for the tokens of a user, e.g. a struct; it becomes a JSON object whose members they are (get_token
	// of a serializer). It is asked at a login, and again at each refresh for the user as it is then: of the token that is refreshed
	// only what ginauth and simplejwt write is kept. An object that has one of the claims that ginauth writes is an error. Errors are
	// answered with 503, or as themselves if they are a *ginauth.Error; the token stays unused. What is in a token can be read by who
	// has it. Without Claims, tokens keep the claims of the one that they are made of, such as those of a Django beside it.
	Claims func(ctx context.Context, user models.UserModel) (any, error)

	// InheritClaims asks Claims at a login only, and copies its claims at a
	// refresh, as simplejwt does: a user who was staff at the login stays it in
	// the tokens for as long as they are refreshed.
	InheritClaims bool

	MaxTokenBytes int              // a longer token is refused unread; default: 16 KiB
	Now           func() time.Time // default: time.Now

	keys keyring // Key and VerificationKeys
}

// withDefaults returns the config with its defaults, or panics with what is wrong with it.
func (c Config) withDefaults(constructor string) Config {
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
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if message := cmp.Or(c.checkKeys(), c.check()); message != "" {
		panic("jwt: " + constructor + ": " + message)
	}
	c.keys = newKeyring(c.Key, c.VerificationKeys)
	return c
}

// check returns what is wrong with a config, above all the options that could not take effect.
func (c Config) check() string {
	switch {
	case min(c.AccessLifetime, c.RefreshLifetime, c.SlidingLifetime, c.SlidingRefreshLifetime) < time.Second:
		return "a lifetime is less than a second"
	case c.Leeway < 0:
		return "Leeway is negative"
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
	case c.writes(c.UserIDClaim), c.CheckRevokeToken && c.UserIDClaim == c.RevokeTokenClaim:
		return "UserIDClaim is " + c.UserIDClaim + ", which holds something else"
	case c.writes(c.RevokeTokenClaim):
		return "RevokeTokenClaim is " + c.RevokeTokenClaim + ", which holds something else"
	case slices.ContainsFunc(c.HeaderTypes, func(s string) bool { return s == "" || strings.ContainsFunc(s, notTokenRune) }):
		return "HeaderTypes must be words of letters, digits and -_."
	case slices.ContainsFunc(c.Accept, func(t Type) bool { return t != Access && t != Sliding }):
		return "Accept may hold Access and Sliding only: a refresh token is not for requests"
	}
	return c.checkGrace()
}

// longGrace is more than a client needs that lost an answer and tries again.
const longGrace = 5 * time.Minute

// checkGrace returns what is wrong with the options about families.
func (c Config) checkGrace() string {
	switch {
	case c.RefreshGrace < 0:
		return "RefreshGrace is negative"
	case c.RefreshGrace > 0 && (!c.RotateRefreshTokens || !c.BlacklistAfterRotation):
		return "RefreshGrace has no effect without RotateRefreshTokens and BlacklistAfterRotation; set these too"
	case c.RefreshGrace > longGrace && !c.InsecureLongGrace:
		return "RefreshGrace is more than 5 minutes, for which a stolen token passes unnoticed; some seconds are enough, " +
			"or set InsecureLongGrace"
	case c.RefreshGrace == 0 && c.OnReuse != nil:
		return "OnReuse has no effect without RefreshGrace; set that too"
	}
	return ""
}

func notTokenRune(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r)
}
