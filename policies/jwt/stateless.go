package jwt

import (
	"context"
	"slices"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies/drf"
)

// TokenUser is a user known by a token alone (simplejwt: TokenUser). Its
// permissions are those that the issuer wrote into the token, and last until
// the token expires: nothing checks whether the user still exists.
type TokenUser struct {
	Token       *Token
	Username    string
	IsStaff     bool
	IsSuperuser bool
}

// Authenticated returns true, except for a nil user.
func (u *TokenUser) Authenticated() bool { return u != nil }

// Active returns true: an issuer makes no tokens for inactive users.
func (u *TokenUser) Active() bool { return true }

// Staff returns the claim is_staff.
func (u *TokenUser) Staff() bool { return u.IsStaff }

// Superuser returns the claim is_superuser.
func (u *TokenUser) Superuser() bool { return u.IsSuperuser }

// Subject returns the user's claim, which names the user in logs and throttles.
func (u *TokenUser) Subject() string { return u.Token.UserID }

// NewStatelessAuthenticator returns an authenticator that trusts the token
// without querying a database (simplejwt: JWTStatelessUserAuthentication). The
// identity's user is a *[TokenUser], whose flags are the claims is_staff and
// is_superuser; the issuer writes them with Config.Claims. It is for a service
// that shares the key with the service that has the users.
//
// It sees neither epochs nor families nor changed passwords: events that end a
// token early elsewhere, such as a logout or [models.Users.RevokeAll], do not
// end it here. Keep AccessLifetime short.
//
// The texts of its refusals are those of the newest simplejwt, or of the release
// that a [drf.Stack] names: there is no database to take it from.
//
// NewStatelessAuthenticator panics if the config or the stack is unfit, and if
// it accepts sliding tokens, whose revocation the authenticator would not see,
// unless the config sets WithoutBlacklist.
func NewStatelessAuthenticator(config Config, beside ...drf.Stack) *Authenticator {
	const constructor = "jwt: NewStatelessAuthenticator"
	releases, err := stack.Declaration(wiring.Config(constructor, beside)).Releases()
	wiring.Check(constructor, err)
	config = config.withDefaults(constructor, releases)
	if slices.Contains(config.Accept, Sliding) && !config.WithoutBlacklist {
		panic(constructor + ": it sees no blacklist, so a revoked sliding token would pass; accept access tokens only")
	}
	return &Authenticator{name: "StatelessJWT", config: config, user: tokenUser}
}

// tokenUser reads the user from the claims. A claim of the wrong type, such as
// a flag that is a string, counts as absent.
func tokenUser(_ context.Context, token *Token) (ginauth.User, error) {
	u := &TokenUser{Token: token}
	if name, ok := token.members.get("username"); ok {
		u.Username, _ = textOf(name)
	}
	u.IsStaff, u.IsSuperuser = token.flag("is_staff"), token.flag("is_superuser")
	return u, nil
}

// flag reports whether a claim is true.
func (t *Token) flag(name string) bool {
	value, _ := t.members.get(name)
	return string(value) == "true"
}
