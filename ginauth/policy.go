package ginauth

import (
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"
)

// policy is the result of the rules of a route: independent parts, most of them
// lists. It is a value; merging returns a new one.
type policy struct {
	authenticators []Authenticator
	permissions    []Permission
	throttles      []Throttle
	throttleScope  string
	objects        objects
}

// merge returns p with the parts that the rules name replaced. It panics if two
// rules name one part: the second would replace the first, where a reader
// expects both to apply.
func (p policy) merge(rules []Rule) policy {
	named := make([]part, 0, 5)
	for _, r := range rules {
		if r == nil {
			panic("ginauth: a rule is nil; leave it out to inherit")
		}
		if slices.Contains(named, r.part()) {
			panic("ginauth: one declaration names its " + string(r.part()) + " twice; give all classes to one rule")
		}
		named = append(named, r.part())
		r.amend(&p)
	}
	return p
}

// challenger returns the first authenticator, which decides between 401 and
// 403, or nil if it has no challenge.
func (p policy) challenger() Challenger {
	if len(p.authenticators) == 0 {
		return nil
	}
	ch, _ := p.authenticators[0].(Challenger)
	return ch
}

// Rule declares one part of a policy. Given to [New], it sets the project's
// default; on a group or a route it replaces what is inherited. Rules are
// returned by [AuthenticationClasses] and [NoAuthentication],
// [PermissionClasses], [ThrottleClasses] and [NoThrottles], [ThrottleScope],
// and [Object], [ObjectsInHandler] and [NoObject].
type Rule interface {
	Option
	part() part
	amend(p *policy)
}

// part is a part of a policy.
type part string

const (
	authentication part = "authentication classes"
	permission     part = "permission classes"
	throttling     part = "throttle classes"
	throttleScope  part = "throttle scope"
	object         part = "object"
)

// Option is an argument of [New]: a [Rule], or a setting of the whole project
// such as [Logger].
type Option interface {
	configure(a *Auth)
}

type rule struct {
	replaces part
	apply    func(p *policy)
}

func (r rule) part() part      { return r.replaces }
func (r rule) amend(p *policy) { r.apply(p) }
func (rule) configure(*Auth)   {} // New merges the rules, all at once

// AuthenticationClasses declares how clients are identified. The classes are
// asked in order, until one finds credentials of its kind and decides. The
// first class also decides whether an unauthenticated request is refused with
// 401 and its challenge, or with 403. AuthenticationClasses panics if a class
// is nil or listed twice.
func AuthenticationClasses(first Authenticator, more ...Authenticator) Rule {
	all := classes("AuthenticationClasses", first, more)
	return rule{authentication, func(p *policy) { p.authenticators = all }}
}

// NoAuthentication declares that credentials are ignored: every request is
// anonymous, and a refusal is 403.
func NoAuthentication() Rule {
	return rule{authentication, func(p *policy) { p.authenticators = nil }}
}

// PermissionClasses declares what a request must satisfy: every class, in
// order. It panics if a class is nil or listed twice.
func PermissionClasses(first Permission, more ...Permission) Rule {
	all := classes("PermissionClasses", first, more)
	return rule{permission, func(p *policy) { p.permissions = all }}
}

// ThrottleClasses declares how often requests may come. All classes are asked,
// even after one has refused, and the client is told the longest wait.
// ThrottleClasses panics if a class is nil, or if it is listed twice and would
// count each request twice.
func ThrottleClasses(first Throttle, more ...Throttle) Rule {
	all := classes("ThrottleClasses", first, more)
	return rule{throttling, func(p *policy) { p.throttles = all }}
}

// NoThrottles declares that requests are not counted.
func NoThrottles() Rule {
	return rule{throttling, func(p *policy) { p.throttles = nil }}
}

// ThrottleScope names a kind of request, for throttles whose rate depends on
// it, such as [policies.ScopedRate] (DRF: the view's throttle_scope). It panics
// if the name is empty.
//
// [policies.ScopedRate]: https://pkg.go.dev/github.com/ginauth/ginauth/policies#ScopedRate
func ThrottleScope(name string) Rule {
	if name == "" {
		panic("ginauth: ThrottleScope was given no name; leave the rule out to inherit")
	}
	return rule{throttleScope, func(p *policy) { p.throttleScope = name }}
}

// classes returns the list that a rule keeps. The caller cannot change it.
func classes[T any](rule string, first T, more []T) []T {
	list := append([]T{first}, more...)
	for i, class := range list {
		if isNothing(class) {
			panic("ginauth: " + rule + " was given a nil class; name a class, or leave the rule out to inherit")
		}
		if slices.ContainsFunc(list[:i], func(earlier T) bool { return sameClass(earlier, class) }) {
			panic("ginauth: " + rule + " was given " + Name(class) + " twice; name a class once")
		}
	}
	return list
}

// sameClass reports whether two classes are the same pointer, or equal values
// of one type. What pointers point to is not compared, since two throttles of
// one rate are two allowances.
func sameClass(x, y any) bool {
	a, b := reflect.ValueOf(x), reflect.ValueOf(y)
	switch {
	case a.Type() != b.Type():
		return false
	case a.Comparable() && b.Comparable():
		return a.Equal(b)
	}
	return a.Kind() != reflect.Pointer && reflect.DeepEqual(x, y)
}

// isAuthenticated is the default permission, so that a route without
// annotations is closed.
type isAuthenticated struct{}

func (isAuthenticated) HasPermission(_ *gin.Context, id *Identity) (bool, error) {
	return id.Authenticated(), nil
}

func (isAuthenticated) JudgesStandIns() {}

func (isAuthenticated) Describe() PermissionTraits {
	return PermissionTraits{RequiresUser: true, Ways: everyUser}
}

func everyUser(string, bool) []Alternative { return []Alternative{{User: true}} }

func (isAuthenticated) String() string { return "IsAuthenticated" }

// names returns the [Name] of each class.
func names[T any](list []T) []string {
	out := make([]string, len(list))
	for i, class := range list {
		out[i] = Name(class)
	}
	return out
}
