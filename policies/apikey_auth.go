package policies

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// APIKey returns an authenticator for the API keys of db, which holds them to
// their scopes and their quota; see [apikey.Create]. It reads the same header
// as [HasAPIKey], which may be named in the same way. A handler gets the key
// with [APIKeyOf].
//
// The user of such a request is the program that has the key. It passes
// IsAuthenticated, but neither IsAdminUser nor the classes about permissions,
// groups and owners. Its Subject is "apikey:" and the prefix. For [HasScope]
// the key alone decides, whatever permissions the scope stands for.
//
//   - A key with scopes is a [ginauth.ScopedCredential]: routes that name none
//     of its scopes are closed to it.
//   - A key without scopes, such as each one that Django has made, is not
//     limited, and HasScope refuses it.
//   - A key with a quota spends one request of it on every guarded route, after
//     the permissions and the throttles of the route have let the request pass.
//     An exhausted key gets 429, with Retry-After unless the quota is never
//     refilled.
//
// A wrong key is refused with 401; with 403 if the key is in a header of its own,
// for which HTTP has no challenge, and the first authenticator is this one. A
// request costs one query, and one statement more for a key with a quota. APIKey
// panics if ginauth does not know the database, if its user model is unfit, or
// if it is given two headers or one that is not a name. It is safe for
// concurrent use.
func APIKey(db *gorm.DB, header ...string) ginauth.Authenticator {
	const constructor = "policies: APIKey"
	users, err := models.UsersOf(db)
	wiring.Check(constructor, err)
	return &apiKeyAuth{apiKeys: newAPIKeys(constructor, db, header), scopes: scopeset.Of(users.Database())}
}

type apiKeyAuth struct {
	unrecorded
	apiKeys
	scopes scopeset.Set
}

var (
	_ ginauth.Authenticator    = (*apiKeyAuth)(nil)
	_ ginauth.Challenger       = (*apiKeyAuth)(nil)
	_ ginauth.Preflighter      = (*apiKeyAuth)(nil)
	_ ginauth.ScopedCredential = (*keyCredential)(nil)
	_ ginauth.Throttle         = (*keyCredential)(nil)
	_ ginauth.Peeker           = (*keyCredential)(nil)
)

// Authenticate implements [ginauth.Authenticator].
func (a *apiKeyAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	text, sent := a.key(c.Request.Header)
	if !sent {
		return nil, ginauth.ErrNoCredentials
	}
	if err := a.Preflight(c.Request.Context()); err != nil {
		return nil, err // what keys are limited to is unknown
	}
	key, err := a.verify(c, text)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, failed("Invalid API key.")
	case err != nil:
		return nil, err
	}
	credential := &keyCredential{Key: key, from: &a.apiKeys, scopes: a.scopes}
	return &ginauth.Identity{User: &keyUser{credential}, Auth: credential}, nil
}

// Challenge implements [ginauth.Challenger]. A challenge asks for the header
// Authorization, so keys in another header have no challenge.
func (a *apiKeyAuth) Challenge(*gin.Context) string {
	if a.header != "" {
		return ""
	}
	return `Api-Key realm="api"`
}

// Describe implements [ginauth.Describer].
func (a *apiKeyAuth) Describe() ginauth.AuthenticatorTraits {
	key := a.credential()
	key.Scoped, key.Metered = true, true
	return ginauth.AuthenticatorTraits{
		Accepts:      accepts(key),
		DefinesScope: func(name string) bool { return a.scopes.Defined(name) == nil },
	}
}

// String returns "APIKey", followed by the header if it is not Authorization.
func (a *apiKeyAuth) String() string {
	if a.header != "" {
		return "APIKey(" + a.header + ")"
	}
	return "APIKey"
}

// keyUser is the user of a request with an API key: the program that has it.
// Nothing that it exports could pass for the primary key of a user.
type keyUser struct{ credential *keyCredential }

// Authenticated implements [ginauth.User].
func (*keyUser) Authenticated() bool { return true }

// Subject implements [NamedUser].
func (u *keyUser) Subject() string { return "apikey:" + u.credential.Prefix }

// String returns the Subject.
func (u *keyUser) String() string { return u.Subject() }

// HasScope implements [ScopeUser].
func (u *keyUser) HasScope(_ context.Context, name string) (bool, error) {
	return u.credential.allows(name)
}

// keyCredential is an API key that has authenticated a request. As the Auth of
// an identity it is the throttle that the guard asks last.
type keyCredential struct {
	*apikey.Key
	from   *apiKeys // which found it
	scopes scopeset.Set
}

// allows reports whether the key has the scope. An undefined scope is an error.
func (k *keyCredential) allows(name string) (bool, error) {
	if err := k.scopes.Defined(name); err != nil {
		return false, err
	}
	return k.HasScope(name), nil
}

// Allow implements [ginauth.Throttle]: it takes a request from the quota.
func (k *keyCredential) Allow(c *gin.Context, _ *ginauth.Identity) (ginauth.Admission, error) {
	b, err := k.from.keys.Spend(c.Request.Context(), k.Key)
	if err != nil {
		return ginauth.Admission{}, err
	}
	return admission(b), nil
}

// Peek implements [ginauth.Peeker].
func (k *keyCredential) Peek(
	c *gin.Context, _ *ginauth.Identity,
) (a ginauth.Admission, known bool, err error) {
	if k.Quota == nil { // Spend asks nothing then
		return ginauth.Admission{Allowed: true}, true, nil
	}
	b, err := k.from.keys.Balance(c.Request.Context(), k.Key)
	if err != nil {
		return ginauth.Admission{}, false, err
	}
	if q := b.Quota; q != nil && q.Left > 0 {
		b.Admitted = true
		q.Left-- // as after Spend
	}
	return admission(b), true, nil
}

// admission turns the balance after a request into the answer.
func admission(b apikey.Balance) ginauth.Admission {
	d := ginauth.Admission{Allowed: b.Admitted}
	if !d.Allowed {
		d.Wait = b.Wait
	}
	if q := b.Quota; q != nil {
		d.Quota = ginauth.Quota{Policy: "apikey", Limit: q.Limit, Window: q.Window(), Remaining: q.Left, Reset: b.Wait}
	}
	return d
}

// String names the class in logs and explanations.
func (*keyCredential) String() string { return "quota of the API key" }
