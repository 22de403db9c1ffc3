package drf

import (
	"errors"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

type operator struct {
	name     string
	operands []ginauth.Permission
	evaluate evaluation
}

var _ ginauth.ObjectPermission = (*operator)(nil)

// All returns A & B, for requests and for objects (DRF: AND).
func All(first, second ginauth.Permission) ginauth.Permission {
	return compose("All", all, first, second)
}

// Any returns A | B. An object passes if the same operand lets the request and
// the object pass (DRF: OR).
func Any(first, second ginauth.Permission) ginauth.Permission {
	return compose("Any", anyOf, first, second)
}

// Not returns ~A (DRF: NOT). It negates the answer to each question separately,
// with two surprising results:
//
//   - A class without a rule about objects lets all of them pass, so
//     ~IsAdminUser refuses every object, to every user.
//   - A class with only a rule about objects lets all requests pass, so
//     ~IsOwner refuses every request.
func Not(p ginauth.Permission) ginauth.Permission {
	return compose("Not", not, p)
}

func compose(name string, evaluate evaluation, operands ...ginauth.Permission) *operator {
	if slices.Contains(operands, nil) {
		panic("drf: " + name + " was given a nil permission")
	}
	return &operator{name, operands, evaluate}
}

// evaluation asks the operands.
type evaluation func(q question, operands []ginauth.Permission) (bool, error)

// HasPermission implements [ginauth.Permission].
func (o *operator) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return o.evaluate(question{c: c, id: id}, o.operands)
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (o *operator) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return o.evaluate(question{c: c, id: id, obj: obj}, o.operands)
}

// Decide implements [ginauth.Decider]. It names the expression itself, never
// the operand that refused.
func (o *operator) Decide(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	return o.decide(question{c: c, id: id})
}

// DecideObject implements [ginauth.ObjectDecider].
func (o *operator) DecideObject(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return o.decide(question{c: c, id: id, obj: obj})
}

// DecideDraft implements [ginauth.DraftDecider].
func (o *operator) DecideDraft(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return o.decide(question{c: c, id: id, obj: obj, draft: true})
}

func (o *operator) decide(q question) (ginauth.Permission, error) {
	if ok, err := o.evaluate(q, o.operands); !ok || err != nil {
		return o, err
	}
	return nil, nil
}

// HasObjectRule implements [ginauth.ObjectRuler]: it reports whether an operand
// has an object rule.
func (o *operator) HasObjectRule() bool {
	return slices.ContainsFunc(o.operands, ginauth.HasObjectRule)
}

// Parts implements [ginauth.Composite].
func (o *operator) Parts() []ginauth.Permission { return slices.Clone(o.operands) }

// TokenScopes implements [ginauth.TokenScoper]: it returns the scopes of the
// operands, and none for a Not.
func (o *operator) TokenScopes() []string {
	if o.name == "Not" {
		return nil
	}
	return ginauth.TokenScopesOf(o.operands...)
}

// RequiresUser implements [ginauth.UserRequirer].
func (o *operator) RequiresUser() bool {
	requires := func(p ginauth.Permission) bool {
		u, ok := p.(ginauth.UserRequirer)
		return ok && u.RequiresUser()
	}
	switch o.name {
	case "All":
		return requires(o.operands[0]) || requires(o.operands[1])
	case "Any":
		return requires(o.operands[0]) && requires(o.operands[1])
	}
	return false
}

// OpenTo implements [ginauth.Opener]. What a Not opens is unknown.
func (o *operator) OpenTo(method string, objects bool) bool {
	opens := func(p ginauth.Permission) bool { return ginauth.OpenTo(p, method, objects) }
	switch o.name {
	case "All":
		return opens(o.operands[0]) && opens(o.operands[1])
	case "Any":
		return opens(o.operands[0]) || opens(o.operands[1])
	}
	return false
}

// Describe implements [ginauth.Describer]. What satisfies a Not is unknown.
func (o *operator) Describe(method string) []ginauth.Alternative {
	switch o.name {
	case "All":
		return ginauth.DescribeAll(method, o.operands...)
	case "Any":
		return ginauth.DescribeAny(method, o.operands...)
	}
	return []ginauth.Alternative{{Conditional: true}}
}

// String returns the expression, e.g. "drf.Any(IsAdminUser, ReadOnly)".
func (o *operator) String() string {
	parts := make([]string, len(o.operands))
	for i, operand := range o.operands {
		parts[i] = ginauth.Name(operand)
	}
	return "drf." + o.name + "(" + strings.Join(parts, ", ") + ")"
}

// question is put to the operands. It is about the request or, if obj is not
// nil, about an object.
type question struct {
	c     *gin.Context
	id    *ginauth.Identity
	obj   any
	draft bool // the object is not stored yet
}

// ask calls what corresponds to DRF's has_permission or has_object_permission.
// A class that conceals raises Http404 there, which ends the whole expression,
// whatever surrounds it.
func (q question) ask(p ginauth.Permission) (bool, error) {
	refusing, err := q.decide(p)
	if hidden, ok := refusing.(ginauth.Concealer); ok && err == nil && hidden.Conceals() {
		return false, ginauth.NotFound().Because(errors.New("refused by " + ginauth.Name(refusing)))
	}
	if refusing == nil && err == nil && q.lacks(p) {
		err = ginauth.InsufficientScope().Because(ginauth.ErrUnscopedBranch)
	}
	return refusing == nil && err == nil, err
}

// lacks reports whether a class names scopes and the limited credential has
// none of them. A class that lets it pass all the same leaves the comparison to
// what asks the class, as it does to the guard.
func (q question) lacks(p ginauth.Permission) bool {
	credential := ginauth.LimitedCredential(q.id)
	if credential == nil {
		return false
	}
	scopes := ginauth.TokenScopesOf(p)
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, credential.HasScope)
}

func (q question) decide(p ginauth.Permission) (refusing ginauth.Permission, err error) {
	if q.obj == nil {
		return ginauth.Decide(p, q.c, q.id)
	}
	if q.draft {
		return ginauth.DecideDraft(p, q.c, q.id, q.obj)
	}
	return ginauth.DecideObject(p, q.c, q.id, q.obj)
}

func all(q question, operands []ginauth.Permission) (bool, error) {
	for _, p := range operands {
		if ok, err := q.ask(p); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func anyOf(q question, operands []ginauth.Permission) (bool, error) {
	scoped := ginauth.LimitedCredential(q.id) != nil && len(ginauth.TokenScopesOf(operands...)) > 0
	var unscoped error // set if only operands without a scope let the limited credential pass
	for _, p := range operands {
		ok, err := q.alternative(p)
		switch {
		case errors.Is(err, ginauth.ErrUnscopedBranch):
			unscoped = err
		case ok && err == nil && scoped && len(ginauth.TokenScopesOf(p)) == 0:
			unscoped = ginauth.InsufficientScope().Because(ginauth.ErrUnscopedBranch)
		case ok || err != nil:
			return ok && err == nil, err
		}
	}
	return false, unscoped
}

// alternative asks an operand of an Any about the request and about the object.
func (q question) alternative(p ginauth.Permission) (bool, error) {
	ok, err := question{c: q.c, id: q.id}.ask(p)
	if ok && err == nil && q.obj != nil {
		ok, err = q.ask(p)
	}
	return ok, err
}

func not(q question, operands []ginauth.Permission) (bool, error) {
	ok, err := q.ask(operands[0])
	return !ok && err == nil, err
}
