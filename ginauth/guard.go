package ginauth

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/trial"
)

// binding is a policy bound to the groups that carry its guard.
type binding struct {
	auth        *Auth
	policy      policy
	source      declaration
	objectRules bool       // objects must be checked before a request is answered
	tokenScopes [][]string // the scopes of each class that names any

	once sync.Once
	keys map[any]any // of a request without credentials, once a request has made them

	group, older *binding // of one made by an annotation, see apply
}

func (a *Auth) bind(p policy, source declaration) *binding {
	return &binding{
		auth:        a,
		policy:      p,
		source:      source,
		objectRules: p.objects.checked(p.permissions),
		tokenScopes: tokenScopes(p.permissions),
	}
}

// guard is the handler in the chain. Called with a context without a request,
// it only gives its binding to the probe there, so that a policy can be read
// back from a chain.
func (b *binding) guard(c *gin.Context) {
	if c.Request == nil {
		c.Abort() // whatever else may have taken the request away
		c.Writer.(*probe).found = b
		return
	}
	b.auth.noRoute.seal()
	if c.FullPath() == "" && !b.auth.servesUnmatched() {
		b.auth.checkOnce(c)
		return // Gin's plain 404 or 405
	}
	held(c, b.decide).proceed(c)
}

// passage is the decision of a guard. The zero value refuses.
type passage struct {
	passes  bool
	binding *binding     // the one in force
	watched *objectState // nil unless the handlers must ask about objects

	before *http.Request // what c.Request was, if the guard has replaced it
}

// held calls decide while the chain is held, so that a class which calls
// c.Next, such as one made of a middleware, runs no handler. The chain
// continues if the request passes, and is aborted otherwise: after a refusal,
// after runtime.Goexit, and after a panic, which goes on to the application's
// recovery.
func held(c *gin.Context, decide func(c *gin.Context) passage) (p passage) {
	chain := hold(c)
	defer func() { chain.release(p.passes) }()
	return decide(c)
}

// proceed watches the rest of the chain if the handlers must ask about objects,
// and gives a form that they have read back to the server's own request, by
// which the server removes its temporary files.
func (p passage) proceed(c *gin.Context) {
	if p.before != nil {
		replaced := c.Request
		defer func() { p.before.MultipartForm = replaced.MultipartForm }()
	}
	switch {
	case p.watched != nil:
		p.binding.watch(c, p.watched)
	case p.before != nil:
		c.Next()
	}
}

// decide applies the policy in force to a request, and answers the request if
// it does not pass.
func (b *binding) decide(c *gin.Context) passage {
	b.auth.checkOnce(c)
	if c.FullPath() == "" {
		return b.auth.decideUnmatched(c)
	}
	if notes := &b.auth.annotated; !notes.empty() {
		b = notes.override(b, routeOf(c.Request.Method, c.FullPath()))
	}
	return b.enforce(c)
}

// decideUnmatched is decide for a request that matches no route.
func (a *Auth) decideUnmatched(c *gin.Context) passage {
	if b := a.unmatchedBinding(); b != nil {
		return b.enforce(c)
	}
	return passage{passes: true}
}

// guardMissing guards the NoRoute handlers, to which Gin's StaticFS passes
// requests whose file does not exist (see noRouteHandlers). Such a request has
// satisfied the policy of its route; the handlers have another one.
func (a *Auth) guardMissing(c *gin.Context) {
	if c.FullPath() == "" {
		return // the request matches no route, and the guard in the engine's chain has decided
	}
	held(c, a.decideUnmatched).proceed(c)
}

// enforce decides about a request, answers it if it does not pass, and tells
// the observers.
func (b *binding) enforce(c *gin.Context) passage {
	events := &b.auth.events
	var began time.Time
	if events.passes {
		began = time.Now()
	}
	d := b.auth.newDecision(c.Request.Context())
	p, e := b.examine(c, d)
	trial.Of(c.Request.Context()).Decided(e == nil)
	if e != nil {
		b.refuse(c, e, since(began), d)
		return passage{}
	}
	d.send(c, "passes")
	if len(events.observers) > 0 || d.isLogged() {
		p.before = b.admit(c, since(began), d)
	}
	return p
}

