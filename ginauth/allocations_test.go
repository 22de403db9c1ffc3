//go:build !race

package ginauth_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
)

func allocations(engine *gin.Engine, path string) float64 {
	w, r := &sink{http.Header{}}, request(path)
	return testing.AllocsPerRun(200, func() { engine.ServeHTTP(w, r) })
}

// TestAllocations holds the guard's own path to two allocations over bare Gin:
// those of the map of context keys.
func TestAllocations(t *testing.T) {
	for _, routes := range []int{0, 1000} {
		e := engines(routes)
		floor := allocations(e["bare"], "/public")
		for _, path := range []string{"/public", "/user", "/full"} {
			if got := allocations(e["guarded"], path) - floor; got > 2 {
				t.Errorf("%s with %d other routes: %v allocations over bare Gin, want at most 2", path, routes, got)
			}
		}
	}
}
