package ginauth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/alarm"
)

// Check returns the findings about the engine's routes:
//   - routes without a guard, and annotations of routes that do not exist;
//   - routes without authenticators whose permissions require a user, which
//     refuse every request;
//   - permissions with rules about objects on routes that declare nothing about
//     objects;
//   - loaders of objects whose path parameter the route lacks, or whose objects
//     a permission cannot judge;
//   - permissions that conceal on routes without objects, whose existence shows
//     all the same;
//   - classes that ask others and lack an ability of those, as the package
//     documentation lists them;
//   - what classes find wrong with themselves, such as tables that the database
//     lacks (see [Preflighter]);
//   - throttle scopes without a rate;
//   - classes that count by an address which clients can choose, because Gin
//     trusts every proxy, a second header that the proxy may not set, or a
//     TrustedPlatform whose addresses are unknown;
//   - token scopes that the databases of the route's authenticators do not
//     define;
//   - permissions that refuse every request that the route's authenticators can
//     authenticate (see [PermissionTraits]);
//   - what [Auth.AddCheck] has added, such as endpoints whose tokens no route
//     accepts;
//   - middleware that runs behind the guard and should not, such as CORS;
//   - HEAD routes with an annotation of GET and another handler than GET.
//
// A mistake in one declaration is one finding, about the first of its routes,
// with the number of the others.
//
// Call Check when all routes are registered, in a test or at startup, and stop
// if it finds anything. The first request logs the findings; that of a server,
// including one of net/http/httptest, does not wait for them, so all routes must
// be registered before it. Check calls no handler of the application.
func (a *Auth) Check() []Finding {
	a.noRoute.seal() // now, for routes without a guard
	chains, err := a.registered()
	if err != nil {
		return []Finding{{Message: err.Error()}}
	}
	var all []remark
	for _, r := range chains {
		all = append(all, a.checkRoute(r)...)
	}
	all = append(all, a.checkUnmatched()...)
	all = append(all, a.checkAnnotations(chains)...)
	all = append(all, a.checkMiddleware(chains)...)
	all = append(all, a.checkClasses(chains)...)
	return findings(all)
}

func (a *Auth) checkRoute(r registered) []remark {
	b := a.effective(r)
	if b == nil {
		message := "no guard: register it on a group made after ginauth.New" + definedAt(r.chain.Last())
		return []remark{{Finding: Finding{r.method, r.path, message}}}
	}
	return b.check(r.method, r.path)
}

// checkUnmatched checks the policy of requests that match no route.
func (a *Auth) checkUnmatched() []remark {
	if b := a.unmatchedBinding(); b != nil {
		return b.check("*", noRoute)
	}
	if b := a.unmatched.Load(); b != nil {
		finding := Finding{"*", noRoute, "nothing is served for unmatched requests"}
		return []remark{{Finding: finding, declared: b.source.String()}}
	}
	return nil
}

// check returns the remarks about a policy on a route.
func (b *binding) check(method, path string) (all []remark) {
	messages := []string{
		b.checkUser(method), b.checkObjects(path), b.checkObjectType(), b.checkConceal(),
		b.checkScope(), b.checkAddress(), b.checkDefinedScopes(), b.checkAuthenticators(),
	}
	for _, message := range messages {
		if message != "" {
			all = append(all, remark{Finding{method, path, message}, b.source.String(), false})
		}
	}
	return all
}

func (b *binding) checkUser(method string) string {
	if len(b.policy.authenticators) > 0 {
		return ""
	}
	for _, class := range b.policy.permissions {
		if requiresUser(class) && !b.policy.opens(class, method) {
			refused := "request"
			if HasObjectRule(class) {
				refused = "request about an object" // it may refuse others too; only asking would tell
			}
			return Name(class) + " refuses every " + refused + ": the route has no authentication classes"
		}
	}
	return ""
}

func (b *binding) checkObjects(path string) string {
	declared := b.policy.objects
	if rule := ruleAboutObjects(b.policy.permissions); rule != nil && declared.place == undeclared {
		return Name(rule) + " has a rule about objects, but the route declares none: " +
			"declare Object, ObjectsInHandler or NoObject"
	}
	if p, ok := declared.loader.(PathParameter); ok && !hasParameter(path, p.PathParameter()) {
		return Name(declared.loader) + " finds no object: the path has no parameter :" + p.PathParameter()
	}
	return ""
}

