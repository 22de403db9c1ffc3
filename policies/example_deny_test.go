package policies_test

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

// employee is a user of an application's own.
type employee struct{ Roles []string }

func (employee) Authenticated() bool { return true }

// InGroup implements [policies.GroupUser].
func (e employee) InGroup(_ context.Context, name string) (bool, error) {
	return slices.Contains(e.Roles, name), nil
}

// An assertion tells at compile time that policies.InGroup can ask the user.
var _ policies.GroupUser = employee{}

// Deny says why a request is refused. It works on every class: here on a
// composition of a variable and a class with an argument.
func ExampleDeny() {
	reader := policies.AuthenticatorFunc("Reader", func(*gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{User: employee{Roles: []string{"readers"}}}, nil
	})
	editors := policies.Any(policies.IsAdminUser, policies.InGroup("editors"))

	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(reader))
	notes := auth.Group(r, "/notes", ginauth.PermissionClasses(policies.Deny(editors, "This is for editors.", "not_editor")))
	notes.POST("", func(c *gin.Context) { c.Status(http.StatusCreated) })

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/notes", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 403 {"detail":"This is for editors."}
}

// Conceal answers a refusal as if the object did not exist.
func ExampleConceal() {
	published := policies.ObjectPermissionFunc("Published",
		func(_ *gin.Context, _ *ginauth.Identity, published *bool) (bool, error) { return *published, nil })

	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.Conceal(published)), ginauth.NoAuthentication())
	auth.With(r, ginauth.ObjectsInHandler()).GET("/article", func(c *gin.Context) {
		draft := false
		if err := ginauth.CheckObject(c, &draft); err != nil {
			ginauth.Abort(c, err)
		}
	})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/article", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 404 {"detail":"Not found."}
}
