package policies_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestConcealHidesErrorsToo checks a class that refuses by an error, whose
// status would tell that the object exists.
func TestConcealHidesErrorsToo(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	engine, auth := fixtureSite(db)
	for name, err := range map[string]error{
		"denied": ginauth.PermissionDenied(), "unknown": ginauth.NotAuthenticated(),
		"wrapped": fmt.Errorf("it says: %w", ginauth.MethodNotAllowed("GET")),
		"down":    errDown, "unavailable": ginauth.Unavailable(errDown), "server": ginauth.ServerError(errDown),
	} {
		request := policies.PermissionFunc(name, func(*gin.Context, *ginauth.Identity) (bool, error) { return true, err })
		object := policies.ObjectPermissionFunc(name, func(*gin.Context, *ginauth.Identity, *core) (bool, error) { return true, err })
		auth.With(engine, ginauth.PermissionClasses(policies.Conceal(request))).GET("/request/"+name, ok)
		auth.With(engine, ginauth.PermissionClasses(policies.Conceal(object)), ginauth.ObjectsInHandler()).
			GET("/object/"+name, draftOf(&core{ID: 1}))
	}
	for name, want := range map[string]int{"denied": 404, "unknown": 404, "wrapped": 404, "down": 503, "unavailable": 503, "server": 500} {
		for _, user := range []string{"", "clerk"} {
			for _, what := range []string{"/request/", "/object/"} {
				if got := statuses(engine, what+name, user, http.MethodGet); got != fmt.Sprint(want) {
					t.Errorf("%s%s as %q: %s, want %d", what, name, user, got, want)
				}
			}
		}
	}
}
