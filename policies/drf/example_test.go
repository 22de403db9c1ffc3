package drf_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// permission_classes = [IsAdminUser | ReadOnly] in Django REST framework.
func ExampleAny() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(drf.Any(policies.IsAdminUser, policies.ReadOnly)))
	r.Any("/docs", func(c *gin.Context) {})

	for _, method := range []string{"GET", "POST"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, "/docs", nil))
		fmt.Println(method, w.Code)
	}
	// Output:
	// GET 200
	// POST 403
}

// An expression prints itself as in the route table and the log.
func ExampleAll() {
	fmt.Println(drf.All(policies.IsAuthenticated, drf.Not(policies.ReadOnly)))
	// Output: drf.All(IsAuthenticated, drf.Not(ReadOnly))
}

// In Django REST framework, ~A refuses every object if A has no rule about
// objects. policies.Not does not.
func ExampleNot() {
	type note struct{}
	aboutNote := ginauth.Question{Identity: &ginauth.Identity{}, Object: &note{}}
	for _, p := range []ginauth.Permission{drf.Not(policies.IsAdminUser), policies.Not(policies.IsAdminUser)} {
		refusing, err := aboutNote.Ask(p)
		fmt.Println(ginauth.Name(p), refusing == nil, err)
	}
	// Output:
	// drf.Not(IsAdminUser) false <nil>
	// Not(IsAdminUser) true <nil>
}

// One proxy in front of the application: the last address of X-Forwarded-For is
// the client's.
func ExampleNumProxies() {
	client := drf.NumProxies(1)
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	c.Request.Header.Set("X-Forwarded-For", "192.0.2.66, 203.0.113.7")
	fmt.Println(client(c))
	// Output: 203.0.113.7
}
