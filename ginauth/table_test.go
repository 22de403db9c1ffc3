package ginauth_test

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// The table of all routes is suitable for a golden file, so that a changed
// policy shows in the diff.
func ExampleRouteTable() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/up", func(c *gin.Context) {})
	staff := auth.Group(r, "/staff", ginauth.PermissionClasses(policies.IsAdminUser))
	staff.GET("", func(c *gin.Context) {})
	staff.POST("", func(c *gin.Context) {})

	fmt.Print(auth.Routes())
	// Output:
	// PATH    METHODS   AUTHENTICATION  PERMISSIONS  OBJECT  THROTTLES  DECLARED
	// /staff  GET,POST  -               IsAdminUser  -       -          ginauth/table_test.go:18
	// /up     GET       -               AllowAny     -       -          ginauth/table_test.go:16
}
