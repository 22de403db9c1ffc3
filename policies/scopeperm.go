package policies

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// ScopePermission is a permission made by [HasScope].
type ScopePermission struct {
	denial
	scope [1]string
}

var (
	_ ginauth.Permission  = (*ScopePermission)(nil)
	_ ginauth.TokenScoper = (*ScopePermission)(nil)
)

// HasScope lets requests pass whose credential has the scope (see
// [models.Scopes]) and whose user has what it stands for. A credential without
// scopes, such as a session, Basic or DRF's token, has them all; then the
// user's permissions decide. So the class says in one word what a route needs
// of people and of tokens. Of a service its row decides.
//
// Only routes with such a class are open to a token with scopes, see
// [ginauth.ScopedCredential]. The user is asked by its method HasScope, which
// [models.User] has; it costs one query a request, which the other classes
// about permissions share. A scope that is not among the database's is a
// failure, 503, and a finding of [ginauth.Auth.Check].
//
// It panics if the name can be none of a scope.
func HasScope(name string) *ScopePermission {
	if name == "" || name == models.AllScopes || strings.ContainsAny(name, " \t\n\"\\") {
		panic("policies: HasScope: a scope is a name such as notes:read, not " + name)
	}
	return &ScopePermission{scope: [1]string{name}}
}

// WithDenial returns a copy that tells the client this message and code when it
// refuses. A nil message or an empty code stands for its own: "This needs the
// scope notes:read." and "insufficient_scope".
func (p *ScopePermission) WithDenial(message any, code string) *ScopePermission {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// Message implements [ginauth.Denial].
func (p *ScopePermission) Message() any {
	if p.message != nil {
		return p.message
	}
	return "This needs the scope " + p.scope[0] + "."
}

// Code implements [ginauth.Denial].
func (p *ScopePermission) Code() string {
	if p.code != "" {
		return p.code
	}
	return ginauth.InsufficientScope().Code
}

// HasPermission implements [ginauth.Permission].
func (p *ScopePermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	if !id.Authenticated() {
		return false, nil
	}
	ctx, name := c.Request.Context(), p.scope[0]
	if token, ok := id.Auth.(*models.AccessToken); ok { // it knows its owner
		return token.Allows(ctx, name)
	}
	if credential, ok := id.Auth.(ginauth.ScopedCredential); ok && !credential.HasScope(name) {
		return false, nil
	}
	user, ok := id.User.(interface {
		HasScope(ctx context.Context, name string) (bool, error)
	})
	if !ok {
		return false, nil
	}
	return user.HasScope(ctx, name)
}

// TokenScopes implements [ginauth.TokenScoper].
func (p *ScopePermission) TokenScopes() []string { return p.scope[:] }

// RequiresUser implements [ginauth.UserRequirer].
func (*ScopePermission) RequiresUser() bool { return true }

// String returns e.g. "HasScope(notes:read)".
func (p *ScopePermission) String() string { return "HasScope(" + p.scope[0] + ")" }
