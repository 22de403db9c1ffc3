package ginauth

import "slices"

// Credential is what a class reads from a request, or a part of it, as a
// description such as an OpenAPI document names it. The client sends it in the
// cookie or the header.
type Credential struct {
	Name   string // of its kind, one word, such as "Token"
	Cookie string // the name of the cookie; "" if it is sent in the header
	Header string // the name of the header
	Scheme string // the word before it in Authorization, such as "Bearer"; "" if it stands alone
	Format string // of the value, such as "JWT"; "" if clients need not know
	Issuer string // the URL of the OpenID provider that issues it; "" if none does
	Note   string // for people

	Scoped  bool // it may be limited to scopes, see [ScopedCredential]
	Limited bool // it always is, and only routes with scopes accept it
	Metered bool // it may have a quota of its own: the Auth of its identity is a [Throttle]
}

// Alternative is one way to satisfy a class: all of it.
type Alternative struct {
	User        bool         // the request is authenticated, by any class of the route
	Credentials []Credential // the request brings each of these, and they are valid
	Conditional bool         // the class may refuse all the same, such as for a missing permission

	OriginChecked bool // the class refuses requests from pages of other sites, with 403
}

// Describer is implemented by a class that says what requests with a method
// need to satisfy it, for [Auth.Describe].
//
// An [Authenticator] returns the credentials that it accepts, an alternative
// for each, without those of a class that it wraps. If it returns none, it
// accepts none. One that is not a Describer is in the Unknown of a [Description].
//
// A [Permission] returns the ways to satisfy it: one empty alternative if every
// request passes, no alternative if none does. One that is not a Describer is
// described by [Opener] and [UserRequirer], and as Conditional unless it is
// open. One composed of others uses [DescribeAll] and [DescribeAny].
type Describer interface {
	Describe(method string) []Alternative
}

// DescribeAll returns the alternatives of requests that must satisfy every
// permission. Given one permission, it returns that one's.
func DescribeAll(method string, permissions ...Permission) []Alternative {
	all := []Alternative{{}}
	for _, p := range permissions {
		var both []Alternative
		for _, x := range all {
			for _, y := range describePermission(p, method) {
				both = appendNew(both, x.and(y))
			}
		}
		all = both
	}
	return all
}

// demands returns the alternatives of requests that the classes of a route let
// pass. Those that demand something of objects alone demand nothing on a route
// without any.
func (p policy) demands(method string, classes ...Permission) []Alternative {
	idle := func(class Permission) bool { return p.opens(class, method) && !OpenTo(class, method, true) }
	return DescribeAll(method, slices.DeleteFunc(slices.Clone(classes), idle)...)
}

// DescribeAny returns the alternatives of requests that must satisfy one of the
// permissions.
func DescribeAny(method string, permissions ...Permission) (all []Alternative) {
	for _, p := range permissions {
		all = appendNew(all, describePermission(p, method)...)
	}
	return all
}

func describePermission(p Permission, method string) []Alternative {
	switch p := p.(type) {
	case Describer:
		return p.Describe(method)
	case UserRequirer:
		return []Alternative{{User: p.RequiresUser(), Conditional: !OpenTo(p.(Permission), method, true)}}
	}
	return []Alternative{{Conditional: !OpenTo(p, method, true)}}
}

// and returns the alternative that demands both.
func (x Alternative) and(y Alternative) Alternative {
	credentials := slices.Clone(x.Credentials)
	for _, c := range y.Credentials {
		if !slices.Contains(credentials, c) {
			credentials = append(credentials, c)
		}
	}
	return Alternative{
		User:          x.User || y.User,
		Credentials:   credentials,
		Conditional:   x.Conditional || y.Conditional,
		OriginChecked: x.OriginChecked || y.OriginChecked,
	}
}

// appendNew appends the alternatives that the list lacks.
func appendNew(list []Alternative, more ...Alternative) []Alternative {
	for _, x := range more {
		if !slices.ContainsFunc(list, x.equal) {
			list = append(list, x)
		}
	}
	return list
}

func (x Alternative) equal(y Alternative) bool {
	return x.User == y.User && x.Conditional == y.Conditional && x.OriginChecked == y.OriginChecked &&
		slices.Equal(x.Credentials, y.Credentials)
}

func hasCredential(list []Alternative, is func(Credential) bool) bool {
	return slices.ContainsFunc(list, func(x Alternative) bool { return slices.ContainsFunc(x.Credentials, is) })
}

// metered reports whether a credential may have a quota of its own.
func metered(list []Alternative) bool {
	return hasCredential(list, func(c Credential) bool { return c.Metered })
}
