package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// The requests of all users of a tenant count together.
func ExampleKeyRate() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	byTenant := func(c *gin.Context, _ *ginauth.Identity) (string, error) { return c.GetHeader("X-Tenant"), nil }
	ginauth.New(r,
		ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.KeyRate("tenant", "2/hour", byTenant)),
	)
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "hello") })

	for _, tenant := range []string{"acme", "acme", "globex", "acme"} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("X-Tenant", tenant)
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		fmt.Println(tenant, answer.Code, answer.Body)
	}
	// Output:
	// acme 200 hello
	// acme 200 hello
	// globex 200 hello
	// acme 429 {"detail":"Request was throttled. Expected available in 3600 seconds."}
}
