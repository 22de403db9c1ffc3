package ginauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// reader is a user of the application.
type reader struct{}

func (reader) Authenticated() bool { return true }

// HasScope says that the user may do what every scope stands for.
func (reader) HasScope(context.Context, string) (bool, error) { return true, nil }

// scopes is a credential that permits only a part of what its user may do.
type scopes []string

func (s scopes) Limited() bool             { return true }
func (s scopes) HasScope(name string) bool { return slices.Contains(s, name) }

// A limited credential passes where a permission names one of its scopes, and
// nowhere else.
func ExampleScopedCredential() {
	byScope := policies.AuthenticatorFunc("Reader", func(*gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{User: reader{}, Auth: scopes{"notes:read"}}, nil
	})
	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(byScope))
	ok := func(c *gin.Context) { c.String(http.StatusOK, "ok") }
	auth.With(r, ginauth.PermissionClasses(policies.HasScope("notes:read"))).GET("/notes", ok)
	auth.With(r, ginauth.PermissionClasses(policies.HasScope("notes:write"))).POST("/notes", ok)
	r.GET("/profile", ok)

	for _, request := range [][2]string{{"GET", "/notes"}, {"POST", "/notes"}, {"GET", "/profile"}} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(request[0], request[1], nil))
		fmt.Println(request[0], request[1], w.Code)
	}
	// Output:
	// GET /notes 200
	// POST /notes 403
	// GET /profile 403
}
