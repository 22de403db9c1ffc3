package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Explain tells why a request would be refused, without a credential and
// without running a handler.
func ExampleAuth_Explain() {
	r := gin.New()
	auth := ginauth.New(r)
	auth.With(r, ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, policies.ReadOnly))).DELETE("/notes/:id", func(*gin.Context) {})

	x := auth.Explain(httptest.NewRequest(http.MethodDelete, "/notes/7", nil), nil)
	fmt.Println(x.Verdict, x.Status)
	for _, step := range x.Steps {
		fmt.Println(step.Kind, step.Class, step.Outcome)
		for _, part := range step.Parts {
			fmt.Println("-", part.Class, part.Outcome)
		}
	}
	// Output:
	// no 403
	// permission Any(IsAdminUser, ReadOnly) no
	// - IsAdminUser no
	// - ReadOnly no
}

// Can lets a page show a button only to users who may press it.
func ExampleCan() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(
		policies.AuthenticatorFunc("Alice", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: &models.User{Username: "alice", IsActive: true}}, nil
		})))
	auth.With(r, ginauth.PermissionClasses(policies.IsAdminUser)).POST("/reports", func(*gin.Context) {})
	r.GET("/page", func(c *gin.Context) {
		verdict, err := ginauth.Can(c, "POST", "/reports", nil)
		fmt.Println(verdict, err)
	})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/page", nil))
	// Output: no <nil>
}

// During development, answers tell what the guard has asked.
func ExampleInsecureExplainHeader() {
	defer gin.SetMode(gin.Mode())
	gin.SetMode(gin.TestMode) // the header is not sent in release mode
	r := gin.New()
	ginauth.New(r, ginauth.InsecureExplainHeader(), ginauth.PermissionClasses(policies.ReadOnly))
	r.POST("/notes", func(*gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/notes", nil))
	fmt.Println(w.Header().Get("X-Ginauth-Decision"))
	// Output: permission ReadOnly: no; 403
}