// checkObjectType finds a permission that cannot judge the objects of the
// route.
func (b *binding) checkObjectType() string {
	loader, ok := b.policy.objects.loader.(ObjectTyper)
	if !ok {
		return ""
	}
	for class := range parts(b.policy.permissions) {
		if check := traitsOf[PermissionTraits](class).CheckObjectType; check != nil {
			if err := check(loader.NewObject()); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

func (b *binding) checkConceal() string {
	if place := b.policy.objects.place; place == loaded || place == inHandler {
		return ""
	}
	for _, class := range b.policy.permissions {
		if concealsRoute(class) {
			return Name(class) + " conceals objects, but the route has none, " +
				"and wrong credentials, other methods and slashes show that the route exists: " +
				"declare Object or ObjectsInHandler, or refuse without concealing"
		}
	}
	return ""
}

// concealsRoute reports whether a permission, or a part of it, conceals but has
// no rule about objects, so that it can conceal only the route.
func concealsRoute(class Permission) bool {
	for p := range parts([]Permission{class}) {
		if hidden, ok := p.(Concealer); ok && hidden.Conceals() && !HasObjectRule(p) {
			return true
		}
	}
	return false
}

// hasParameter reports whether a path, as Gin lists it, has a parameter of that
// name.
func hasParameter(path, name string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool {
		_, parameter, found := strings.Cut(segment, ":")
		return found && parameter == name || segment == "*"+name
	})
}

func (b *binding) checkScope() string {
	if b.policy.throttleScope == "" {
		return ""
	}
	found, lacking := false, []string(nil)
	for _, class := range b.policy.throttles {
		switch t := traitsOf[ThrottleTraits](class); {
		case t.HasRate == nil:
		case t.HasRate(b.policy.throttleScope):
			found = true
		default:
			lacking = append(lacking, Name(class))
		}
	}
	switch {
	case !found:
		return "no throttle class has a rate for the scope " + b.policy.throttleScope
	case len(lacking) > 0:
		return "the scope " + b.policy.throttleScope + " has no rate in " + strings.Join(lacking, " or ")
	}
	return ""
}

func (b *binding) checkAddress() string {
	var counter any
	for _, class := range b.classes() {
		if countsByAddress(class) {
			counter = class
		}
	}
	if counter == nil {
		return ""
	}
	if message := proxiesOf(b.auth.engine).check(); message != "" {
		return Name(counter) + " counts by address, but " + message
	}
	return ""
}

func countsByAddress(class any) bool {
	return traitsOf[AuthenticatorTraits](class).CountsByAddress || traitsOf[ThrottleTraits](class).CountsByAddress
}

// maxLogged limits how many findings are logged, so that a mistake in a large
// application does not bury the log.
const maxLogged = 10

// checkOnce runs Check once for the first request that the guard sees, and logs
// the findings, for applications that do not call Check. The findings change no
// answer, so the request of a server does not wait for them. A program that
// calls ServeHTTP itself, such as a test, gets them before the answer, and may
// change the engine afterwards.
func (a *Auth) checkOnce(c *gin.Context) {
	if a.checked.Load() || !a.checked.CompareAndSwap(false, true) {
		return
	}
	ctx := context.WithoutCancel(c.Request.Context())
	if ctx.Value(http.ServerContextKey) != nil {
		go a.logFindingsBeside(ctx)
		return
	}
	a.logFindings(ctx)
}

// logFindingsBeside is logFindings in a goroutine of its own, where a panic, of
// a class or of the logger, would end the program.
func (a *Auth) logFindingsBeside(ctx context.Context) {
	defer func() { _ = recover() }() // the logger cannot be told
	defer func() {
		if p := recover(); p != nil {
			a.events.log.log().LogAttrs(ctx, slog.LevelError, "ginauth: Check panicked",
				alarm.Cause(fmt.Errorf("%v", p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	a.logFindings(ctx)
}

// logFindings logs what Check finds.
func (a *Auth) logFindings(ctx context.Context) {
	log, findings := a.events.log.log(), a.Check()
	for i, finding := range findings {
		if i == maxLogged {
			rest := fmt.Sprintf("ginauth: and %d more findings; Check returns them all", len(findings)-i)
			log.ErrorContext(ctx, rest)
			return
		}
		log.ErrorContext(ctx, "ginauth: "+finding.String())
	}
}
