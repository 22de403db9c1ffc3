package ginauth

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"
)

// This file holds what only authors of classes need, to ask other classes or to
// take part in the guard's work. Applications need none of it.

// Question is put to permissions: whether a request of an identity may proceed
// or, if Object is not nil, whether it may concern that object. A question about
// an object is put once the one about the request has been answered. Code whose
// object may be nil must look first, or it asks about the request.
type Question struct {
	Context  *gin.Context
	Identity *Identity
	Object   any // nil: the question is about the request

	// Draft says that the object is not stored yet. This cannot be read from
	// it: the key of a stored row may be zero, and that of a draft may be set.
	Draft bool
}

// Ask puts the question to a permission, and returns the one that refused: p
// itself, the one that p names if it is a [Decider], or nil.
func (q Question) Ask(p Permission) (refusing Permission, err error) {
	if d, ok := p.(Decider); ok {
		return d.Decide(q)
	}
	passes := true
	if q.Object == nil {
		passes, err = p.HasPermission(q.Context, q.Identity)
	} else if o, ok := p.(ObjectPermission); ok {
		passes, err = o.HasObjectPermission(q.Context, q.Identity, q.Object)
	}
	if !passes || err != nil {
		return p, err
	}
	return nil, nil
}

// Passes reports whether the answer of a [Decider] is yes. The Decider implements
// HasPermission and HasObjectPermission by it. Other permissions cannot: Ask
// would call these again, without end.
func (q Question) Passes(d Decider) (bool, error) {
	refusing, err := d.Decide(q)
	return refusing == nil && err == nil, err
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
