package ginauth

import "slices"

// ScopedCredential is implemented by the Auth of an [Identity] that may permit
// only a part of what its user may do, such as an access token with scopes (RFC
// 6749 section 3.3).
//
// While Limited is true, the guard lets a request pass only if at least one
// permission class of the route names a scope, and the credential has a scope
// of each class that names any (see [PermissionTraits]). A route without such a
// class is closed to the credential, even if it is open to anonymous requests.
// Then the classes are asked as for any other request, with one exception: if
// some alternatives of a class name scopes, the others do not satisfy it.
type ScopedCredential interface {
	Limited() bool             // false: it permits everything that its user may do
	HasScope(name string) bool // an unlimited credential has every scope, or none, as an API key without any
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
