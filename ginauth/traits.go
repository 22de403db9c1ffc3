package ginauth

import "slices"

// Describer is implemented by a class that states more about itself than its
// decisions tell: a [Permission] by [PermissionTraits], an [Authenticator] by
// [AuthenticatorTraits], a [Throttle] by [ThrottleTraits].
//
// Describe returns the same each time. It is asked at registration, by
// [Auth.Check], [Auth.Routes] and [Auth.Describe], and on some requests. A class
// whose traits are costly to make, such as those with functions that capture
// something, makes them once. A method Describe of another form states nothing;
// an assertion finds it:
//
//	var _ ginauth.Describer[ginauth.PermissionTraits] = wrapper{}
type Describer[T PermissionTraits | AuthenticatorTraits | ThrottleTraits] interface {
	Describe() T
}

// traitsOf returns what a class states about itself. The zero value states
// nothing.
func traitsOf[T PermissionTraits | AuthenticatorTraits | ThrottleTraits](class any) (traits T) {
	if d, ok := class.(Describer[T]); ok {
		traits = d.Describe()
	}
	return traits
}

// PermissionTraits is what a [Permission] states about itself; see [Describer].
// The zero value is what applies to one that states nothing.
//
// A permission composed of others names them in All, Any or Not. What they state
// then holds for the whole, and need not be repeated: its TokenScopes are theirs
// too, and so on. Its other fields are what it demands besides. One that wraps
// another and decides as that one does states All of one:
//
//	func (w wrapper) Describe() ginauth.PermissionTraits {
//		return ginauth.PermissionTraits{
//			All:          []ginauth.Permission{w.inner},
//			NoObjectRule: !ginauth.HasObjectRule(w.inner),
//		}
//	}
type PermissionTraits struct {
	All []Permission // lets pass what each of these does
	Any []Permission // lets pass what one of these does
	Not []Permission // asks these in another way, such as to invert the answer; what they state does not hold

	// NoObjectRule says that an [ObjectPermission] has no rule about objects
	// after all, such as one composed of others that have none. It does not
	// follow from All and Any. Default: the permission has a rule if it is an
	// ObjectPermission.
	NoObjectRule bool

	// TokenScopes are the scopes that the permission asks credentials for. A
	// limited credential must have at least one of them; see
	// [ScopedCredential]. They are read at registration and, of what other
	// permissions ask, on requests. One that inverts another states none, since
	// lacking a scope entitles to nothing.
	TokenScopes []string

	// RequiresUser says that the permission may refuse every anonymous request,
	// so that [Auth.Check] finds routes without authenticators, on which it
	// refuses all requests.
	RequiresUser bool

	// Ways returns the ways in which requests with a method satisfy the
	// permission: one empty alternative if every request passes, from any
	// client, none if no request does. By it [Auth.Routes] finds open routes,
	// and [Auth.Describe] says what clients need. objects tells whether the rule
	// about objects applies: it does not where the route declares [NoObject].
	// Default: those of All and Any or, without them, the permission may refuse
	// any request. One that refuses more than those do, for other reasons than
	// the fields here tell, must state Ways.
	Ways func(method string, objects bool) []Alternative

	// CheckObjectType says why the permission cannot judge objects of the type
	// of obj, such as a column that they lack, or returns nil. obj is a new
	// object. [Auth.Check] asks it. Default: any type of object will do.
	CheckObjectType func(obj any) error

	// CheckIdentities says why the permission refuses every request that one of
	// these, the authenticators of a route, has authenticated, or returns nil.
	// It is for permissions that depend on what an authenticator establishes
	// beside the user. [Auth.Check] asks it. Default: any authenticator will do.
	CheckIdentities func(classes []Authenticator) error
}

// Parts returns the permissions that All, Any and Not name.
func (t PermissionTraits) Parts() []Permission { return slices.Concat(t.All, t.Any, t.Not) }

