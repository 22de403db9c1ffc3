package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// trial lets a number of requests pass, and no more.
type trial struct{ left atomic.Int64 }

// Allow counts and decides in one step, so that concurrent requests cannot
// exceed the number.
func (t *trial) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	if t.left.Add(-1) < 0 {
		return ginauth.Admission{Wait: 24 * time.Hour}, nil
	}
	return ginauth.Admission{Allowed: true}, nil
}

// String is what the route table and the log show.
func (*trial) String() string { return "Trial" }

// A type with one method is a throttle.
func ExampleThrottle() {
	limit := &trial{}
	limit.left.Store(1)
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(limit))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "welcome") })

	for range 2 {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 welcome
	// 429 {"detail":"Request was throttled. Expected available in 86400 seconds."}
}
