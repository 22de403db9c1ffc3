package ginauth_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// sink is a response writer that allocates nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// fixed authenticates every request as one user, at no cost, so that only the
// guard's own cost remains.
type fixed struct{ id *ginauth.Identity }

func (f fixed) Authenticate(*gin.Context) (*ginauth.Identity, error) { return f.id, nil }

func nothing(*gin.Context) {}

// engines returns bare Gin, and the guard with the simplest policies, each with
// n routes beside those that are measured.
func engines(n int) map[string]*gin.Engine {
	bare := gin.New()
	guarded, auth := newEngineForBench()
	authenticated := fixed{&ginauth.Identity{User: &person{"alice"}}}
	for i := range n {
		path := fmt.Sprintf("/other/%d", i)
		bare.GET(path, nothing)
		auth.With(guarded, public).GET(path, nothing)
		auth.Route("GET", path, members)
	}
	bare.GET("/public", nothing)
	auth.With(guarded, public).GET("/public", nothing)
	auth.With(guarded, ginauth.AuthenticationClasses(authenticated)).GET("/user", nothing)
	auth.With(guarded, public, ginauth.AuthenticationClasses(authenticated), ginauth.ThrottleClasses(counting{new(int)})).GET("/full", nothing)
	return map[string]*gin.Engine{"bare": bare, "guarded": guarded}
}

func newEngineForBench() (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	return engine, ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
}

func request(path string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		panic(err)
	}
	return r
}

func BenchmarkGuard(b *testing.B) {
	for _, routes := range []int{10, 10_000} {
		e := engines(routes)
		run := func(name string, engine *gin.Engine, path string) {
			b.Run(fmt.Sprintf("routes=%d/%s", routes, name), func(b *testing.B) {
				w, r := &sink{http.Header{}}, request(path)
				b.ReportAllocs()
				for b.Loop() {
					engine.ServeHTTP(w, r)
				}
			})
		}
		run("bare", e["bare"], "/public")
		run("bare-404", e["bare"], "/missing")
		run("404", e["guarded"], "/missing")
		run("public", e["guarded"], "/public")
		run("user", e["guarded"], "/user")
		run("throttled", e["guarded"], "/full")
	}
}
