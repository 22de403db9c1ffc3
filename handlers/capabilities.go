package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
)

// MountCapabilities registers GET path, which tells front ends what the client
// may do. routes gives names to the routes that it may ask about, each a method
// and a path as Gin lists it:
//
//	handlers.MountCapabilities(auth, api, "/capabilities", map[string]string{
//		"notes.create": "POST /api/notes",
//		"notes.delete": "DELETE /api/notes/:id",
//	})
//
// The answer is an object such as {"notes.create":"yes","notes.delete":"depends"}.
// The values are those of [ginauth.Can] without an object: "yes", "no", or
// "depends" if the route also has rules about objects. They are the guard's own
// at that moment, and change nothing about what the guard will decide. Only
// these names are shown, so other routes stay unknown.
//
// Any client may ask, and is told about itself; the route inherits the
// authenticators and the throttles of r. If a permission class fails, the
// answer is 503.
//
// MountCapabilities panics as [ginauth.Auth.Group] does, if path is empty, and
// if routes is empty or has a value of another form. A route that does not
// exist is a finding of [ginauth.Auth.Check].
func MountCapabilities(auth *ginauth.Auth, r gin.IRouter, path string, routes map[string]string) {
	const constructor = "handlers: MountCapabilities"
	if len(routes) == 0 {
		panic(constructor + ` needs routes, such as {"notes.create": "POST /api/notes"}`)
	}
	named := make(map[string]namedRoute, len(routes))
	for name, text := range routes {
		method, path, ok := strings.Cut(text, " ")
		if !ok || name == "" || method == "" || !strings.HasPrefix(path, "/") {
			panic(fmt.Sprintf(`%s: the route of %q is %q; `+
				`it is a method and a path, such as "POST /api/notes"`, constructor, name, text))
		}
		named[name] = namedRoute{method, path}
	}
	own := auth.With(r, ginauth.PermissionClasses(ginauth.Public("tells callers what they may do")), ginauth.NoObject())
	endpoint.CheckPath(constructor, own, path, "/capabilities")
	auth.AddCheck(func(context.Context, []ginauth.Authenticator) error { return missing(auth, named) })
	own.GET(path, func(c *gin.Context) {
		answer := make(map[string]ginauth.Verdict, len(named))
		for name, route := range named {
			verdict, err := ginauth.Can(c, route.method, route.path, nil)
			if err != nil {
				ginauth.Abort(c, ginauth.Unavailable(err))
				return
			}
			answer[name] = verdict
		}
		c.Header("Cache-Control", "no-store")
		ginauth.JSON(c, http.StatusOK, answer)
	})
}

type namedRoute struct{ method, path string }

// missing returns an error for each route that does not exist or is unguarded.
func missing(auth *ginauth.Auth, named map[string]namedRoute) error {
	guarded := map[namedRoute]bool{}
	for _, r := range auth.Routes() {
		guarded[namedRoute{r.Method, r.Path}] = r.Guarded
	}
	var all []error
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if route := named[name]; !guarded[route] {
			all = append(all, fmt.Errorf("MountCapabilities: %s: there is no guarded route %s %s",
				name, route.method, route.path))
		}
	}
	return errors.Join(all...)
}
