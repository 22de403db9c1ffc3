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

// demands returns the alternatives of requests that the classes of a route let
// pass. Those that demand something of objects alone demand nothing on a route
// without any.
func (p policy) demands(method string, classes ...Permission) []Alternative {
	all := []Alternative{{}}
	for _, class := range classes {
		if needed := ways(class, method, true); !p.opens(class, method) || openTo(class, method, true) {
			all = both(all, needed)
		}
	}
	return all
}

// both returns the alternatives that satisfy one of each list.
func both(some, others []Alternative) (all []Alternative) {
	for _, x := range some {
		for _, y := range others {
			all = appendNew(all, x.and(y))
		}
	}
	return all
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
