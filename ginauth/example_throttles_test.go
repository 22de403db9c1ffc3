package ginauth_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// Requests beyond a rate get 429, with the time after which to try again.
func ExampleThrottleClasses() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil) // no proxy: the client's address is the peer's
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	auth.With(r, ginauth.ThrottleClasses(policies.AnonRate("2/day"))).GET("/search", func(c *gin.Context) {})

	for range 3 {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/search", nil))
		fmt.Println(w.Code, w.Header()["Retry-After"])
	}
	// Output:
	// 200 []
	// 200 []
	// 429 [86400]
}

// A throttle with scopes has a rate for each of them; routes name theirs.
func ExampleThrottleScope() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.ScopedRate(map[string]string{"uploads": "1/day", "search": "100/day"})))
	auth.With(r, ginauth.ThrottleScope("uploads")).POST("/files", func(c *gin.Context) {})
	auth.With(r, ginauth.ThrottleScope("search")).GET("/search", func(c *gin.Context) {})

	for _, request := range [][2]string{{"POST", "/files"}, {"POST", "/files"}, {"GET", "/search"}} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(request[0], request[1], nil))
		fmt.Println(request[1], w.Code)
	}
	// Output:
	// /files 200
	// /files 429
	// /search 200
}

// NoThrottles exempts routes from inherited throttles.
func ExampleNoThrottles() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.ThrottleClasses(policies.UserRate("100/hour")))
	r.GET("/search", func(c *gin.Context) {})
	auth.With(r, ginauth.NoThrottles()).GET("/health", func(c *gin.Context) {})

	for _, route := range auth.Routes() {
		fmt.Println(route.Path, route.Throttles)
	}
	// Output:
	// /health []
	// /search [UserRate(100/hour)]
}

// Clients can be told what is left of their rate.
func ExampleRateLimitHeaders() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	ginauth.New(r, ginauth.RateLimitHeaders(),
		ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(policies.AnonRate("100/hour")))
	r.GET("/search", func(c *gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/search", nil))
	fmt.Println(w.Header().Get("RateLimit-Policy"))
	fmt.Println(w.Header().Get("RateLimit"))
	// Output:
	// "anon:100/hour";q=100;w=3600
	// "anon:100/hour";r=99;t=3600
}

// The address is the one that the nearest trusted proxy reports. What a client
// writes into the header in front of that is ignored.
func ExampleClientAddress() {
	r := gin.New()
	r.RemoteIPHeaders = []string{"X-Forwarded-For"}
	_ = r.SetTrustedProxies([]string{"10.0.0.0/8"})
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/", func(c *gin.Context) { fmt.Println(ginauth.ClientAddress(c)) })

	request := httptest.NewRequest("GET", "/", nil)
	request.RemoteAddr = "10.0.0.1:1234"
	request.Header.Set("X-Forwarded-For", "192.0.2.66, 203.0.113.7")
	r.ServeHTTP(httptest.NewRecorder(), request)
	// Output: 203.0.113.7
}
