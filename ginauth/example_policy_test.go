package ginauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// The rules given to New are the defaults of every route.
func ExampleNew() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.ReadOnly))
	r.Any("/notes", func(c *gin.Context) { c.String(http.StatusOK, "notes") })

	for _, method := range []string{"GET", "POST"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, "/notes", nil))
		fmt.Println(method, w.Code, w.Body)
	}
	// Output:
	// GET 200 notes
	// POST 403 {"detail":"You do not have permission to perform this action."}
}

// A group replaces the lists that it names and inherits the others. Plain
// groups below it inherit its policy.
func ExampleAuth_Group() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	staff := auth.Group(r, "/staff", ginauth.PermissionClasses(policies.IsAdminUser))
	staff.Group("/reports").GET("/sales", func(c *gin.Context) {})

	for _, route := range auth.Routes() {
		fmt.Println(route.Path, route.Permissions)
	}
	// Output: /staff/reports/sales [IsAdminUser]
}

// With annotates a route or two.
func ExampleAuth_With() {
	r := gin.New()
	auth := ginauth.New(r)
	handler := func(c *gin.Context) {}
	r.GET("/me", handler)
	auth.With(r, ginauth.PermissionClasses(policies.AllowAny)).GET("/health", handler)

	for _, route := range auth.Routes() {
		fmt.Println(route.Path, route.Permissions)
	}
	// Output:
	// /health [AllowAny]
	// /me [IsAuthenticated]
}

// Route annotates a route that other code registers.
func ExampleAuth_Route() {
	register := func(r gin.IRouter) { // a library, or generated code
		r.GET("/notes/:id", func(c *gin.Context) {})
		r.DELETE("/notes/:id", func(c *gin.Context) {})
	}
	r := gin.New()
	auth := ginauth.New(r)
	auth.Route("DELETE", "/notes/:id", ginauth.PermissionClasses(policies.IsAdminUser))
	register(r)

	for _, route := range auth.Routes() {
		fmt.Println(route.Method, route.Path, route.Permissions)
	}
	// Output:
	// DELETE /notes/:id [IsAdminUser]
	// GET /notes/:id [IsAuthenticated]
}

// NoRoute declares who may reach what the application answers to requests that
// match no route.
func ExampleAuth_NoRoute() {
	r := gin.New()
	auth := ginauth.New(r)
	auth.NoRoute(ginauth.PermissionClasses(policies.AllowAny))
	r.NoRoute(func(c *gin.Context) { c.String(http.StatusNotFound, "Try /notes.") })

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/note", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 404 Try /notes.
}

// NoAuthentication ignores credentials, such as those that a browser sends to
// every path.
func ExampleNoAuthentication() {
	r := gin.New()
	alice := policies.AuthenticatorFunc("Alice", func(*gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{User: &models.User{Username: "alice"}}, nil
	})
	auth := ginauth.New(r, ginauth.AuthenticationClasses(alice), ginauth.PermissionClasses(policies.AllowAny))
	subject := func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).Authenticated()) }
	r.GET("/me", subject)
	auth.With(r, ginauth.NoAuthentication()).GET("/public", subject)

	for _, path := range []string{"/me", "/public"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Body)
	}
	// Output:
	// /me true
	// /public false
}

// Check is for a test of the application, or its start.
func ExampleAuth_Check() {
	r := gin.New()
	early := r.Group("/early") // before New: no guard
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	early.GET("/door", func(c *gin.Context) {})
	r.GET("/notes", func(c *gin.Context) {})

	for _, finding := range auth.Check() {
		message, _, _ := strings.Cut(finding.String(), " (its handler is at ")
		fmt.Println(message)
	}
	// Output: GET /early/door: no guard: register it on a group made after ginauth.New
}

// Packages that mount routes add checks of their own.
func ExampleAuth_AddCheck() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	auth.AddCheck(func(_ context.Context, authenticators []ginauth.Authenticator) error {
		if len(authenticators) == 0 {
			return errors.New("no route accepts the tokens of /login")
		}
		return nil
	})
	r.POST("/login", func(c *gin.Context) {})

	for _, finding := range auth.Check() {
		message, _, _ := strings.Cut(finding.Message, " (declared at")
		fmt.Println(message)
	}
	// Output: no route accepts the tokens of /login
}

// Code that asks a permission learns which part of it refused.
func ExampleQuestion() {
	members := policies.All(policies.ReadOnly, policies.IsAuthenticated)
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(policies.AllowAny))
	r.GET("/", func(c *gin.Context) {
		refusing, err := ginauth.Question{Context: c, Identity: ginauth.Current(c)}.Ask(members)
		fmt.Println(ginauth.Name(members), "is refused by", ginauth.Name(refusing), err)
	})

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	// Output: All(ReadOnly, IsAuthenticated) is refused by IsAuthenticated <nil>
}

// Public opens a route, and says why in the route table.
func ExamplePublic() {
	r := gin.New()
	auth := ginauth.New(r)
	open := auth.With(r, ginauth.PermissionClasses(ginauth.Public("asked by the load balancer")))
	open.GET("/health", func(c *gin.Context) {})
	r.GET("/me", func(c *gin.Context) {})

	for _, route := range auth.Routes() {
		fmt.Println(route.Path, route.Open, route.Reason)
	}
	// Output:
	// /health true asked by the load balancer
	// /me false
}
