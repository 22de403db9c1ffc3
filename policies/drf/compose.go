package drf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

type operator struct {
	name     string
	operands []ginauth.Permission
	evaluate evaluation
	traits   ginauth.PermissionTraits
}

var (
	_ ginauth.ObjectPermission = (*operator)(nil)
	_ ginauth.Decider          = (*operator)(nil)

	_ ginauth.Describer[ginauth.PermissionTraits] = (*operator)(nil)
)

// All returns A & B, for requests and for objects (DRF: AND).
func All(first, second ginauth.Permission) ginauth.Permission {
	parts := []ginauth.Permission{first, second}
	return compose("All", all, ginauth.PermissionTraits{All: parts}, parts)
}

// Any returns A | B. An object passes if the same operand lets the request and
// the object pass (DRF: OR).
func Any(first, second ginauth.Permission) ginauth.Permission {
	parts := []ginauth.Permission{first, second}
	return compose("Any", anyOf, ginauth.PermissionTraits{Any: parts}, parts)
}

// Not returns ~A (DRF: NOT). It negates the answer to each question separately,
// with two surprising results:
//
//   - A class without a rule about objects lets all of them pass, so
//     ~IsAdminUser refuses every object, to every user.
//   - A class with only a rule about objects lets all requests pass, so
//     ~IsOwner refuses every request.
func Not(p ginauth.Permission) ginauth.Permission {
	parts := []ginauth.Permission{p}
	return compose("Not", not, ginauth.PermissionTraits{Not: parts}, parts)
}

func compose(
	name string, evaluate evaluation, traits ginauth.PermissionTraits, operands []ginauth.Permission,
) *operator {
	if slices.Contains(operands, nil) {
		panic("drf: " + name + " was given a nil permission")
	}
	traits.NoObjectRule = !slices.ContainsFunc(operands, ginauth.HasObjectRule)
	return &operator{name, slices.Clone(operands), evaluate, traits}
}

// evaluation asks the operands.
type evaluation func(q question, operands []ginauth.Permission) (bool, error)

// HasPermission implements [ginauth.Permission].
func (o *operator) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return ginauth.Question{Context: c, Identity: id}.Passes(o)
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (o *operator) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	if obj == nil { // the question would be about the request
		return false, fmt.Errorf("drf: %s was asked about an object, and given nil", o)
	}
	return ginauth.Question{Context: c, Identity: id, Object: obj}.Passes(o)
}

// Decide implements [ginauth.Decider]. It names the expression itself, never
// the operand that refused.
func (o *operator) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
	if ok, err := o.evaluate(question{q}, o.operands); !ok || err != nil {
		return o, err
	}
	return nil, nil
}

// Describe implements [ginauth.Describer].
func (o *operator) Describe() ginauth.PermissionTraits { return o.traits }

// String returns the expression, e.g. "drf.Any(IsAdminUser, ReadOnly)".
func (o *operator) String() string {
	parts := make([]string, len(o.operands))
	for i, operand := range o.operands {
		parts[i] = ginauth.Name(operand)
	}
	return "drf." + o.name + "(" + strings.Join(parts, ", ") + ")"
}

// question is put to the operands.
type question struct{ ginauth.Question }

// ask calls what corresponds to DRF's has_permission or has_object_permission.
// A class that conceals raises Http404 there, which ends the whole expression,
// whatever surrounds it.
func (q question) ask(p ginauth.Permission) (bool, error) {
	refusing, err := q.Ask(p)
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
	credential := ginauth.LimitedCredential(q.Identity)
	if credential == nil {
		return false
	}
	scopes := ginauth.TokenScopesOf(p)
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, credential.HasScope)
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
	scoped := ginauth.LimitedCredential(q.Identity) != nil && len(ginauth.TokenScopesOf(operands...)) > 0
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
	ok, err := question{ginauth.Question{Context: q.Context, Identity: q.Identity}}.ask(p)
	if ok && err == nil && q.Object != nil {
		ok, err = q.ask(p)
	}
	return ok, err
}

func not(q question, operands []ginauth.Permission) (bool, error) {
	ok, err := q.ask(operands[0])
	return !ok && err == nil, err
}
