package policies

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// composed is a permission made of others, about requests and objects alike.
type composed struct {
	operator string
	operands []ginauth.Permission
	traits   ginauth.PermissionTraits
}

const (
	all     = "All"
	anyOf   = "Any"
	inverse = "Not"
)

var (
	_ ginauth.Decider          = (*composed)(nil)
	_ ginauth.ObjectPermission = (*composed)(nil)
	_ Filterer                 = (*composed)(nil)
)

// All lets requests pass that every permission lets pass (DRF: A & B). They are
// asked in order until one refuses; the client is told what that one says. See
// the package documentation on composition.
func All(first, second ginauth.Permission, more ...ginauth.Permission) ginauth.Permission {
	return compose(all, append([]ginauth.Permission{first, second}, more...)...)
}

// Any lets requests pass that one of the permissions lets pass (DRF: A | B).
// They are asked in order until one agrees. If all refuse, the client is told
// what the first says that has a message or a code; if one of them conceals,
// the answer is 404. See the package documentation on composition.
func Any(first, second ginauth.Permission, more ...ginauth.Permission) ginauth.Permission {
	return compose(anyOf, append([]ginauth.Permission{first, second}, more...)...)
}

// Not lets requests pass that the permission refuses. DRF's ~A differs: it
// refuses every object if A has no rule about objects, and every request if A
// has nothing else. See the package documentation on composition.
func Not(p ginauth.Permission) ginauth.Permission {
	return compose(inverse, p)
}

// partsOf returns the permissions that a permission asks.
func partsOf(p ginauth.Permission) []ginauth.Permission {
	d, ok := p.(ginauth.Describer[ginauth.PermissionTraits])
	if !ok {
		return nil
	}
	return d.Describe().Parts()
}

// isNil reports whether a class is missing: nil, or a nil pointer, whose
// methods would panic.
func isNil(p ginauth.Permission) bool {
	return p == nil || reflect.ValueOf(p).Kind() == reflect.Pointer && reflect.ValueOf(p).IsNil()
}

// mustNotBeNil panics, on behalf of a constructor, if a permission is nil.
func mustNotBeNil(constructor string, permissions ...ginauth.Permission) {
	if slices.ContainsFunc(permissions, isNil) {
		panic("policies: " + constructor + " was given a nil permission")
	}
}

func compose(operator string, operands ...ginauth.Permission) *composed {
	mustNotBeNil(operator, operands...)
	traits := ginauth.PermissionTraits{NoObjectRule: !slices.ContainsFunc(operands, ginauth.HasObjectRule)}
	parts := slices.Clone(operands)
	switch operator {
	case all:
		traits.All = parts
	case anyOf:
		traits.Any = parts
	case inverse:
		traits.Not = parts
	}
	return &composed{operator, operands, traits}
}

// HasPermission implements [ginauth.Permission].
func (p *composed) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return ginauth.Question{Context: c, Identity: id}.Passes(p)
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p *composed) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return passesObject(p, c, id, obj)
}

// Decide implements [ginauth.Decider]: it returns the permission that refused,
// or nil.
func (p *composed) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
	return question{Question: q}.decide(p)
}

// Describe implements [ginauth.Describer].
func (p *composed) Describe() ginauth.PermissionTraits { return p.traits }

// String returns the expression, e.g. "Any(IsAdminUser, InGroup(editors))".
func (p *composed) String() string {
	parts := make([]string, len(p.operands))
	for i, operand := range p.operands {
		parts[i] = ginauth.Name(operand)
	}
	return p.operator + "(" + strings.Join(parts, ", ") + ")"
}
