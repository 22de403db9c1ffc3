package ginauth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"
)

// Finding is something that is wrong with the declarations, found by [Auth.Check].
type Finding struct {
	Method, Path string // the route; empty if it is about no single one
	Message      string
}

// String returns the finding as one line.
func (f Finding) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Method + " " + f.Path + ": " + f.Message
}

// UserRequirer is an optional ability of a [Permission] that no anonymous request can satisfy, so that [Auth.Check] finds
// routes on which it refuses everybody.
type UserRequirer interface {
	RequiresUser() bool
}

// Check returns every finding about the engine's routes: routes without a guard, annotations of routes that do not exist, and
// routes without authenticators whose permissions require a user, which refuse everybody. Call it when all routes are
// registered, in a test or at the start, and refuse to go on if there is one; the first request logs what there is. No handler
// of the application is called.
func (a *Auth) Check() []Finding {
	chains, err := registeredRoutes(a.engine)
	if err != nil {
		return []Finding{{Message: err.Error()}}
	}
	var findings []Finding
	exist := make(map[routeID]bool, len(chains))
	for _, r := range chains {
		exist[routeID{r.method, r.path}] = true
		if message := a.checkRoute(r); message != "" {
			findings = append(findings, Finding{r.method, r.path, message})
		}
	}
	if message := a.checkUnmatched(); message != "" {
		findings = append(findings, Finding{"*", noRoute, message})
	}
	for id, note := range a.annotated.current() {
		if !exist[id] {
			findings = append(findings, Finding{id.method, id.path, "annotated at " + note.source + ", but there is no such route"})
		}
	}
	slices.SortFunc(findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	return findings
}

func (a *Auth) checkRoute(r registered) string {
	b := a.effective(r)
	if b == nil {
		return "no guard: register it on a group made after ginauth.New"
	}
	return b.check()
}

// checkUnmatched is about what is served for requests that match no route.
func (a *Auth) checkUnmatched() string {
	if b := a.unmatchedBinding(); b != nil {
		return b.check()
	}
	if b := a.unmatched.Load(); b != nil {
		return "annotated at " + b.source + ", but nothing is served for unmatched requests"
	}
	return ""
}

// check returns what is wrong with a policy.
func (b *binding) check() string {
	if len(b.policy.authenticators) > 0 {
		return ""
	}
	for _, class := range b.policy.permissions {
		if u, ok := class.(UserRequirer); ok && u.RequiresUser() {
			return Name(class) + " refuses everybody: the route has no authentication classes (declared at " + b.source + ")"
		}
	}
	return ""
}

// maxLogged is how many findings are logged, so that a mistake in a large application does not bury the log.
const maxLogged = 10

// checkOnce runs Check before the first request that the guard sees, and logs what it finds, for those who do not.
func (a *Auth) checkOnce(c *gin.Context) {
	if a.checked.Load() || !a.checked.CompareAndSwap(false, true) {
		return
	}
	findings := a.Check()
	for i, finding := range findings {
		if i == maxLogged {
			a.log.ErrorContext(c.Request.Context(), fmt.Sprintf("ginauth: and %d more findings; Check returns them all", len(findings)-i))
			return
		}
		a.log.ErrorContext(c.Request.Context(), "ginauth: "+finding.String())
	}
}
