package ginauth

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// binding is a policy bound to the groups that carry its guard.
type binding struct {
	auth        *Auth
	policy      policy
	source      string     // file:line of the declaration
	objectRules bool       // objects are to be checked before a request is answered
	tokenScopes [][]string // of each class that names any
}

func (a *Auth) bind(p policy, source string) *binding {
	return &binding{
		auth: a, policy: p, source: source,
		objectRules: p.objects.checked(p.permissions), tokenScopes: tokenScopes(p.permissions),
	}
}

// guard is the handler in the chain. Called with a context that has no request, it hands out its binding and does nothing else;
// that is how a policy is read back from a chain (see bindingIn).
func (b *binding) guard(c *gin.Context) {
	if c.Request == nil {
		c.Set(probeKey, b)
		return
	}
	passed := false
	defer abortUnless(&passed, c)
	passed = b.decide(c)
}

// abortUnless ends the chain, when deferred, on every way out of a decision
// except the one that passes: a refusal, a panic, which goes on to the
// application's recovery, and runtime.Goexit. A recovery that does not abort
// would else run the handler.
func abortUnless(passed *bool, c *gin.Context) {
	if !*passed {
		c.Abort()
	}
}

// decide reports whether the request may go on. If not, it has been refused.
func (b *binding) decide(c *gin.Context) (passes bool) {
	b.auth.noRoute.seal()
	b.auth.checkOnce(c)
	if c.FullPath() == "" {
		if b = b.auth.unmatchedBinding(); b == nil {
			return true
		}
	} else {
		b = b.auth.annotated.override(b, routeID{c.Request.Method, c.FullPath()})
	}
	return b.enforce(c)
}

// guardMissing stands in front of the NoRoute handlers, where Gin's StaticFS
// hands a request on to them whose file does not exist (see noRouteHandlers).
// That request has passed the policy of its route; what it gets now has another.
func (a *Auth) guardMissing(c *gin.Context) {
	if c.FullPath() == "" {
		return // the request matches no route: the guard in the engine's chain has decided
	}
	passed := false
	defer abortUnless(&passed, c)
	b := a.unmatchedBinding()
	passed = b == nil || b.enforce(c)
}

// enforce runs DRF's order (APIView.initial): authenticate, permissions,
// throttles; then come the objects. It reports whether the request passes, and
// answers one that does not.
func (b *binding) enforce(c *gin.Context) (passes bool) {
	id, e := b.authenticate(c)
	if e != nil {
		establish(c, b, &b.auth.anonymous)
		b.refuse(c, e)
		return false
	}
	establish(c, b, id)
	if e := b.judge(c, id); e != nil {
		b.refuse(c, e)
		return false
	}
	return !b.objectRules || b.guardObjects(c, id)
}

// judge asks the permissions and the throttles. It returns the refusal, or nil.
func (b *binding) judge(c *gin.Context, id *Identity) *Error {
	if e := b.checkTokenScopes(id); e != nil {
		return e
	}
	for _, class := range b.policy.permissions {
		refusing, err := Decide(class, c, id)
		if err != nil {
			return failure(class, err)
		}
		if refusing != nil {
			return b.denied(refusing, id)
		}
	}
	if len(b.policy.throttles) > 0 {
		return b.throttle(c, id)
	}
	return nil
}

// authenticate asks the authenticators in order (DRF: Request._authenticate).
func (b *binding) authenticate(c *gin.Context) (*Identity, *Error) {
	if len(b.policy.authenticators) > 0 {
		announce(c, b)
	}
	for _, class := range b.policy.authenticators {
		id, err := class.Authenticate(c)
		switch {
		case err == ErrNoCredentials: //nolint:errorlint // what wraps it is something else besides, such as a failure
			continue
		case err != nil:
			return nil, failure(class, err)
		case id == nil:
			return nil, failure(class, errors.New("returned neither an identity nor an error"))
		}
		return id, nil
	}
	return &b.auth.anonymous, nil
}

// denied is the refusal of a request by a permission (DRF: APIView.permission_denied): who has not authenticated, and could,
// is told to; all others are told why.
func (b *binding) denied(class Permission, id *Identity) *Error {
	if hidden, ok := class.(Concealer); ok && hidden.Conceals() {
		return NotFound().Because(refusedBy{class})
	}
	if id == &b.auth.anonymous && len(b.policy.authenticators) > 0 {
		return NotAuthenticated().Because(refusedBy{class})
	}
	e := PermissionDenied().Because(refusedBy{class})
	if d, ok := class.(Denial); ok {
		if detail := d.Message(); detail != nil {
			e.Detail = detail
		}
		if code := d.Code(); code != "" {
			e.Code = code
		}
	}
	return e
}

// throttle asks every throttle, so that each counts the request, until one fails, and answers the longest known wait (DRF:
// check_throttles). It returns the refusal, or nil.
func (b *binding) throttle(c *gin.Context, id *Identity) *Error {
	var refusing Throttle
	var longest time.Duration
	var quotas []Quota
	for _, class := range b.policy.throttles {
		d, err := class.Allow(c, id)
		if err != nil {
			return failure(class, err)
		}
		if !d.Allowed {
			refusing, longest = class, max(longest, d.Wait)
		}
		if b.auth.rateLimitHeaders && d.Quota != (Quota{}) {
			quotas = append(quotas, d.Quota)
		}
	}
	writeQuotas(c, quotas)
	if refusing == nil {
		return nil
	}
	e := Throttled().Because(refusedBy{refusing})
	if longest > 0 {
		e = e.AvailableIn(longest)
	}
	return e
}

var errNilError = errors.New("a nil *ginauth.Error was returned as an error")

// refusedBy is the cause of an ordinary refusal: the class that decided it, for the log.
type refusedBy struct{ class any }

func (r refusedBy) Error() string { return "refused by " + Name(r.class) }

// failure turns the error of a class into what the client gets: a refusal as it
// is, also one of credentials that are wrong by nature (see [Abort]), and
// everything else, a failure of ours, as 503.
func failure(class any, err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e != nil:
		return e
	case ok:
		err = errNilError
	}
	if e := refusalOf(err); e != nil && e.Status == http.StatusUnauthorized {
		return e
	}
	return Unavailable(fmt.Errorf("%s: %w", Name(class), err))
}
