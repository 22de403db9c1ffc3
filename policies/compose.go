package policies

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// composed is a permission made of others by [All], [Any] or [Not], over
// requests and objects alike.
//
// About an object each class has one answer: whether it lets the request pass
// and, if it has a rule about objects, the object too. All, Any and Not are
// and, or and not of these answers. Before the object is known a class that has
// such a rule and lets the request pass depends on the object; a request goes
// on unless the answer is no whatever the object. The truth table is in
// docs/permissions.md.
//
// A failure of one that is asked is a failure of the whole: it is neither a no
// that Not could turn into a yes, nor passed over for the next. So is a refusal
// that a class returns as an error.
//
// For a credential that is limited to scopes (see [ginauth.ScopedCredential]),
// alternatives of an Any that name no scope do not count beside others that do,
// and Not names no scope.
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
	_ ginauth.ObjectPermission = (*composed)(nil)
	_ ginauth.Decider          = (*composed)(nil)
	_ ginauth.ObjectDecider    = (*composed)(nil)
	_ ginauth.DraftDecider     = (*composed)(nil)
	_ Filterer                 = (*composed)(nil)
)

// All lets pass what every permission lets pass; they are asked in order until
// one refuses (DRF: A & B). The client is told what that one says.
func All(first, second ginauth.Permission, more ...ginauth.Permission) ginauth.Permission {
	return compose(all, append([]ginauth.Permission{first, second}, more...)...)
}

// Any lets pass what one of the permissions lets pass; they are asked in order
// until one agrees (DRF: A | B). If none does, the client is told what the
// first says that has something to say, or that there is nothing if one
// conceals.
func Any(first, second ginauth.Permission, more ...ginauth.Permission) ginauth.Permission {
	return compose(anyOf, append([]ginauth.Permission{first, second}, more...)...)
}

// Not lets pass what the permission refuses (DRF: ~A, which refuses every
// object if A has no rule about objects, and every request if it has only
// that).
func Not(p ginauth.Permission) ginauth.Permission {
	return compose(inverse, p)
}

// isNil reports whether there is no class: nil, or a nil pointer, on which its
// methods would panic.
func isNil(p ginauth.Permission) bool {
	return p == nil || reflect.ValueOf(p).Kind() == reflect.Pointer && reflect.ValueOf(p).IsNil()
}

// mustBeThere is for constructors.
func mustBeThere(constructor string, permissions ...ginauth.Permission) {
	if slices.ContainsFunc(permissions, isNil) {
		panic("policies: " + constructor + " was given a nil permission")
	}
}

func compose(operator string, operands ...ginauth.Permission) *composed {
	mustBeThere(operator, operands...)
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

// HasObjectRule implements [ginauth.ObjectRuler]: one of the operands has.
func (p *composed) HasObjectRule() bool {
	return slices.ContainsFunc(p.operands, ginauth.HasObjectRule)
}

// Parts implements [ginauth.Composite].
func (p *composed) Parts() []ginauth.Permission { return slices.Clone(p.operands) }

// TokenScopes implements [ginauth.TokenScoper]: those of all operands, and
// none for a Not.
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
