package ginauth

import (
	"iter"
	"slices"
	"strings"
)

// parts yields the permissions, each followed by those that it asks.
func parts(permissions []Permission) iter.Seq[Permission] {
	return func(yield func(Permission) bool) {
		for _, p := range permissions {
			if !yield(p) {
				return
			}
			for part := range parts(traitsOf[PermissionTraits](p).Parts()) {
				if !yield(part) {
					return
				}
			}
		}
	}
}

// unwrapped yields the classes, each followed by those that it wraps.
func unwrapped(classes []Authenticator) iter.Seq[Authenticator] {
	return func(yield func(Authenticator) bool) {
		for _, class := range classes {
			for class != nil {
				if !yield(class) {
					return
				}
				class = traitsOf[AuthenticatorTraits](class).Wraps
			}
		}
	}
}

// checkAuthenticators finds a permission that the authenticators of the route
// cannot satisfy.
func (b *binding) checkAuthenticators() string {
	if len(b.policy.authenticators) == 0 {
		return "" // see checkUser
	}
	for class := range parts(b.policy.permissions) {
		if check := traitsOf[PermissionTraits](class).CheckIdentities; check != nil {
			if err := check(slices.Collect(unwrapped(b.policy.authenticators))); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

func (b *binding) checkDefinedScopes() string {
	for class := range unwrapped(b.policy.authenticators) {
		defines := traitsOf[AuthenticatorTraits](class).DefinesScope
		if defines == nil {
			continue
		}
		var lacking []string
		for p := range parts(b.policy.permissions) {
			for _, name := range traitsOf[PermissionTraits](p).TokenScopes {
				if !defines(name) {
					lacking = append(lacking, name)
				}
			}
		}
		if len(lacking) > 0 {
			return "the scope " + strings.Join(lacking, ", ") + " is not defined in the database of " + Name(class) +
				": add it to db.Use(models.Scopes{...}), before the classes are made"
		}
	}
	return ""
}
