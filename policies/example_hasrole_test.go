package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// member is an application's own user, with its role in a column.
type member struct{ Email, Role string }

func (m *member) Authenticated() bool { return m != nil }

// Roles implements [policies.RoleUser].
func (m *member) Roles() []string { return []string{m.Role} }

// HasRole compares the roles that a user of one's own has.
func ExampleHasRole() {
	members := map[string]*member{"ann": {"ann@example.com", "admin"}, "vic": {"vic@example.com", "viewer"}, "new": {"new@example.com", ""}}
	byKey := policies.AuthenticatorFunc("Key", func(c *gin.Context) (*ginauth.Identity, error) {
		m, ok := members[c.GetHeader("X-Key")]
		if !ok {
			return nil, ginauth.ErrNoCredentials
		}
		return &ginauth.Identity{User: m}, nil
	}, "Key")
	r := newEngine()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(byKey))
	auth.With(r, ginauth.PermissionClasses(policies.HasRole("admin", "editor"))).GET("/articles", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*member](c)
		c.String(http.StatusOK, "hello %s", user.Email)
	})

	for _, key := range []string{"ann", "vic", "new", ""} {
		request := httptest.NewRequest(http.MethodGet, "/articles", nil)
		request.Header.Set("X-Key", key)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 hello ann@example.com
	// 403 {"detail":"You do not have permission to perform this action."}
	// 403 {"detail":"You do not have permission to perform this action."}
	// 401 {"detail":"Authentication credentials were not provided."}
}
