package ginauth

import (
	"iter"
	"strings"
)

// Wrapper is an optional ability of an [Authenticator] that asks another one,
// such as a cache, so that [Auth.Check] knows that one too. Nil means that
// there is none.
type Wrapper interface {
	Wrapped() Authenticator
}

// ScopeDefiner is an optional ability of an [Authenticator]: whether the scope
// is among those that its users and credentials can have. [Auth.Check] finds
// permissions that ask for others, which fail on every request.
type ScopeDefiner interface {
	DefinesScope(name string) bool
}

// Composite is an optional ability of a [Permission] that asks others, such as
// All, Any, and Not: Parts returns those. [Auth.Check] looks at them too.
type Composite interface {
	Parts() []Permission
}

// parts yields the permissions, and those that they ask.
func parts(permissions []Permission) iter.Seq[Permission] {
	return func(yield func(Permission) bool) {
		for _, p := range permissions {
			if !yield(p) {
				return
			}
			if c, ok := p.(Composite); ok {
				for part := range parts(c.Parts()) {
					if !yield(part) {
						return
					}
				}
			}
		}
	}
}

// unwrapped yields the classes, and those that they wrap.
func unwrapped(classes []Authenticator) iter.Seq[Authenticator] {
	return func(yield func(Authenticator) bool) {
		for _, class := range classes {
			for class != nil {
				if !yield(class) {
					return
				}
				w, ok := class.(Wrapper)
				if !ok {
					break
				}
				class = w.Wrapped()
			}
		}
	}
}

func (b *binding) checkDefinedScopes() string {
	for class := range unwrapped(b.policy.authenticators) {
		d, ok := class.(ScopeDefiner)
		if !ok {
			continue
		}
		var lacking []string
		for p := range parts(b.policy.permissions) {
			if _, ok := p.(Composite); ok {
				continue // names those of its parts
			}
			for _, name := range TokenScopesOf(p) {
				if !d.DefinesScope(name) {
					lacking = append(lacking, name)
				}
			}
		}
		if len(lacking) > 0 {
			return "the scope " + strings.Join(lacking, ", ") + " is not defined in the database of " + Name(class) +
				": db.Use(models.Scopes{...}) with it before the classes are made"
		}
	}
	return ""
}
