package ginauth

import (
	"net/http"
	"slices"
)

// ScopedCredential is an optional ability of an identity's Auth: it may be good for a part only of what its user may do, as an access
// token with scopes is (RFC 6749 section 3.3).
//
// While Limited is true, the guard lets the request pass only where a permission class names a scope that the credential has (see
// [TokenScoper]). A route that says nothing of scopes is closed to it, also where everybody else may come in. Then the classes are asked
// as for any other request.
type ScopedCredential interface {
	Limited() bool             // false: it is good for all that its user may do
	HasScope(name string) bool // one without limits has every scope
}

// TokenScoper is an optional ability of a [Permission]: the scopes that it asks a credential for. A permission that is made of others
// names theirs.
type TokenScoper interface {
	TokenScopes() []string
}

// TokenScopesOf returns the scopes that permissions name, sorted, each once.
func TokenScopesOf(permissions ...Permission) (names []string) {
	for _, p := range permissions {
		if s, ok := p.(TokenScoper); ok {
			names = append(names, s.TokenScopes()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// InsufficientScope is 403: "The token does not have the scope that this needs." (RFC 6750 section 3.1; DRF has none).
func InsufficientScope() *Error {
	return &Error{Status: http.StatusForbidden, Code: "insufficient_scope", Detail: "The token does not have the scope that this needs."}
}

// checkTokenScopes returns the refusal of a limited credential that has none of the route's scopes, or nil.
func (b *binding) checkTokenScopes(id *Identity) *Error {
	credential, ok := id.Auth.(ScopedCredential)
	if !ok || !credential.Limited() || slices.ContainsFunc(b.tokenScopes, credential.HasScope) {
		return nil
	}
	return InsufficientScope()
}
