package ginauth

import (
	"log/slog"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// Auth holds the policies of one Gin engine. Create it with [New] before the
// first route, and annotate with [Auth.Group], [Auth.With] and [Auth.Route]
// while routes are registered. Its methods are safe for concurrent use with
// requests.
type Auth struct {
	engine    *gin.Engine
	position  int // of the guard in every chain
	defaults  policy
	anonymous Identity
	render    func(c *gin.Context, e *Error)
	events    events
	root      *binding
	unmatched atomic.Pointer[binding]
	noRoute   noRouteHandlers
	annotated annotations
	checked   atomic.Bool // see checkOnce
	checks    engineChecks
	guarded   atomic.Pointer[map[routeID]*binding] // see bindingOfRoute
	found     atomic.Pointer[finder]

	rateLimitHeaders bool
	explainHeader    bool
	refuseUnchecked  bool
	unchecked        atomic.Uint64           // see UncheckedObjects
	trusted          atomic.Pointer[proxies] // see Auth.proxies
}

// New puts a guard into the engine's chain, after the middleware that the chain
// already has, and returns the Auth that annotates the engine's groups. The
// rules are the project's defaults (DRF: the REST_FRAMEWORK setting), for every
// route that does not declare otherwise. Without rules a route has no
// authenticators, requires an authenticated user, and is not throttled.
//
// Middleware that answers requests itself, such as CORS, must be added to the
// engine before New; what is added after New runs behind the guard. New panics
// if the engine already has a guard, or routes, which would stay open.
func New(engine *gin.Engine, options ...Option) *Auth {
	if engine == nil {
		panic("ginauth: New was given a nil engine; gin.New returns one")
	}
	if routes := engine.Routes(); len(routes) > 0 {
		panic("ginauth: New must be called before the first route is registered; " +
			routes[0].Method + " " + routes[0].Path + " has been")
	}
	for _, h := range engine.Handlers {
		if isGuard(h) {
			panic("ginauth: New was called twice for one engine; " +
				"annotate its groups with the Auth that the first call returned")
		}
	}
	a := &Auth{
		engine:    engine,
		position:  len(engine.Handlers),
		defaults:  policy{permissions: []Permission{isAuthenticated{}}},
		anonymous: Identity{User: AnonymousUser{}},
		render:    RenderDetail,
		events:    events{log: eventLog{logger: slog.Default()}},

		refuseUnchecked: gin.Mode() != gin.ReleaseMode,
	}
	var rules []Rule
	for _, o := range options {
		if o == nil {
			panic("ginauth: New was given a nil option; leave it out for the default")
		}
		if r, ok := o.(Rule); ok {
			rules = append(rules, r)
		}
		o.configure(a)
	}
	a.noRoute.field, a.noRoute.other = noRouteFields(engine)
	a.noRoute.guard = a.guardMissing
	a.defaults = a.defaults.merge(rules)
	a.root = a.bind(a.defaults, caller())
	engine.Use(a.root.guard)
	return a
}

// Group returns a child group of parent, as parent.Group(path) does. Its policy
// is the parent's, with the given rules in place of those that it inherits. The
// result is an ordinary group: plain groups below it inherit its policy, and
// other code can register its routes on it.
//
// Group panics if parent carries no guard of a, because it was made before
// [New] or belongs to another engine.
func (a *Auth) Group(parent gin.IRouter, path string, rules ...Rule) *gin.RouterGroup {
	a.mustBeMade()
	if isNothing(parent) {
		panic("ginauth: Group was given a nil router; give it the engine, or a group of the engine")
	}
	child := parent.Group(path)
	inherited := new(probe).bindingIn(child.Handlers, a.position)
	if inherited == nil || inherited.auth != a {
		panic("ginauth: the group of " + child.BasePath() + " carries no guard of this Auth; " +
			"make it after ginauth.New, from the engine that New was given")
	}
	if len(rules) > 0 {
		child.Handlers[a.position] = a.bind(inherited.policy.merge(rules), caller()).guard
	}
	return child
}

// With is [Auth.Group] without a path, for a route or two:
//
//	auth.With(api, ginauth.PermissionClasses(policies.AllowAny)).GET("/health", health)
func (a *Auth) With(parent gin.IRouter, rules ...Rule) *gin.RouterGroup {
	return a.Group(parent, "", rules...)
}

// mustBeMade panics if a was not returned by [New].
func (a *Auth) mustBeMade() {
	if a == nil || a.engine == nil {
		panic("ginauth: the Auth is nil or zero; ginauth.New returns one")
	}
}

type setting func(a *Auth)

func (s setting) configure(a *Auth) { s(a) }

// UnauthenticatedUser sets the user, and optionally the auth, of
// unauthenticated requests (DRF: UNAUTHENTICATED_USER, UNAUTHENTICATED_TOKEN).
// The defaults are [AnonymousUser] and nil; the user may be nil.
// UnauthenticatedUser panics if the user counts as authenticated.
func UnauthenticatedUser(user User, auth any) Option {
	id := Identity{User: user, Auth: auth}
	if id.Authenticated() {
		panic("ginauth: UnauthenticatedUser was given a user whose Authenticated is true; every request would pass")
	}
	return setting(func(a *Auth) { a.anonymous = id })
}

// Logger sets where events are logged: failures at level Error, a refresh token
// that is used again at Warn, and everything else, such as refusals and logins,
// at Debug. Of the failures of an outage, which are 503, one a second is at
// level Error and says how many there were; the others are at Debug. The default
// is [slog.Default] at the time of New.
//
// The message is the kind of the event in words, such as "request refused", and
// the attributes are its fields (see [Event]); never a credential, and never the
// raw path. A client that disconnects is not a failure.
//
// If level Debug is enabled, requests that pass are logged too, and the
// attribute "decision" has what the guard asked, in order, and the answers.
func Logger(l *slog.Logger) Option {
	if l == nil {
		panic("ginauth: Logger was given nil; slog.New(slog.DiscardHandler) logs nothing")
	}
	return setting(func(a *Auth) { a.events.log.logger = l })
}

// ErrorRenderer sets the function that writes the body of a refusal: the
// default [RenderDetail], [RenderProblem], or the application's own. When it is
// called, the chain has been aborted, and the status and headers have been set,
// so a function that writes nothing refuses too.
func ErrorRenderer(render func(c *gin.Context, e *Error)) Option {
	if render == nil {
		panic("ginauth: ErrorRenderer was given nil; leave it out for ginauth.RenderDetail")
	}
	return setting(func(a *Auth) { a.render = render })
}
