package ginauth

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// finder finds the routes of requests as an engine does: Gin's router itself
// decides, on a copy of the engine without the application's handlers. The copy
// is made once for a table of routes.
type finder struct {
	routing routing     // of the engine that was copied
	router  *gin.Engine // without the application's handlers
}

// match is what the copy has found for one request.
type match struct {
	route     *registered // nil if no route matches
	params    gin.Params
	unmatched bool // the engine passes the request to the handlers of NoRoute or NoMethod
}

type matchKey struct{}

func matchOf(c *gin.Context) *match { return c.Request.Context().Value(matchKey{}).(*match) }

// finder returns the finder of the routes that the engine has now.
func (a *Auth) finder() (*finder, error) {
	now, err := routingOf(a.engine)
	if err != nil {
		return nil, err
	}
	if made := a.found.Load(); made != nil && made.routing == now {
		return made, nil
	}
	routes, err := a.registered()
	if err != nil {
		return nil, err
	}
	f := &finder{routing: now, router: router(a.engine)}
	for i := range routes {
		route := &routes[i]
		f.router.Handle(route.method, route.pattern, func(c *gin.Context) {
			m := matchOf(c)
			m.route, m.params = route, slices.Clone(c.Params) // the context is used again
		})
	}
	unmatched := func(c *gin.Context) { matchOf(c).unmatched = true }
	f.router.NoRoute(unmatched)
	f.router.NoMethod(unmatched)
	a.found.Store(f)
	return f, nil
}

// find returns the binding that decides a request, and a context with its route
// and parameters, or the status of Gin's own answer.
func (a *Auth) find(r *http.Request) (b *binding, c *gin.Context, status int) {
	defer func() {
		if recover() != nil { // Gin's router panics on some routes and paths, for clients too
			b, status = nil, http.StatusInternalServerError
		}
	}()
	f, err := a.finder()
	if err != nil {
		return nil, nil, http.StatusInternalServerError
	}
	var m match
	answer := &statusOnly{}
	f.router.ServeHTTP(answer, r.Clone(context.WithValue(r.Context(), matchKey{}, &m)))
	switch {
	case m.route != nil:
		return a.effective(*m.route), a.about(r, m.route.path, m.params), answer.status
	case m.unmatched:
		return a.unmatchedBinding(), a.about(r, "", nil), answer.status
	}
	return nil, nil, answer.status
}
