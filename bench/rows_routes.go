package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// manyRoutes is how many routes an engine has where their number matters. Tests
// make fewer.
var manyRoutes = 100_000

// someRoutes is how many routes are registered in one measured call.
const someRoutes = 1000

var public = ginauth.PermissionClasses(policies.AllowAny)

// routesRows compares engines with many routes.
func routesRows(*store) ([]row, error) {
	paths := routePaths(manyRoutes)
	few := paths[:someRoutes]
	rows := []row{
		{"registering 1,000 routes, each by auth.With", bareGin,
			func() { withEach(few) }, func() { bareRoutes(few) }},
		{"registering them, and a server's first request", "no request",
			func() { firstRequest(withEach(few), few[0]) }, func() { withEach(few) }},
	}
	bare, bound, annotated := bareRoutes(paths), withEach(paths), annotatedRoutes(paths)
	for _, r := range []struct {
		name, peer string
		us, them   *gin.Engine
	}{
		{"100,000 routes by auth.With, cold", bareGin, bound, bare},
		{"100,000 routes by auth.Route, cold", bareGin, annotated, bare},
		{"100,000 routes by auth.Route, cold", "auth.With", annotated, bound},
	} {
		row, err := pair(r.name, r.peer,
			func() (func(), error) { return serveAny(r.us, paths) },
			func() (func(), error) { return serveAny(r.them, paths) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// routePaths returns paths that make many branches of the tree.
func routePaths(n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = fmt.Sprintf("/resources%d/items/%d/:id", i%317, i)
	}
	return paths
}

func bareRoutes(paths []string) *gin.Engine {
	engine := gin.New()
	for _, path := range paths {
		engine.GET(path, emptyHandler)
	}
	return engine
}

func withEach(paths []string) *gin.Engine {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.NoAuthentication())
	for _, path := range paths {
		auth.With(engine, public).GET(path, emptyHandler)
	}
	return engine
}

func annotatedRoutes(paths []string) *gin.Engine {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.NoAuthentication())
	for _, path := range paths {
		engine.GET(path, emptyHandler)
		auth.Route(http.MethodGet, path, public)
	}
	return engine
}

// firstRequest sends a request as net/http's server does, which does not wait
// for what the guard checks once.
func firstRequest(engine *gin.Engine, path string) {
	ctx := context.WithValue(context.Background(), http.ServerContextKey, &http.Server{})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	engine.ServeHTTP(&sink{http.Header{}}, r)
}

// serveAny is [serve] for routes in a random order, so that what belongs to the
// route of a request is hardly ever in the processor's caches.
func serveAny(engine *gin.Engine, paths []string) (func(), error) {
	r, w := httptest.NewRequest(http.MethodGet, "/", nil), &sink{http.Header{}}
	paths = slices.Clone(paths)
	rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	for i, path := range paths { // a first time, for what is made once
		r.URL.Path = path
		if i > 100 {
			engine.ServeHTTP(w, r)
			continue
		}
		first := httptest.NewRecorder()
		if engine.ServeHTTP(first, r); first.Code != http.StatusOK {
			return nil, fmt.Errorf("%s is answered with %d: %s", path, first.Code, first.Body)
		}
	}
	next := 0
	return func() {
		r.URL.Path = paths[next]
		engine.ServeHTTP(w, r)
		next = (next + 1) % len(paths)
	}, nil
}
