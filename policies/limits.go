package policies

import (
	"slices"

	"github.com/ginauth/ginauth/ginauth"
)

// limits says how permissions are asked about a credential that is limited to
// scopes. The zero value is for all other credentials.
//
// There are two answers. The narrow one is what decides: alternatives that name
// no scope do not count beside others that do. The wide one is what any other
// credential of the same user gets. A class that the narrow answer refuses and
// the wide one does not must not become a yes by inversion, so below a Not the
// wide answer is asked for, and below a Not in that the narrow one.
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

// lacks reports whether a permission names scopes of which the credential has
// none, where scopes decide.
func (l limits) lacks(p ginauth.Permission) bool {
	if !l.narrow() {
		return false
	}
	scopes := ginauth.TokenScopesOf(p)
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, l.credential.HasScope)
}

// alternatives returns the operands that count: where scopes decide, and an Any
// names some, those that name some.
func (l limits) alternatives(p *composed) []ginauth.Permission {
	if p.operator != anyOf || !l.narrow() || len(p.TokenScopes()) == 0 {
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
	case *hasScope: // refuses by itself what lacks its scope
		return false
	case *composed:
		return len(l.alternatives(p)) < len(p.operands) || slices.ContainsFunc(p.operands, l.matter)
	case *reworded:
		return l.matter(p.permission)
	}
	return l.lacks(p)
}
