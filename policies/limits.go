package policies

import (
	"slices"

	"github.com/ginauth/ginauth/ginauth"
)

// limits determines how permissions are asked about a credential that is
// limited to scopes. The zero value is for all other credentials.
//
// There are two answers. The narrow one decides: alternatives that name no
// scope do not count beside others that do. The wide one is what any other
// credential of the same user gets. Not must not turn a refusal into a yes that
// is due to the limits alone, so below a Not the wide answer is asked for, and
// below another Not in that the narrow one.
type limits struct {
	credential ginauth.ScopedCredential
	wide       bool
}

func limitsOf(id *ginauth.Identity) limits {
	return limits{credential: ginauth.LimitedCredential(id)}
}

// narrow reports whether scopes decide.
func (l limits) narrow() bool { return l.credential != nil && !l.wide }

// inverse returns the limits below a Not.
func (l limits) inverse() limits {
	l.wide = !l.wide
	return l
}

// lacks reports whether scopes decide and a permission names only scopes that
// the credential lacks.
func (l limits) lacks(p ginauth.Permission) bool {
	if !l.narrow() {
		return false
	}
	scopes := ginauth.TokenScopesOf(p)
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, l.credential.HasScope)
}

// alternatives returns the operands that count. Where scopes decide and an Any
// names some, these are the operands that name some.
func (l limits) alternatives(p *composed) []ginauth.Permission {
	if p.operator != anyOf || !l.narrow() || len(ginauth.TokenScopesOf(p)) == 0 {
		return p.operands
	}
	var scoped []ginauth.Permission
	for _, operand := range p.operands {
		if len(ginauth.TokenScopesOf(operand)) > 0 {
			scoped = append(scoped, operand)
		}
	}
	return scoped
}

// matter reports whether the narrow and the wide answer of a permission may
// differ.
func (l limits) matter(p ginauth.Permission) bool {
	switch p := p.(type) {
	case *hasScope: // refuses by itself if its scope is missing
		return false
	case *composed:
		return len(l.alternatives(p)) < len(p.operands) || slices.ContainsFunc(p.operands, l.matter)
	case *reworded:
		return l.matter(p.permission)
	}
	return l.lacks(p)
}
