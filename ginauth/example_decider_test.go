package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// traced decides as another permission does, and says what it has decided.
type traced struct{ inner ginauth.Permission }

func (t traced) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return ginauth.Question{Context: c, Identity: id}.Passes(t)
}

func (t traced) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return ginauth.Question{Context: c, Identity: id, Object: obj}.Passes(t)
}

// Decide passes on every question, and the permission that has refused.
func (t traced) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
	refusing, err = q.Ask(t.inner)
	fmt.Println(ginauth.Name(t.inner), "passes:", refusing == nil && err == nil)
	return refusing, err
}

// Describe says whom it asks; what that one states holds for both.
func (t traced) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		All:          []ginauth.Permission{t.inner},
		NoObjectRule: !ginauth.HasObjectRule(t.inner),
	}
}

// A permission that wraps another has four methods, whatever the other one can
// do. To filter lists too, it needs the one of policies.Filterer.
func ExampleDecider() {
	r := gin.New()
	ginauth.New(r, ginauth.PermissionClasses(traced{policies.Deny(policies.IsAdminUser, "For staff.", "not_staff")}))
	r.GET("/users", func(c *gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/users", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// IsAdminUser passes: false
	// 403 {"detail":"For staff."}
}
