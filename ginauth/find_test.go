package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
)

func explainGet(auth *ginauth.Auth, path string) string {
	x := auth.Explain(httptest.NewRequest(http.MethodGet, path, nil), nil)
	return fmt.Sprint(x.Route, " ", x.Verdict, " ", x.Status)
}

// TestExplainSeesLaterRoutes checks that what Explain keeps of an engine is made
// anew for routes and settings that come after its first call, and that what
// else is declared later holds without that.
func TestExplainSeesLaterRoutes(t *testing.T) {
	engine, auth := newEngine()
	open := auth.With(engine, public)
	expect := func(path, want string) {
		t.Helper()
		if got := explainGet(auth, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	expect("/one", " no 404")
	open.GET("/one", ok)
	expect("/one", "/one yes 0")
	expect("/one/", " no 301")
	open.GET("/:name", ok)
	expect("/two", "/:name yes 0")
	open.POST("/two", ok) // a tree of its own
	expect("/two", "/:name yes 0")
	open.GET("/two", ok)
	expect("/two", "/two yes 0")
	engine.RedirectTrailingSlash = false
	expect("/one/", " no 404")
	engine.RedirectTrailingSlash = true
	auth.Route("GET", "/two", ginauth.PermissionClasses(nobody))
	expect("/two", "/two no 401")
	engine.NoRoute(ok)
	expect("/two/three", " no 401")
	auth.NoRoute(public)
	expect("/two/three", " yes 0")
}

// TestExplainAtOnce checks that requests explained at once do not share what is
// found of them.
func TestExplainAtOnce(t *testing.T) {
	engine, auth := newEngine()
	auth.With(engine, ginauth.PermissionClasses(ownName{anyone}), ginauth.Object(byParameter{})).GET("/:name", ok)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			for j := range 50 {
				name := fmt.Sprint("user", i, "-", j)
				id := &ginauth.Identity{User: &person{name}}
				if x := auth.Explain(httptest.NewRequest(http.MethodGet, "/"+name, nil), id); x.Verdict != ginauth.Allowed {
					t.Errorf("explained as %s", x)
				}
			}
		})
	}
	group.Wait()
}

// TestExplainOfManyRoutes checks that an explanation does not cost more for each
// route of the engine.
func TestExplainOfManyRoutes(t *testing.T) {
	cost := func(routes int) float64 {
		engine, auth := newEngine()
		open := auth.With(engine, public)
		for i := range routes {
			open.GET(fmt.Sprintf("/%d/:name", i), ok)
		}
		return testing.AllocsPerRun(20, func() { explainGet(auth, "/0/x") })
	}
	if few, many := cost(1), cost(3000); many > few+5 {
		t.Errorf("%v allocations with 3000 routes, %v with one", many, few)
	}
}

func BenchmarkExplain(b *testing.B) {
	for _, routes := range []int{10, 10_000} {
		b.Run(fmt.Sprint(routes), func(b *testing.B) {
			engine, auth := newEngine()
			open := auth.With(engine, public)
			for i := range routes {
				open.GET(fmt.Sprintf("/%d/:name", i), ok)
			}
			r := httptest.NewRequest(http.MethodGet, "/0/x", nil)
			for b.Loop() {
				auth.Explain(r, nil)
			}
		})
	}
}
