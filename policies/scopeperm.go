package policies

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/oauth2token"
)

// HasScope lets requests pass whose credential has the scope (see
// [models.Scopes]) and whose user has the permissions that the scope stands
// for. A credential without scopes, such as a session, Basic or DRF's token,
// has them all; then the user's permissions decide. So the class says in one
// word what a route needs of people and of tokens. For a service its row
// decides, for an API key only the key (see [APIKey]), and for a client of
// OAuth 2 that acts for itself only the token, if the scope stands for no
// permissions (see [OAuth2Token]).
//
// Only routes with such a class are open to a token with scopes, see
// [ginauth.ScopedCredential]. The user is asked as a [ScopeUser]; it costs one
// query a request, which the other classes about permissions share. A scope
// that is not among the database's is a failure, 503, and a finding of
// [ginauth.Auth.Check].
//
// A refusal says "This needs the scope notes:read.", with the code
// "insufficient_scope". HasScope panics if the name cannot be a scope's.
func HasScope(name string) ginauth.Permission {
	if name == "" || name == models.AllScopes || strings.ContainsAny(name, " \t\n\"\\") {
		panic("policies: HasScope: a scope is a name such as notes:read, not " + name)
	}
	return &hasScope{[1]string{name}}
}

type hasScope struct{ scope [1]string }

var _ ginauth.Denial = (*hasScope)(nil)

func (p *hasScope) Message() any { return "This needs the scope " + p.scope[0] + "." }

func (*hasScope) Code() string { return ginauth.InsufficientScope().Code }

func (p *hasScope) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	ctx, name := c.Request.Context(), p.scope[0]
	if token, ok := id.Auth.(*oauth2token.Token); ok { // it knows its user, or that it has none
		return token.Allows(ctx, name)
	}
	if !id.Authenticated() {
		return false, nil
	}
	switch credential := id.Auth.(type) {
	case *accesstoken.Token: // it knows its owner
		return credential.Allows(ctx, name)
	case *keyCredential: // it is all that its user has
		return credential.allows(name)
	}
	if credential, ok := id.Auth.(ginauth.ScopedCredential); ok && !credential.HasScope(name) {
		return false, nil
	}
	user, ok := id.User.(ScopeUser)
	if !ok {
		return false, nil
	}
	return user.HasScope(ctx, name)
}

// Describe implements [ginauth.Describer].
func (p *hasScope) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{RequiresUser: true, TokenScopes: p.scope[:]}
}

// String returns e.g. "HasScope(notes:read)".
func (p *hasScope) String() string { return "HasScope(" + p.scope[0] + ")" }
