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

// guard is the handler in the chain. Called with a context that has no request,
// it hands out its binding and does nothing else; that is how a policy is read
// back from a chain (see bindingIn).
func (b *binding) guard(c *gin.Context) {
	if c.Request == nil {
		c.Set(probeKey, b)
		return
	}
	held(c, b.decide).proceed(c)
}

// passage is what a guard decides. The zero value refuses.
type passage struct {
	passes  bool
	binding *binding     // that is in force
	watched *objectState // nil unless the handlers have to ask about objects
}

// held returns a decision that is taken while the chain is held: a class that
// calls c.Next, as one made of a middleware does, runs no handler. Then the
// chain goes on if the request passes. On every other way out it is aborted: a
// refusal, a panic, which goes on to the application's recovery, and
// runtime.Goexit.
func held(c *gin.Context, decide func(c *gin.Context) passage) (p passage) {
	chain := hold(c)
	defer func() { chain.release(p.passes) }()
	return decide(c)
}

// proceed is called by a guard when the chain goes on.
func (p passage) proceed(c *gin.Context) {
	if p.watched != nil {
		p.binding.watch(c, p.watched)
	}
}

// decide decides about a request, and answers one that does not pass.
func (b *binding) decide(c *gin.Context) passage {
	b.auth.noRoute.seal()
	b.auth.checkOnce(c)
	if c.FullPath() == "" {
		return b.auth.decideUnmatched(c)
	}
	return b.auth.annotated.override(b, routeOf(c.Request.Method, c.FullPath())).enforce(c)
}

// decideUnmatched is about what the application serves for no route.
func (a *Auth) decideUnmatched(c *gin.Context) passage {
	if b := a.unmatchedBinding(); b != nil {
		return b.enforce(c)
	}
	return passage{passes: true}
}

// guardMissing stands in front of the NoRoute handlers, where Gin's StaticFS
// hands a request on to them whose file does not exist (see noRouteHandlers).
// That request has passed the policy of its route; what it gets now has
// another.
func (a *Auth) guardMissing(c *gin.Context) {
	if c.FullPath() == "" {
		return // the request matches no route: the guard in the engine's chain has decided
	}
	held(c, a.decideUnmatched).proceed(c)
}

// enforce runs DRF's order (APIView.initial): authenticate, permissions,
// throttles; then come the objects. It answers a request that does not pass.
func (b *binding) enforce(c *gin.Context) passage {
	id, e := b.authenticate(c)
	if e != nil {
		establish(c, b, &b.auth.anonymous)
		b.refuse(c, e)
		return passage{}
	}
	establish(c, b, id)
	if e := b.judge(c, id); e != nil {
		b.refuse(c, e)
		return passage{}
	}
	if b.objectRules {
		return b.guardObjects(c, id)
	}
	return passage{passes: true}
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
			return nil, wrongCredentials(class, err)
		case id == nil:
			return nil, failure(class, errors.New("returned neither an identity nor an error"))
		}
		return id, nil
	}
	return &b.auth.anonymous, nil
}

// denied is the refusal of a request by a permission (DRF:
// APIView.permission_denied): who has not authenticated, and could, is told to;
// all others are told why.
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

// throttle asks every throttle, so that each counts the request, until one
// fails, and answers the longest known wait (DRF: check_throttles). It returns
// the refusal, or nil.
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
	if longest > 0 {
		return Throttled().AvailableIn(longest).Because(refusedBy{refusing})
	}
	return Throttled().Because(refusedBy{refusing})
}

var errNilError = errors.New("a nil *ginauth.Error was returned as an error")

// refusedBy is the cause of an ordinary refusal: the class that decided it, for
// the log.
type refusedBy struct{ class any }

func (r refusedBy) Error() string { return "refused by " + Name(r.class) }

// wrongCredentials is [failure] for an authenticator, whose error may also be
// that credentials are wrong by nature (see [Abort]).
func wrongCredentials(class Authenticator, err error) *Error {
	if _, ok := errors.AsType[*Error](err); !ok {
		if e := refusalOf(err); e != nil && e.Status == http.StatusUnauthorized {
			return e
		}
	}
	return failure(class, err)
}

// failure turns the error of a class into what the client gets: a refusal as it
// is, and everything else, a failure of ours, as 503.
func failure(class any, err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e != nil:
		return e
	case ok:
		err = errNilError
	}
	return Unavailable(fmt.Errorf("%s: %w", Name(class), err))
}
