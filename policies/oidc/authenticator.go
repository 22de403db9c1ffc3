package oidc

import (
	"context"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// Authenticator authenticates by tokens of one issuer in the header
// "Authorization: Bearer <token>". The identity's auth is a *[jwt.Token].
// Authenticator is safe for concurrent use.
type Authenticator struct {
	name     string
	issuer   string
	byEmail  bool // UserClaim is "email", which counts if the issuer vouches for it
	verifier *jwt.Verifier
	many     *tenants                                                          // nil: the issuer has one
	users    *models.Users                                                     // nil without a database
	user     func(ctx context.Context, token *jwt.Token) (ginauth.User, error) // nil: a TokenUser
}

var (
	_ ginauth.Authenticator = (*Authenticator)(nil)
	_ ginauth.Challenger    = (*Authenticator)(nil)
	_ ginauth.Preflighter   = (*Authenticator)(nil)
)

// NewAuthenticator returns an authenticator for the users of db. One query per
// request looks up the user that a token names, who must exist and be active. A
// token issued before the user's credentials were all revoked (see
// [models.Users.RevokeAll]) is refused. NewAuthenticator does not create users;
// for that see [NewAuthenticatorFunc].
//
// NewAuthenticator panics if the config or the user model is unfit. The issuer
// is not contacted until the first token arrives.
func NewAuthenticator(db *gorm.DB, config Config) *Authenticator {
	const constructor = "oidc: NewAuthenticator"
	a := newAuthenticator("OIDC", constructor, config)
	find, err := finder(db, config)
	wiring.Check(constructor, err)
	a.user = find
	a.users, _ = models.UsersOf(db) // the finder has them too
	return a
}

// Preflight implements [ginauth.Preflighter]: whether the table of users is
// there.
func (a *Authenticator) Preflight(ctx context.Context) error {
	if a.users == nil {
		return nil
	}
	return userkit.Of(a.users).Preflight(ctx)
}

// NewStatelessAuthenticator returns an authenticator that believes the token
// without asking a database: the identity's user is a *[TokenUser]. It is for a
// service without users of its own. It panics if the config is unfit.
func NewStatelessAuthenticator(config Config) *Authenticator {
	const constructor = "oidc: NewStatelessAuthenticator"
	return newAuthenticator("StatelessOIDC", constructor, withoutField(constructor, config))
}

// NewAuthenticatorFunc returns an authenticator whose users the application
// finds, or creates. It calls the function with every valid token; the function
// must be safe for concurrent use. A token is refused if
//
//   - the function returns [models.ErrNotFound],
//   - the user is nil, not authenticated or not active, or
//   - the user has revoked all credentials since the token was issued, as far
//     as package models has loaded the user.
//
// Any other error is answered as itself if it is a *ginauth.Error, and with 503
// otherwise.
//
//	enrol := func(ctx context.Context, token *jwt.Token) (ginauth.User, error) {
//		// a name that models.CreateUser and Django's forms refuse
//		return users.Enrol(ctx, "oidc:"+token.UserID, nil)
//	}
//	oidc.NewAuthenticatorFunc(config, enrol)
//
// NewAuthenticatorFunc panics if the config is unfit, or the function nil.
func NewAuthenticatorFunc(
	config Config, user func(ctx context.Context, token *jwt.Token) (ginauth.User, error),
) *Authenticator {
	const constructor = "oidc: NewAuthenticatorFunc"
	if user == nil {
		panic(constructor + ": the function is nil; for users by the token alone there is NewStatelessAuthenticator")
	}
	a := newAuthenticator("OIDC", constructor, withoutField(constructor, config))
	a.user = user
	return a
}

func withoutField(constructor string, config Config) Config {
	if config.UserField != "" {
		panic(constructor + ": UserField has no effect without a database; leave it out, or use NewAuthenticator")
	}
	return config
}

func newAuthenticator(name, constructor string, config Config) *Authenticator {
	config = config.withDefaults(constructor)
	source := &keys{fetch: newFetcher(config).fetch, config: config}
	a := &Authenticator{
		name: name, issuer: config.Issuer, byEmail: config.UserClaim == "email",
		verifier: config.verifierOf(config.Issuer, source.key),
	}
	if t, many := templateOf(config.Issuer); many {
		a.many = &tenants{template: t, config: config, keys: source}
	}
	return a
}

// Authenticate implements [ginauth.Authenticator].
func (a *Authenticator) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	raw, err := a.verifier.Bearer(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	token, issuer, err := a.verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	switch {
	case token.UserID == "":
		return nil, noUser("it names nobody")
	case a.byEmail && !emailVerified(token):
		return nil, noUser("its email is not verified")
	}
	if a.user == nil {
		return &ginauth.Identity{User: &TokenUser{Issuer: issuer, ID: token.UserID, Token: token}, Auth: token}, nil
	}
	user, err := a.user(ctx, token)
	switch {
	case errors.Is(err, models.ErrNameTaken):
		return nil, noUser("an account with a password has the user's name; see models.Users.Enrol")
	case errors.Is(err, models.ErrNotFound), errors.Is(err, ginauth.ErrNoCredentials):
		// ErrNoCredentials would leave wrong credentials to the next
		// authenticator.
		return nil, noUser("there is no such user")
	case err != nil:
		return nil, err
	case !usable(user):
		return nil, noUser("the user is not active")
	}
	if epoch, known := loadedEpoch(user); known && !epoch.Admits(0, false, token.IssuedAt) {
		return nil, noUser("the credentials of the user have been revoked since")
	}
	return &ginauth.Identity{User: user, Auth: token}, nil
}

// claims reports whether a token claims, unverified, to be of the issuer, or of
// any tenant of an issuer of many, allowed or not.
func (a *Authenticator) claims(raw string) bool {
	if a.many == nil {
		return a.verifier.ClaimsIssuer(raw)
	}
	_, ok := a.many.claimedTenant(raw)
	return ok
}

// loadedEpoch returns the epoch of a user that [models.Users] has loaded.
func loadedEpoch(user any) (e epoch.Epoch, known bool) {
	if stamped, ok := user.(interface{ LoadedEpoch() (epoch.Epoch, bool) }); ok {
		return stamped.LoadedEpoch()
	}
	return 0, false
}

// Challenge implements [ginauth.Challenger].
func (a *Authenticator) Challenge(*gin.Context) string { return `Bearer realm="api"` }

// Describe implements [ginauth.Describer].
func (a *Authenticator) Describe() ginauth.AuthenticatorTraits {
	token := ginauth.Credential{
		Name: "OIDC", Header: "Authorization", Scheme: "Bearer", Format: "JWT", Issuer: a.issuer,
	}
	return ginauth.AuthenticatorTraits{
		Accepts: func(string) []ginauth.Alternative {
			return []ginauth.Alternative{{Credentials: []ginauth.Credential{token}}}
		},
		DefinesScope: func(name string) bool {
			return a.users == nil || scopeset.Of(a.users.Database()).Defined(name) == nil
		},
	}
}

// String returns e.g. "OIDC(https://login.example.com)".
func (a *Authenticator) String() string { return a.name + "(" + a.issuer + ")" }

// OrElse returns an authenticator that checks the tokens that claim to be from
// the issuer, and leaves everything else to another one: requests without a
// token, and tokens of other issuers or of the application itself:
//
//	ginauth.AuthenticationClasses(google.OrElse(keycloak.OrElse(jwt.NewAuthenticator(db, config))))
//
// In a list of classes the first one would refuse the tokens of all others,
// because it treats a token that it does not accept as a wrong credential. The
// claim iss is read before the signature is checked, and only decides which
// authenticator checks it.
func (a *Authenticator) OrElse(next ginauth.Authenticator) ginauth.Authenticator {
	if next == nil {
		panic("oidc: OrElse: there is no other authenticator; use this one by itself")
	}
	return &either{a, next}
}

type either struct {
	*Authenticator
	next ginauth.Authenticator
}

var _ ginauth.Challenger = (*either)(nil)

// Describe implements [ginauth.Describer].
func (e *either) Describe() ginauth.AuthenticatorTraits {
	traits := e.Authenticator.Describe()
	traits.Wraps = e.next
	return traits
}

// String names both, e.g. "OIDC(https://login.example.com), else JWT".
func (e *either) String() string {
	next := fmt.Sprintf("%T", e.next)
	if s, ok := e.next.(fmt.Stringer); ok {
		next = s.String()
	}
	return e.Authenticator.String() + ", else " + next
}

// Authenticate implements [ginauth.Authenticator].
func (e *either) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	if raw, err := e.verifier.Bearer(c); err != nil || !e.claims(raw) {
		return e.next.Authenticate(c)
	}
	return e.Authenticator.Authenticate(c)
}
