package ginauth

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
)

// statuses is a set of the statuses of refusals.
type statuses map[int]bool

// refusalStatuses returns the statuses by which the guard may answer in place
// of the handler, in order.
func (b *binding) refusalStatuses(method string, accepted []Alternative, unknown []string) []int {
	set := statuses{}
	b.addAuthentication(set, accepted, unknown)
	b.addPermissions(set, method)
	authenticators := slices.Collect(unwrapped(b.policy.authenticators))
	counts := func(class Authenticator) bool { return countsByAddress(class) }
	if len(b.policy.throttles) > 0 || slices.ContainsFunc(authenticators, counts) {
		set[http.StatusTooManyRequests], set[http.StatusServiceUnavailable] = true, true
	}
	if b.policy.objects.loader != nil {
		set[http.StatusNotFound], set[http.StatusServiceUnavailable] = true, true
	}
	return slices.Sorted(maps.Keys(set))
}

// addAuthentication adds how wrong credentials are refused, a missing second
// part such as a CSRF token, a page of another site, a token that lacks a scope,
// and an exhausted quota.
func (b *binding) addAuthentication(set statuses, accepted []Alternative, unknown []string) {
	if len(accepted)+len(unknown) == 0 {
		return
	}
	set[b.unauthenticated()], set[http.StatusServiceUnavailable] = true, true
	inTwoParts := func(x Alternative) bool { return len(x.Credentials) > 1 || x.OriginChecked }
	scoped := hasCredential(accepted, func(c Credential) bool { return c.Scoped })
	if scoped || slices.ContainsFunc(accepted, inTwoParts) {
		set[http.StatusForbidden] = true
	}
	if metered(accepted) {
		set[http.StatusTooManyRequests] = true
	}
}

// unauthenticated returns the status of a refusal to authenticate: 403 where
// the first authenticator has no challenge.
func (b *binding) unauthenticated() (status int) {
	status = http.StatusUnauthorized
	defer func() { _ = recover() }() // of a challenge, since the request is made up
	answer, _ := b.settle(b.madeUp(http.MethodGet, "/", &statusOnly{}), NotAuthenticated())
	return answer.Status
}

// addPermissions adds how the permissions refuse. They are asked in order, so
// what one of them refuses does not come to the next.
func (b *binding) addPermissions(set statuses, method string) {
	anonymous, user := true, len(b.policy.authenticators) > 0
	refused := http.StatusForbidden // of anonymous requests
	if user {
		refused = b.unauthenticated()
	}
	for _, p := range b.policy.permissions {
		ways := b.policy.demands(method, p)
		free := func(x Alternative) bool { return len(x.Credentials) == 0 && !x.Conditional }
		hidden, open := conceals(p)
		add := func(status int) {
			set[http.StatusNotFound] = set[http.StatusNotFound] || hidden
			set[status] = set[status] || open
		}
		if anonymous && !slices.ContainsFunc(ways, func(x Alternative) bool { return free(x) && !x.User }) {
			add(refused)
		}
		if user && !slices.ContainsFunc(ways, free) {
			add(http.StatusForbidden)
		}
		if slices.ContainsFunc(ways, func(x Alternative) bool { return !free(x) }) { // it asks a database, perhaps
			set[http.StatusServiceUnavailable] = true
		}
		if !HasObjectRule(p) { // one that has a rule may ask for a user only then, after all permissions
			anonymous = anonymous && slices.ContainsFunc(ways, func(x Alternative) bool { return !x.User })
			user = user && len(ways) > 0
		}
	}
	maps.DeleteFunc(set, func(_ int, there bool) bool { return !there })
}

// conceals returns the ways in which a permission refuses: by hiding that an
// object exists, or openly.
func conceals(p Permission) (hidden, open bool) {
	if c, ok := p.(Concealer); ok && c.Conceals() {
		return true, false
	}
	for part := range parts([]Permission{p}) {
		if c, ok := part.(Concealer); ok && c.Conceals() {
			return true, true
		}
		composed := len(traitsOf[PermissionTraits](part).Parts()) > 0
		if !composed && decidesObjects(part) { // it may name another class as refusing, which conceals
			return true, true
		}
	}
	return false, true
}

// sample returns the refusal of a status, as the guard would write it.
func (b *binding) sample(method, path string, status int) (refusal Refusal) {
	refusal.Status = status
	e := &Error{Status: status}
	switch status {
	case http.StatusUnauthorized:
		e = NotAuthenticated()
		refusal.Headers = []string{"WWW-Authenticate"}
	case http.StatusForbidden:
		e = PermissionDenied()
	case http.StatusNotFound:
		e = NotFound()
	case http.StatusTooManyRequests:
		e = Throttled()
		refusal.Headers = []string{"Retry-After"}
	case http.StatusServiceUnavailable:
		e = Unavailable(nil)
		refusal.Headers = []string{"Retry-After", requestIDHeader}
	}
	w := &sampler{header: http.Header{}}
	defer func() {
		if recover() == nil {
			refusal.ContentType, refusal.Body = w.header.Get("Content-Type"), w.body.Bytes()
		}
	}()
	b.auth.render(b.madeUp(method, path, w), e)
	return refusal
}

// sampler keeps the header and the body of an answer that is not sent.
type sampler struct {
	header http.Header
	body   bytes.Buffer
}

func (w *sampler) Header() http.Header         { return w.header }
func (w *sampler) Write(p []byte) (int, error) { return w.body.Write(p) }
func (*sampler) WriteHeader(int)               {}
