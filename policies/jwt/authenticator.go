package jwt

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/cookies"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Authenticator authenticates by the header "Authorization: Bearer <token>"
// (simplejwt: JWTAuthentication) and, with [Config.Cookies], by a cookie. The
// identity's auth is a *[Token]. Authenticator is safe for concurrent use.
type Authenticator struct {
	name   string
	config Config
	tokens *refreshtoken.Store // for sliding tokens; may be nil if none are accepted
	users  *models.Users       // nil without a database

	// everyMethod checks cookies' requests of every method, not only of unsafe
	// ones.
	everyMethod bool

	// user returns the user that a token names.
	user func(ctx context.Context, token *Token) (ginauth.User, error)
}

var (
	_ ginauth.Authenticator = (*Authenticator)(nil)
	_ ginauth.Challenger    = (*Authenticator)(nil)
	_ ginauth.Preflighter   = (*Authenticator)(nil)
)

// NewAuthenticator returns an authenticator for the users of db. The identity's
// user is a *[models.User], or the application's own type. It is looked up on
// every request, by one query, so the very next request is refused if the user
//
//   - has been deactivated,
//   - has revoked all credentials ([models.Users.RevokeAll]), or
//   - has logged out, with RefreshGrace.
//
// Sliding tokens, if accepted, cost a second query, for the blacklist.
//
// NewAuthenticator panics if the config or the user model is unfit, if it
// accepts sliding tokens although the tables of the blacklist do not exist and
// the config does not set WithoutBlacklist, and if the tables that RefreshGrace
// needs do not exist.
func NewAuthenticator(db *gorm.DB, config Config) *Authenticator {
	const constructor = "jwt: NewAuthenticator"
	a := &Authenticator{name: "JWT", config: config.withDefaults(constructor, stack.Of(db))}
	var err error
	a.users, err = models.UsersOf(db)
	wiring.Check(constructor, err)
	lookup, err := userkit.Of(a.users).LookupBy(a.config.UserIDField)
	wiring.Check(constructor, err)
	found := &accounts{config: &a.config, users: a.users, lookup: lookup}
	a.user = func(ctx context.Context, token *Token) (ginauth.User, error) { return found.active(ctx, token) }
	sliding := slices.Contains(a.config.Accept, Sliding) && !a.config.WithoutBlacklist
	if sliding || a.config.RefreshGrace > 0 {
		a.tokens, err = a.config.store(db)
		wiring.Check(constructor, err)
	}
	return a
}

// EveryMethod returns the authenticator for routes that change something on
// GET, and for websockets: if the token is in a cookie, requests of every method
// must come from the site's own pages. It panics without [Config.Cookies].
func (a *Authenticator) EveryMethod() *Authenticator {
	if a.config.jar == nil {
		panic("jwt: EveryMethod has no effect without Config.Cookies: no other site can send a header; leave it out")
	}
	strict := *a
	strict.everyMethod = true
	return &strict
}

// Preflight implements [ginauth.Preflighter]: whether the table of users is
// there and, in Gin's debug mode, whether cookies are Secure.
func (a *Authenticator) Preflight(ctx context.Context) error {
	var problems []error
	if a.users != nil {
		problems = append(problems, userkit.Of(a.users).Preflight(ctx))
	}
	if a.config.jar != nil {
		problems = append(problems, a.config.jar.CheckPlain())
	}
	return errors.Join(problems...)
}

// Authenticate implements [ginauth.Authenticator].
func (a *Authenticator) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	raw, inCookie, err := a.config.credential(c)
	if err != nil {
		return nil, err
	}
	var id *ginauth.Identity
	_, err = sqlkit.Lagging(c.Request, func(ctx context.Context) (_ bool, err error) {
		id, err = a.identity(ctx, raw)
		return err == nil, err
	})
	if err == nil && inCookie {
		err = a.checkPage(c)
	}
	if err != nil {
		return nil, err
	}
	return id, nil
}

// checkPage returns nil if a request that carries cookies comes from a page of
// the site, or need not.
func (a *Authenticator) checkPage(c *gin.Context) error {
	if !a.checksPage(c.Request.Method) {
		return nil
	}
	return a.config.jar.Check(c)
}

// checksPage reports whether checkPage checks requests of a method.
func (a *Authenticator) checksPage(method string) bool {
	return a.everyMethod || !cookies.ChangesNothing(method)
}

func (a *Authenticator) identity(ctx context.Context, raw string) (*ginauth.Identity, error) {
	token, err := a.token(ctx, raw)
	if err != nil {
		return nil, err
	}
	if _, there := token.members.get(a.config.UserIDClaim); !there {
		return nil, refuse(string(noUser), notValid)
	}
	user, err := a.user(ctx, token)
	if err != nil {
		return nil, err
	}
	return &ginauth.Identity{User: user, Auth: token}, nil
}

// Credential returns the token of a request, if there is one: the answer
// depends on nothing else (see package authcache). The token in a cookie is one
// only for a request that may use it. To check that may take reading a form, so
// the token must be signed.
func (a *Authenticator) Credential(c *gin.Context) (token string, ok bool) {
	token, inCookie, err := a.config.credential(c)
	if err == nil && inCookie && a.checksPage(c.Request.Method) {
		if _, err = a.config.decode(token); err == nil {
			err = a.checkPage(c)
		}
	}
	return token, err == nil
}

