package policies

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// The permission classes of DRF that need no argument.
var (
	AllowAny                  allowAny                  // lets every request pass
	IsAuthenticated           isAuthenticated           // lets authenticated users pass
	IsAdminUser               isAdminUser               // lets users pass whose Staff is true (Django: is_staff)
	IsAuthenticatedOrReadOnly isAuthenticatedOrReadOnly // lets authenticated users pass, and everybody with a safe method
	ReadOnly                  readOnly                  // lets everybody pass with a safe method: GET, HEAD or OPTIONS
)

type allowAny struct{}

func (allowAny) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (allowAny) String() string                                              { return "AllowAny" }

type isAuthenticated struct{}

func (isAuthenticated) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	return id.Authenticated(), nil
}
func (isAuthenticated) RequiresUser() bool { return true }
func (isAuthenticated) String() string     { return "IsAuthenticated" }

type isAdminUser struct{}

func (isAdminUser) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(interface{ Staff() bool })
	return ok && id.Authenticated() && user.Staff(), nil
}
func (isAdminUser) RequiresUser() bool { return true }
func (isAdminUser) String() string     { return "IsAdminUser" }

type isAuthenticatedOrReadOnly struct{}

func (isAuthenticatedOrReadOnly) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return safe(c.Request.Method) || id.Authenticated(), nil
}
func (isAuthenticatedOrReadOnly) String() string { return "IsAuthenticatedOrReadOnly" }

type readOnly struct{}

func (readOnly) HasPermission(c *gin.Context, _ *ginauth.Identity) (bool, error) {
	return safe(c.Request.Method), nil
}
func (readOnly) String() string { return "ReadOnly" }

// safe reports whether a method only reads (DRF: SAFE_METHODS).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// InGroup lets users pass who are members of the group of that name. The user
// is asked, by its method InGroup(context, name), which [models.User] has; it
// costs one query. Users without that method are members of no group. It panics
// if the name is empty.
//
// [models.User]: https://pkg.go.dev/github.com/ginauth/ginauth/models#User
func InGroup(name string) ginauth.Permission {
	if strings.TrimSpace(name) == "" {
		panic("policies: InGroup was given no name; name a group, such as editors")
	}
	return inGroup(name)
}

type inGroup string

func (g inGroup) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(interface {
		InGroup(ctx context.Context, name string) (bool, error)
	})
	if !ok || !id.Authenticated() {
		return false, nil
	}
	return user.InGroup(c.Request.Context(), string(g))
}
func (inGroup) RequiresUser() bool { return true }
func (g inGroup) String() string   { return "InGroup(" + string(g) + ")" }
