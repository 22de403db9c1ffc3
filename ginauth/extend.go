package ginauth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"
)

// This file holds what only authors of classes need, to ask other classes or to
// take part in the guard's work. Applications need none of it.

// Decide asks a permission, and returns the one that refused: p itself, a part
// of it if it is a [Decider], or nil.
func Decide(p Permission, c *gin.Context, id *Identity) (refusing Permission, err error) {
	if d, ok := p.(Decider); ok {
		return d.Decide(c, id)
	}
	if ok, err := p.HasPermission(c, id); !ok || err != nil {
		return p, err
	}
	return nil, nil
}

// DecideObject asks a permission about an object, and returns the one that
// refused: p itself, a part of it if it is an [ObjectDecider], or nil. It does
// not ask about the request; see [Decide].
func DecideObject(p Permission, c *gin.Context, id *Identity, obj any) (refusing Permission, err error) {
	switch p := p.(type) {
	case ObjectDecider:
		return p.DecideObject(c, id, obj)
	case ObjectPermission:
		if ok, err := p.HasObjectPermission(c, id, obj); !ok || err != nil {
			return p.(Permission), err
		}
	}
	return nil, nil
}

// DecideDraft is [DecideObject] for an object that is not stored yet.
func DecideDraft(p Permission, c *gin.Context, id *Identity, obj any) (refusing Permission, err error) {
	if d, ok := p.(DraftDecider); ok {
		return d.DecideDraft(c, id, obj)
	}
	return DecideObject(p, c, id, obj)
}

// HasObjectRule reports whether a permission has a rule about objects.
func HasObjectRule(p Permission) bool {
	if r, ok := p.(ObjectRuler); ok {
		return r.HasObjectRule()
	}
	_, ok := p.(ObjectPermission)
	return ok
}

// TokenScopesOf returns the scopes that permissions name, sorted, each once.
func TokenScopesOf(permissions ...Permission) (names []string) {
	for _, p := range permissions {
		if s, ok := p.(TokenScoper); ok {
			names = append(names, s.TokenScopes()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// LimitedCredential returns the credential of an identity if it is limited to
// scopes, or nil.
func LimitedCredential(id *Identity) ScopedCredential {
	if id == nil {
		return nil
	}
	if credential, ok := id.Auth.(ScopedCredential); ok && credential.Limited() {
		return credential
	}
	return nil
}

// ErrUnscopedBranch is the cause of the refusal of a limited credential that a
// permission made of alternatives would accept only by one that names no scope.
// Such a permission returns [InsufficientScope] with this cause as its error,
// not false, so that no permission around it inverts the refusal.
var ErrUnscopedBranch = errors.New("ginauth: only an alternative without a scope accepts the limited credential")

// PermissionsOf returns the permission classes of the request's route, for code
// that applies them to objects in a way of its own, as policies.Filter does;
// see [MarkObjectsChecked]. guarded is false on a route without a guard.
func PermissionsOf(c *gin.Context) (classes []Permission, guarded bool) {
	if b := bindingOf(c); b != nil {
		return slices.Clone(b.policy.permissions), true
	}
	return nil, false
}

// MarkObjectsChecked tells the guard that the rules about objects have been
// applied by other means than [Object] and [CheckObject]. It is safe for use by
// several goroutines of a request.
func MarkObjectsChecked(c *gin.Context) {
	if value, ok := c.Get(objectKey); ok {
		value.(*objectState).checked.Store(true)
	}
}

// ThrottleScopeOf returns the [ThrottleScope] of the request's route, or "" if
// it has none.
func ThrottleScopeOf(c *gin.Context) string {
	if b := bindingOf(c); b != nil {
		return b.policy.throttleScope
	}
	return ""
}

// Name returns the name of a class in the route table and the log: its String,
// or else its type.
func Name(class any) string {
	if s, ok := class.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", class)
}
