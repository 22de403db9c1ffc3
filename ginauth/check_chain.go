package ginauth

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
)

// checkAnnotations checks the annotations of [Auth.Route].
func (a *Auth) checkAnnotations(chains []registered) (all []remark) {
	handlers := make(map[routeID]gin.HandlerFunc, len(chains))
	for _, r := range chains {
		handlers[r.routeID] = r.chain.Last()
	}
	for id, note := range a.annotated.current() {
		if _, exists := handlers[id]; !exists {
			missing := "annotated at " + note.source.String() + ", but there is no such route"
			all = append(all, remark{Finding: Finding{id.method, id.path, missing}})
		}
		head := routeID{http.MethodHead, id.path}
		handler, exists := handlers[head]
		another := exists && !sameHandler(handler, handlers[id])
		if id.method == http.MethodGet && another && a.annotated.of(head) == note {
			message := "the annotation of GET applies to it, but its handler is another one, " +
				handlerName(handler) + ": annotate HEAD too"
			all = append(all, remark{Finding{head.method, head.path, message}, note.source.String(), false})
		}
	}
	return all
}

// checkMiddleware finds middleware behind the guard that should be in front of
// it. What middleware does is unknown without a call, so all that was added to
// the engine after New is found, unless [Auth.NoRoute] says that it was added
// on purpose. CORS is found by its name, on groups too.
func (a *Auth) checkMiddleware(chains []registered) (all []remark) {
	var names []string
	for _, h := range a.engine.Handlers[a.position+1:] {
		if name := handlerName(h); !isCORS(name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 && a.unmatched.Load() == nil {
		message := "middleware was added to the engine after ginauth.New: " + strings.Join(names, ", ") +
			". Add what answers, recovers or logs before New; if it belongs behind the guard, " +
			"which then guards unmatched requests too, declare auth.NoRoute"
		all = append(all, remark{Finding: Finding{"*", noRoute, message}})
	}
	return append(all, a.checkCORS(chains)...)
}

// checkCORS remarks once on each CORS middleware, at its first route.
func (a *Auth) checkCORS(chains []registered) (all []remark) {
	seen := map[string]bool{}
	look := func(r registered) {
		for _, h := range r.chain[min(a.position+1, len(r.chain)):] {
			name := handlerName(h)
			if seen[name] {
				continue
			}
			seen[name] = true
			if isCORS(name) {
				message := name + " stands behind the guard, which refuses preflight requests " +
					"and answers refusals without CORS headers: add it to the engine before ginauth.New"
				all = append(all, remark{Finding: Finding{r.method, r.path, message}})
			}
		}
	}
	look(registered{routeID: routeID{"*", noRoute}, chain: a.engine.Handlers})
	for _, r := range chains {
		if r.group != nil {
			look(registered{routeID: r.routeID, chain: r.chain[:len(r.chain)-1]})
		}
	}
	return all
}

// corsName matches functions named after CORS, such as those of
// gin-contrib/cors and rs/cors, but not those of a package corsair.
var corsName = regexp.MustCompile(`(?:\b|_)cors(?:[^a-z]|middleware|$)|Cors(?:[^a-z]|$)|CORS`)

func isCORS(function string) bool { return corsName.MatchString(function) }