// AuthenticatorTraits is what an [Authenticator] states about itself; see
// [Describer]. The zero value is what applies to one that states nothing.
type AuthenticatorTraits struct {
	// Wraps is the authenticator that this one asks, such as that of a cache, so
	// that [Auth.Check] examines it too, and [Auth.Describe] describes it. It
	// may be nil. What that one states need not be repeated.
	Wraps Authenticator

	// Accepts returns the credentials that the authenticator accepts of requests
	// with a method, an alternative for each, or none if it accepts none.
	// Default: those of Wraps or, without it, unknown: its name is in the
	// Unknown of a [Description].
	Accepts func(method string) []Alternative

	// DefinesScope reports whether its users and credentials can have a scope.
	// [Auth.Check] finds permissions that ask for other scopes, which fail on
	// every request. Default: any scope.
	DefinesScope func(name string) bool

	// CountsByAddress says that it limits failures and may count them by
	// [ClientAddress]. [Auth.Check] finds such classes where Gin's settings let
	// clients choose that address.
	CountsByAddress bool
}

// ThrottleTraits is what a [Throttle] states about itself; see [Describer]. The
// zero value is what applies to one that states nothing.
type ThrottleTraits struct {
	// HasRate reports whether the throttle has a rate for a [ThrottleScope].
	// [Auth.Check] finds scopes without one. Default: the rate does not depend
	// on the scope.
	HasRate func(scope string) bool

	// CountsByAddress says that the throttle may count by [ClientAddress].
	// [Auth.Check] finds such classes where Gin's settings let clients choose
	// that address.
	CountsByAddress bool
}

// HasObjectRule reports whether a permission has a rule about objects.
func HasObjectRule(p Permission) bool {
	if _, ok := p.(ObjectPermission); !ok {
		return false
	}
	d, ok := p.(Describer[PermissionTraits])
	return !ok || !d.Describe().NoObjectRule
}

// TokenScopesOf returns the scopes that permissions name, sorted, each once.
func TokenScopesOf(permissions ...Permission) []string {
	names := appendScopes(nil, permissions)
	slices.Sort(names)
	return slices.Compact(names)
}

func appendScopes(names []string, permissions []Permission) []string {
	for _, p := range permissions {
		if d, ok := p.(Describer[PermissionTraits]); ok {
			t := d.Describe()
			names = append(names, t.TokenScopes...)
			names = appendScopes(names, t.All)
			names = appendScopes(names, t.Any)
		}
	}
	return names
}

// requiresUser reports whether a permission may refuse every anonymous request.
func requiresUser(p Permission) bool {
	t := traitsOf[PermissionTraits](p)
	mayNot := func(p Permission) bool { return !requiresUser(p) }
	return t.RequiresUser || slices.ContainsFunc(t.All, requiresUser) ||
		len(t.Any) > 0 && !slices.ContainsFunc(t.Any, mayNot)
}

// ways returns the ways in which requests with a method satisfy a permission.
func ways(p Permission, method string, objects bool) []Alternative {
	t := traitsOf[PermissionTraits](p)
	ownRule := HasObjectRule(p) && ruleAboutObjects(t.Parts()) == nil
	all := t.ownWays(method, objects, objects && ownRule)
	for _, part := range t.All {
		all = both(all, ways(part, method, objects))
	}
	if len(t.Any) > 0 {
		var either []Alternative
		for _, part := range t.Any {
			either = appendNew(either, ways(part, method, objects)...)
		}
		all = both(all, either)
	}
	return all
}

// ownWays returns the ways to satisfy what a permission demands beside the
// permissions of All and Any. ruled tells whether it has a rule about objects
// that none of those has.
func (t PermissionTraits) ownWays(method string, objects, ruled bool) []Alternative {
	switch {
	case t.Ways != nil:
		return t.Ways(method, objects)
	case len(t.All)+len(t.Any) > 0 && len(t.Not)+len(t.TokenScopes) == 0 && !t.RequiresUser:
		return []Alternative{{Conditional: ruled}}
	}
	return []Alternative{{User: t.RequiresUser, Conditional: true}}
}

// openTo reports whether a permission lets every request with a method pass, as
// far as it says so.
func openTo(p Permission, method string, objects bool) bool {
	return slices.ContainsFunc(ways(p, method, objects), Alternative{}.equal)
}
