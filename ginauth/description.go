package ginauth

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// Description is what the policy of a route asks of clients, and how it refuses
// them.
type Description struct {
	RouteInfo
	Template string // the path with {name} for each parameter

	// Alternatives are the ways to satisfy the policy. One without credentials
	// stands for requests without any. There are none if no credential would
	// help, or if the route is unguarded.
	Alternatives []Alternative

	TokenScopes [][]string // a credential that is limited to scopes needs one of each
	Refusals    []Refusal  // the answers that the guard may give in place of the handler, by status
	Quotas      bool       // answers have the headers of [RateLimitHeaders]
	Unknown     []string   // the [Name] of each authenticator that does not describe its credentials
}

// Refusal is an answer to a request that a policy refuses, as an example.
type Refusal struct {
	Status      int
	Headers     []string // that it has, or may have: WWW-Authenticate, Retry-After
	ContentType string
	Body        []byte // by the [ErrorRenderer] of the Auth; nil if that panicked
}

// Describe returns what each route of the engine, in the order of
// [Auth.Routes], asks of clients and how its policy refuses them. It is for
// documents that describe an API; package openapiginauth makes them.
//
// Describe asks the classes what they state about themselves (see [Describer]),
// and never about a request. It calls [ErrorRenderer] and the
// challenges of the classes with made-up requests. Where a class does not say
// what it does, the description has more refusals than the route, never fewer;
// refusals that the class chooses itself, by returning an [*Error], are not
// known.
func (a *Auth) Describe() []Description {
	a.mustBeMade()
	chains, _ := a.registered() // without them, Routes claims no guard either
	routes := make(map[routeID]registered, len(chains))
	for _, r := range chains {
		routes[r.routeID] = r
	}
	var all []Description
	for _, info := range a.Routes() {
		d := Description{RouteInfo: info, Template: info.Path}
		b := a.unmatchedBinding()
		if r, ok := routes[routeID{info.Method, info.Path}]; ok {
			b, d.Template = a.effective(r), template(r.pattern)
		}
		if b != nil && info.Guarded {
			b.describePolicy(&d)
		}
		all = append(all, d)
	}
	return all
}

// parameters are those of a path, as an engine takes it.
var parameters = regexp.MustCompile(`([^\\]):([^/]+)|\*([^/]+)`)

// template returns the path of a route with {name} for each parameter.
func template(pattern string) string {
	return strings.ReplaceAll(parameters.ReplaceAllString(pattern, "${1}{${2}${3}}"), `\:`, ":")
}

// describePolicy adds what the policy asks of clients, and how it refuses them.
func (b *binding) describePolicy(d *Description) {
	accepted, unknown := b.acceptedCredentials(d.Method)
	for _, status := range b.refusalStatuses(d.Method, accepted, unknown) {
		d.Refusals = append(d.Refusals, b.sample(d.Method, d.Path, status))
	}
	d.Unknown = unknown
	quotas := len(b.policy.throttles) > 0 || metered(accepted)
	if len(b.tokenScopes) == 0 {
		accepted = slices.DeleteFunc(accepted, func(x Alternative) bool {
			return slices.ContainsFunc(x.Credentials, func(c Credential) bool { return c.Limited })
		})
	}
	permitted := b.policy.demands(d.Method, b.policy.permissions...)
	d.Alternatives = alternatives(accepted, permitted, len(accepted)+len(unknown) > 0)
	d.TokenScopes = b.tokenScopes
	d.Quotas = b.auth.rateLimitHeaders && quotas
}

// alternatives returns the ways to satisfy permissions with the credentials
// that the authenticators accept. Where none is needed, they may still be sent.
// A permission that says nothing counts as one that needs them, if there are
// any.
func alternatives(accepted, needed []Alternative, sends bool) (all []Alternative) {
	add := func(x Alternative) {
		same := slices.IndexFunc(all, func(y Alternative) bool { return slices.Equal(x.Credentials, y.Credentials) })
		if same < 0 {
			all = append(all, x)
			return
		}
		all[same].Conditional = all[same].Conditional && x.Conditional
	}
	anonymous := false
	for _, need := range needed {
		if !need.User && len(need.Credentials) > 0 {
			add(need)
			continue
		}
		anonymous = anonymous || !need.User && !(need.Conditional && sends)
		need.User = false
		for _, credential := range accepted {
			add(credential.and(need))
		}
	}
	if anonymous {
		add(Alternative{})
	}
	return all
}

// acceptedCredentials returns the credentials that the authenticators accept,
// and the names of those that do not describe them.
func (b *binding) acceptedCredentials(method string) (accepted []Alternative, unknown []string) {
	for class := range unwrapped(b.policy.authenticators) {
		switch t := traitsOf[AuthenticatorTraits](class); {
		case t.Accepts != nil:
			accepted = appendNew(accepted, t.Accepts(method)...)
		case t.Wraps == nil:
			unknown = append(unknown, Name(class))
		}
	}
	return accepted, unknown
}

// madeUp returns a context for asking about no request in particular.
func (b *binding) madeUp(method, path string, w http.ResponseWriter) *gin.Context {
	c := gin.CreateTestContextOnly(w, b.auth.engine)
	c.Request = requestOf(context.Background(), method, path)
	setFullPath(c, path)
	bindTo(c, b)
	establish(c, b, &b.auth.anonymous)
	return c
}
