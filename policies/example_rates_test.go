package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// AnonRate counts anonymous requests by address; users pass uncounted.
func ExampleAnonRate() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	ginauth.New(r, ginauth.NoAuthentication(),
		ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.AnonRate("1/day")))
	r.GET("/news", func(c *gin.Context) { c.String(http.StatusOK, "hello") })

	for range 2 {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/news", nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 429
}

// ScopedRate has a rate for each scope; a route names its scope.
func ExampleScopedRate() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	rate := policies.ScopedRate(map[string]string{"search": "100/min", "export": "1/day"})
	auth := ginauth.New(r, ginauth.NoAuthentication(),
		ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(rate))
	hello := func(c *gin.Context) { c.String(http.StatusOK, "hello") }
	auth.With(r, ginauth.ThrottleScope("search")).GET("/search", hello)
	auth.With(r, ginauth.ThrottleScope("export")).GET("/export", hello)

	for _, path := range []string{"/export", "/export", "/search"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /export 200
	// /export 429
	// /search 200
}
