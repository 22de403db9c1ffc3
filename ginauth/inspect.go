package ginauth

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/standin"
)

// inspection decides a request as the guard would, and writes down why. It asks
// the permissions and loads the object; it asks no authenticator, counts in no
// throttle, answers nothing, and runs no handler.
type inspection struct {
	b     *binding
	c     *gin.Context
	id    *Identity
	scope inspected
	steps []Step
}

// inspected is what an inspection asks beside the permissions of the route.
type inspected struct {
	parts     bool // one by one, what permissions are composed of, which the guard might not ask
	throttles bool // what they would answer now; otherwise they are only listed
}

// inspect decides a request whose context has been made for this purpose. If
// the route has rules about objects, object returns the one to ask about, or
// nil.
func (b *binding) inspect(
	c *gin.Context, id *Identity, scope inspected, object func() (any, *Error),
) (x inspection, v Verdict, e *Error) {
	if _, ok := id.User.(*standin.User); ok {
		scope.parts = false // only what the guard itself would ask
	}
	x = inspection{b: b, c: c, id: id, scope: scope}
	defer func() {
		if cause := recover(); cause != nil { // of a class, or of its methods Message and Code
			v, e = Refused, ServerError(fmt.Errorf("panic: %v", cause))
		}
	}()
	if len(b.policy.authenticators) == 0 || !id.Authenticated() {
		x.id = &b.auth.anonymous
	}
	bindTo(c, b)
	establish(c, b, x.id)
	x.authentication()
	if e := x.request(); e != nil {
		return x, Refused, e
	}
	if e := x.throttles(); e != nil {
		return x, Refused, e
	}
	if !b.objectRules {
		return x, Allowed, nil
	}
	obj, e := object()
	switch {
	case e != nil:
		x.steps = append(x.steps, Step{Kind: "object", Class: b.policy.objects.String(), Outcome: outcomeText(e)})
		return x, Refused, e
	case obj == nil:
		const outcome = "depends on the object"
		x.steps = append(x.steps, Step{Kind: "object", Class: b.policy.objects.String(), Outcome: outcome})
		return x, DependsOnObject, nil
	}
	if e := x.object(obj); e != nil {
		return x, Refused, e
	}
	return x, Allowed, nil
}

const notAsked = "not asked"

// authentication lists the authenticators. A client whose identity is given
// presents no credential to them.
func (x *inspection) authentication() {
	for _, class := range x.b.policy.authenticators {
		x.steps = append(x.steps, Step{Kind: "authentication", Class: Name(class), Outcome: notAsked})
	}
}

// request asks the permissions about the request, until one refuses it.
func (x *inspection) request() *Error {
	if LimitedCredential(x.id) != nil {
		e := x.b.checkTokenScopes(x.id)
		x.steps = append(x.steps, Step{Kind: "token scopes", Outcome: outcomeText(e)})
		if e != nil {
			return e
		}
	}
	return x.each("permission", &x.steps, Question{Context: x.c, Identity: x.id})
}

// object asks the permissions about an object, until one refuses it.
func (x *inspection) object(obj any) *Error {
	step := Step{Kind: "object", Class: x.b.policy.objects.String(), Outcome: yes}
	e := x.each("permission", &step.Parts, Question{Context: x.c, Identity: x.id, Object: obj})
	if e != nil {
		step.Outcome = outcomeText(e)
	}
	x.steps = append(x.steps, step)
	return e
}

// each asks the permissions of the route in order. What they are composed of is
// asked again, one by one, since only the whole decides.
func (x *inspection) each(kind string, steps *[]Step, asked Question) (e *Error) {
	for _, class := range x.b.policy.permissions {
		if e != nil {
			*steps = append(*steps, Step{Kind: kind, Class: Name(class), Outcome: notAsked})
			continue
		}
		refusing, err := asked.Ask(class)
		e = x.b.outcome(class, refusing, err, x.id)
		x.doubt(class, e)
		parts := x.partSteps(kind, class, asked)
		*steps = append(*steps, Step{Kind: kind, Class: Name(class), Outcome: outcomeText(e), Parts: parts})
	}
	return e
}

// doubt marks a stand-in's refusal as uncertain: the class failed, or a part of
// it looks at more than the user's methods.
func (x *inspection) doubt(class Permission, e *Error) {
	u, ok := x.id.User.(*standin.User)
	if !ok || e == nil {
		return
	}
	for p := range parts([]Permission{class}) {
		if _, judges := p.(standin.Judge); !judges || e.Status >= http.StatusInternalServerError {
			u.Doubt(Name(p))
			return
		}
	}
}

// partSteps asks each permission that another one is composed of.
func (x *inspection) partSteps(kind string, class Permission, asked Question) (steps []Step) {
	if !x.scope.parts {
		return nil
	}
	for _, part := range traitsOf[PermissionTraits](class).Parts() {
		outcome := partOutcome(part, asked)
		parts := x.partSteps(kind, part, asked)
		steps = append(steps, Step{Kind: kind, Class: Name(part), Outcome: outcome, Parts: parts})
	}
	return steps
}

// partOutcome asks one permission out of its order. The one that is composed of
// it may never ask it in this situation, so a panic or an error is no fault.
func partOutcome(part Permission, asked Question) (result string) {
	defer func() {
		if recover() != nil {
			result = notAsked
		}
	}()
	refusing, err := asked.Ask(part)
	switch {
	case err != nil:
		return outcomeText(failure(part, err))
	case refusing != nil:
		return no
	}
	return yes
}

const yes, no, failed = "yes", "no", "failed"

// outcomeText describes the answer of a class, and a failure as failed.
func outcomeText(e *Error) string { return outcomeOr(failed, e) }

// outcomeOr is outcomeText with another word for a failure.
func outcomeOr(failure string, e *Error) string {
	switch {
	case e == nil:
		return yes
	case e.Status >= http.StatusInternalServerError && e.Err != nil:
		return failure + ": " + alarm.CauseText(e.Err)
	}
	return no
}

// about returns a context for asking the classes of a route about another
// request than the one that is served. What they write is discarded.
func (a *Auth) about(r *http.Request, route string, params gin.Params) *gin.Context {
	c := gin.CreateTestContextOnly(&statusOnly{}, a.engine)
	c.Request, c.Params = r, params
	setFullPath(c, route)
	return c
}

// statusOnly is the writer of an answer that is not sent. It keeps the status.
type statusOnly struct{ status int }

func (*statusOnly) Header() http.Header         { return http.Header{} }
func (*statusOnly) Write(p []byte) (int, error) { return len(p), nil }
func (w *statusOnly) WriteHeader(code int)      { w.status = code }

// bindingOfRoute returns the binding that guards a route, or nil. The engine's
// routes are read once, since reading them costs as much as a request, and once
// more for a route that is not found.
func (a *Auth) bindingOfRoute(id routeID) *binding {
	if table := a.guarded.Load(); table != nil {
		if b := (*table)[id]; b != nil {
			return a.annotated.override(b, id)
		}
	}
	chains, err := a.registered()
	if err != nil {
		return nil
	}
	table := make(map[routeID]*binding, len(chains))
	for _, r := range chains {
		if r.group != nil {
			table[r.routeID] = r.group
		}
	}
	a.guarded.Store(&table)
	if b := table[id]; b != nil {
		return a.annotated.override(b, id)
	}
	return nil
}