// Expiry returns when the token of an identity is no longer accepted.
func (a *Authenticator) Expiry(id *ginauth.Identity) time.Time {
	if token, ok := id.Auth.(*Token); ok {
		return a.config.until(a.config.loginOf(token), token.ExpiresAt).Add(a.config.Leeway)
	}
	return time.Time{}
}

// AnnouncedAs returns the names under which the end of a token is announced
// (see package authcache): its user's, its family's and its own. It returns
// none for users of another kind than the database's.
func (a *Authenticator) AnnouncedAs(id *ginauth.Identity) []string {
	token, isToken := id.Auth.(*Token)
	user, isUser := id.User.(models.UserModel)
	if a.users == nil || !isToken || !isUser {
		return nil
	}
	names := a.users.AnnouncedAs(user)
	if names == nil {
		return nil
	}
	if family, known := token.family(); known {
		names = append(names, announcement.Family(family))
	}
	return append(names, announcement.Token(token.ID))
}

// token returns the claims of a token, read as the first accepted type that it
// matches.
func (a *Authenticator) token(ctx context.Context, raw string) (*Token, error) {
	messages := make([]message, 0, len(a.config.Accept))
	for _, kind := range a.config.Accept {
		token, err := a.tokenOf(ctx, kind, raw)
		if err == nil {
			return token, nil
		}
		why, ok := errors.AsType[refusal](err)
		if !ok {
			return nil, err
		}
		messages = append(messages, message{kind.class(), kind, string(why)})
	}
	return nil, refuse("Given token not valid for any token type", notValid, messages...)
}

func (a *Authenticator) tokenOf(ctx context.Context, kind Type, raw string) (token *Token, err error) {
	if kind == Sliding {
		token, err = a.config.accept(ctx, a.tokens, kind, raw)
	} else if token, err = a.config.decode(raw); err == nil {
		err = token.check(kind)
	}
	switch {
	case err != nil:
		return nil, err
	case a.config.outlived(token):
		return nil, a.config.beside.expired
	}
	return token, nil
}

// accounts finds the users that tokens name.
type accounts struct {
	config *Config
	users  *models.Users
	lookup userkit.Lookup
}

// active returns the user that a token names, if the user is active and the
// token has not ended.
func (a *accounts) active(ctx context.Context, token *Token) (models.UserModel, error) {
	user, live, err := a.find(ctx, token)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, refuse("User not found", "user_not_found")
	case err != nil:
		return nil, err
	case !user.Active():
		return nil, refuse("User is inactive", "user_inactive")
	case !live:
		return nil, revoked.answer()
	}
	_, err = a.config.admitted(ctx, a.users, user, token)
	if r, refused := errors.AsType[refusal](err); refused {
		return nil, r.answer()
	}
	return user, err
}

// find returns the user, and whether the token's family is still live. A token
// without a family counts as live.
func (a *accounts) find(ctx context.Context, token *Token) (user models.UserModel, live bool, err error) {
	if a.config.RefreshGrace > 0 {
		if family, known := token.family(); known {
			return a.lookup.FindInFamily(ctx, token.key, family)
		}
	}
	user, err = a.lookup.Find(ctx, token.key)
	return user, true, err
}

// Challenge implements [ginauth.Challenger].
func (a *Authenticator) Challenge(*gin.Context) string { return a.config.challenge() }

func (c *Config) challenge() string { return c.HeaderTypes[0] + ` realm="api"` }

// Describe implements [ginauth.Describer].
func (a *Authenticator) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{
		Accepts: a.credentials,
		DefinesScope: func(name string) bool {
			return a.users == nil || scopeset.Of(a.users.Database()).Defined(name) == nil
		},
	}
}

// credentials describes the tokens of requests with a method.
func (a *Authenticator) credentials(method string) (all []ginauth.Alternative) {
	for _, scheme := range a.config.HeaderTypes {
		token := ginauth.Credential{Name: "JWT", Header: "Authorization", Scheme: scheme, Format: "JWT"}
		all = append(all, ginauth.Alternative{Credentials: []ginauth.Credential{token}})
	}
	if jar := a.config.jar; jar != nil {
		cookie := ginauth.Credential{Name: "JWTCookie", Cookie: jar.config.AccessName, Format: "JWT"}
		all = append(all, jar.Describe(cookie, a.checksPage(method)))
	}
	return all
}

// String returns "JWT", followed by what it accepts beyond access tokens in
// headers.
func (a *Authenticator) String() string {
	var more []string
	if !slices.Equal(a.config.Accept, []Type{Access}) {
		for _, kind := range a.config.Accept {
			more = append(more, string(kind))
		}
	}
	if a.config.jar != nil {
		more = append(more, "cookies")
	}
	if a.everyMethod {
		more = append(more, "every method")
	}
	if more == nil {
		return a.name
	}
	return a.name + "(" + strings.Join(more, ", ") + ")"
}