// examine follows DRF's order (APIView.initial): authentication, permissions,
// throttles, then objects. It returns the refusal of a request that does not
// pass.
func (b *binding) examine(c *gin.Context, d *decision) (passage, *Error) {
	id, e := b.authenticate(c, d)
	if e != nil {
		establish(c, b, &b.auth.anonymous)
		return passage{}, e
	}
	establish(c, b, id)
	if e := b.judge(c, id, d); e != nil {
		return passage{}, e
	}
	if b.objectRules {
		return b.guardObjects(c, id, d)
	}
	return passage{passes: true}, nil
}

// judge asks the permissions and the throttles, and returns the refusal or nil.
func (b *binding) judge(c *gin.Context, id *Identity, d *decision) *Error {
	if e := b.checkTokenScopes(id); e != nil {
		d.say("token scopes", "", no)
		return e
	}
	asked := Question{Context: c, Identity: id}
	for _, class := range b.policy.permissions {
		refusing, err := asked.Ask(class)
		e := b.outcome(class, refusing, err, id)
		d.add("permission", class, e)
		if e != nil {
			return e
		}
	}
	own, _ := id.Auth.(Throttle)
	if len(b.policy.throttles) > 0 || own != nil {
		return b.throttle(c, id, own, d)
	}
	return nil
}

// authenticate asks the authenticators in order (DRF: Request._authenticate).
func (b *binding) authenticate(c *gin.Context, d *decision) (*Identity, *Error) {
	if len(b.policy.authenticators) > 0 {
		bindTo(c, b)
		if t := trial.Of(c.Request.Context()); t != nil && t.Identity != nil {
			return t.Identity.(*Identity), nil
		}
	}
	for _, class := range b.policy.authenticators {
		id, err := class.Authenticate(c)
		switch {
		case err == ErrNoCredentials: //nolint:errorlint // an error that wraps it is something else, such as a failure
			d.none("authentication", class)
			continue
		case err == nil && id == nil:
			err = errors.New("returned neither an identity nor an error")
		}
		var e *Error
		if err != nil {
			id, e = nil, wrongCredentials(class, err)
		}
		d.add("authentication", class, e)
		return id, e
	}
	return &b.auth.anonymous, nil
}

// outcome returns the answer to what a permission class has decided, or nil if
// it lets the request pass.
func (b *binding) outcome(class, refusing Permission, err error, id *Identity) *Error {
	switch {
	case err != nil:
		return failure(class, err)
	case refusing != nil:
		return b.denied(refusing, id)
	}
	return nil
}

// denied returns the refusal of a request by a permission (DRF:
// APIView.permission_denied). Anonymous requests on a route with authenticators
// are told to authenticate; all others are told why.
func (b *binding) denied(class Permission, id *Identity) *Error {
	if hidden, ok := class.(Concealer); ok && hidden.Conceals() {
		return NotFound().Because(refusedBy{class: class})
	}
	if id == &b.auth.anonymous && len(b.policy.authenticators) > 0 {
		return NotAuthenticated().Because(refusedBy{class: class})
	}
	e := PermissionDenied().Because(refusedBy{class: class})
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

// refusedBy is the cause of a refusal or a failure by a class, for the log. The
// error is nil if the class has given no cause of its own.
type refusedBy struct {
	class any
	err   error
}

func (r refusedBy) Error() string {
	if r.err == nil {
		return "refused by " + Name(r.class)
	}
	return Name(r.class) + ": " + r.err.Error()
}

func (r refusedBy) Unwrap() error { return r.err }

// by names the class that returned an answer.
func by(class any, e *Error) *Error { return e.Because(refusedBy{class, e.Err}) }

// wrongCredentials is [failure] for an authenticator, whose error may also
// stand for wrong credentials (see [Abort]).
func wrongCredentials(class Authenticator, err error) *Error {
	if _, ok := errors.AsType[*Error](err); !ok {
		if e := refusalOf(err); e != nil && e.Status == http.StatusUnauthorized {
			return by(class, e)
		}
	}
	return failure(class, err)
}

var errNilError = errors.New("a nil *ginauth.Error was returned as an error")

// failure returns the answer to an error of a class. An [*Error] is the answer
// itself; any other error is a failure, and answered with 503.
func failure(class any, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e != nil {
			return by(class, e)
		}
		err = errNilError
	}
	return Unavailable(refusedBy{class, err})
}
