package ginauth

import (
	"errors"
	"net/http"
	"slices"
)

// ScopedCredential is an optional ability of an identity's Auth: it may be
// good for only a part of what its user may do, as an access token with scopes
// is (RFC 6749 section 3.3).
//
// While Limited is true, the guard lets a request pass only if at least one
// permission class of the route names a scope, and if the credential has a
// scope of each class that names any (see [TokenScoper]). A route without such
// a class is closed to the credential, even if it is open to anonymous
// requests. Then the classes are asked as for any other request, except that a
// class made of alternatives, of which some name scopes, is not satisfied by
// the others.
type ScopedCredential interface {
	Limited() bool             // false: it is good for all that its user may do
	HasScope(name string) bool // one without limits has every scope
}

// TokenScoper is an optional ability of a [Permission]: the scopes that it
// asks a credential for, of which it has to have one at least. A permission
// that is made of others names theirs; one that inverts another names none,
// since lacking a scope entitles to nothing.
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

// LimitedCredential returns the credential of an identity if it is limited to
// scopes, else nil.
func LimitedCredential(id *Identity) ScopedCredential {
	if id == nil {
		return nil
	}
	if credential, ok := id.Auth.(ScopedCredential); ok && credential.Limited() {
		return credential
	}
	return nil
}

// ErrUnscopedBranch is the cause of the refusal of a limited credential that a
// permission made of alternatives would let pass only by one that names no
// scope. Such a permission returns [InsufficientScope] with this cause as its
// error, not false, so that nothing around it inverts the refusal.
var ErrUnscopedBranch = errors.New("ginauth: only an alternative without a scope lets the limited credential pass")

// InsufficientScope is 403: "The token does not have the scope that this
// needs." (RFC 6750 section 3.1; DRF has none).
func InsufficientScope() *Error {
	return &Error{Status: http.StatusForbidden, Code: "insufficient_scope", Detail: "The token does not have the scope that this needs."}
}

// checkTokenScopes returns the refusal of a limited credential, or nil: it
// needs one scope of each class that names any, and there must be such a class.
func (b *binding) checkTokenScopes(id *Identity) *Error {
	credential := LimitedCredential(id)
	if credential == nil {
		return nil
	}
	for _, scopes := range b.tokenScopes {
		if !slices.ContainsFunc(scopes, credential.HasScope) {
			return InsufficientScope()
		}
	}
	if len(b.tokenScopes) == 0 {
		return InsufficientScope()
	}
	return nil
}

// tokenScopes returns the scopes of each class that names any.
func tokenScopes(permissions []Permission) (each [][]string) {
	for _, p := range permissions {
		if scopes := TokenScopesOf(p); len(scopes) > 0 {
			each = append(each, scopes)
		}
	}
	return each
}
