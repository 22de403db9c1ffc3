package ginauth_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestAnnotationsWhileRequestsRun checks that a route keeps its annotation while
// many requests ask for it at once and other routes are annotated.
func TestAnnotationsWhileRequestsRun(t *testing.T) {
	engine, auth := newEngine()
	open := auth.With(engine, public)
	open.GET("/x", ok)
	open.HEAD("/x", ok)
	auth.Route("GET", "/x", admins)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				for user, want := range map[string]int{
					"": http.StatusUnauthorized, "alice": http.StatusForbidden, "admin": http.StatusOK,
				} {
					if w := do(engine, []string{"GET", "HEAD"}[i%2], "/x", user); w.Code != want {
						t.Errorf("%q: %d, want %d", user, w.Code, want)
					}
				}
			}
		})
	}
	for i := range 50 {
		auth.Route("GET", fmt.Sprint("/later/", i), members)
	}
	all.Wait()
}
