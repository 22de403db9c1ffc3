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
}

const (
	all     = "All"
	anyOf   = "Any"
	inverse = "Not"
)

var (
	_ ginauth.Decider          = (*composed)(nil)
	_ ginauth.ObjectPermission = (*composed)(nil)
	_ ginauth.ObjectRuler      = (*composed)(nil)
	_ ginauth.ObjectDecider    = (*composed)(nil)
	_ ginauth.DraftDecider     = (*composed)(nil)
	_ ginauth.TokenScoper      = (*composed)(nil)
	_ ginauth.UserRequirer     = (*composed)(nil)
	_ ginauth.Opener           = (*composed)(nil)
	_ ginauth.Describer        = (*composed)(nil)
	_ ginauth.Composite        = (*composed)(nil)
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
	return &composed{operator, operands}
}

// HasPermission implements [ginauth.Permission].
func (p *composed) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	refusing, err := p.Decide(c, id)
	return refusing == nil && err == nil, err
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p *composed) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	refusing, err := p.DecideObject(c, id, obj)
	return refusing == nil && err == nil, err
}

// Decide implements [ginauth.Decider]: it returns the permission that refused,
// or nil.
func (p *composed) Decide(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	return question{c: c, id: id}.decide(p)
}

// DecideObject implements [ginauth.ObjectDecider]: it returns the permission
// that refused, or nil.
func (p *composed) DecideObject(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return question{c: c, id: id, obj: obj}.decide(p)
}

// DecideDraft implements [ginauth.DraftDecider].
func (p *composed) DecideDraft(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return question{c: c, id: id, obj: obj, draft: true}.decide(p)
}

// HasObjectRule implements [ginauth.ObjectRuler]: it reports whether one of the
// operands has a rule about objects.
func (p *composed) HasObjectRule() bool {
	return slices.ContainsFunc(p.operands, ginauth.HasObjectRule)
}

// Parts implements [ginauth.Composite].
func (p *composed) Parts() []ginauth.Permission { return slices.Clone(p.operands) }

// TokenScopes implements [ginauth.TokenScoper]: it returns those of all
// operands, and none for a Not.
func (p *composed) TokenScopes() []string {
	if p.operator == inverse {
		return nil
	}
	return ginauth.TokenScopesOf(p.operands...)
}

// RequiresUser implements [ginauth.UserRequirer].
func (p *composed) RequiresUser() bool {
	switch p.operator {
	case all:
		return slices.ContainsFunc(p.operands, requiresUser)
	case anyOf:
		return !slices.ContainsFunc(p.operands, func(o ginauth.Permission) bool { return !requiresUser(o) })
	}
	return false
}

// OpenTo implements [ginauth.Opener]. What a Not opens is unknown.
func (p *composed) OpenTo(method string, objects bool) bool {
	opens := func(o ginauth.Permission) bool { return ginauth.OpenTo(o, method, objects) }
	switch p.operator {
	case all:
		return !slices.ContainsFunc(p.operands, func(o ginauth.Permission) bool { return !opens(o) })
	case anyOf:
		return slices.ContainsFunc(p.operands, opens)
	}
	return false
}

// Describe implements [ginauth.Describer]. What satisfies a Not is unknown.
func (p *composed) Describe(method string) []ginauth.Alternative {
	switch p.operator {
	case all:
		return ginauth.DescribeAll(method, p.operands...)
	case anyOf:
		return ginauth.DescribeAny(method, p.operands...)
	}
	return []ginauth.Alternative{{Conditional: true}}
}

func requiresUser(p ginauth.Permission) bool {
	u, ok := p.(ginauth.UserRequirer)
	return ok && u.RequiresUser()
}

// String returns the expression, e.g. "Any(IsAdminUser, InGroup(editors))".
func (p *composed) String() string {
	parts := make([]string, len(p.operands))
	for i, operand := range p.operands {
		parts[i] = ginauth.Name(operand)
	}
	return p.operator + "(" + strings.Join(parts, ", ") + ")"
}
