package policies

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// The permission classes that need no argument. Safe methods are GET,
// HEAD and OPTIONS.
var (
	// AllowAny lets every request pass. [ginauth.Public] does too, and says
	// why.
	AllowAny ginauth.Permission = allowAny{}

	// IsAuthenticated lets authenticated users pass.
	IsAuthenticated ginauth.Permission = isAuthenticated{}

	// IsAdminUser lets users pass whose Staff is true, see [StaffUser].
	IsAdminUser ginauth.Permission = isAdminUser{}

	// IsAuthenticatedOrReadOnly lets authenticated users pass, and every
	// request with a safe method.
	IsAuthenticatedOrReadOnly ginauth.Permission = isAuthenticatedOrReadOnly{}

	// ReadOnly lets every request pass with a safe method.
	ReadOnly ginauth.Permission = readOnly{}
)

var (
	_ ginauth.Describer[ginauth.PermissionTraits] = allowAny{}
	_ ginauth.Describer[ginauth.PermissionTraits] = isAuthenticated{}
	_ ginauth.Describer[ginauth.PermissionTraits] = isAdminUser{}
	_ ginauth.Describer[ginauth.PermissionTraits] = isAuthenticatedOrReadOnly{}
	_ ginauth.Describer[ginauth.PermissionTraits] = readOnly{}
	_ ginauth.Describer[ginauth.PermissionTraits] = inGroup("")
	_ ginauth.Describer[ginauth.PermissionTraits] = hasPerm(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = hasRole(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*hasFactor)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*recentLogin)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*hasScope)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*modelPermission)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*apiKeyPermission)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*objectPermission)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*ownerPermission)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*funcObjectPermission[struct{}])(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*composed)(nil)
	_ ginauth.Describer[ginauth.PermissionTraits] = (*reworded)(nil)
)

type allowAny struct{}

func (allowAny) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (allowAny) String() string                                              { return "AllowAny" }
func (allowAny) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{Ways: func(string, bool) []ginauth.Alternative { return everyRequest() }}
}

type isAuthenticated struct{}

func (isAuthenticated) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	return id.Authenticated(), nil
}
func (isAuthenticated) String() string { return "IsAuthenticated" }
func (isAuthenticated) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		RequiresUser: true,
		Ways:         func(string, bool) []ginauth.Alternative { return everyUser() },
	}
}

type isAdminUser struct{}

func (isAdminUser) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(StaffUser)
	return ok && id.Authenticated() && user.Staff(), nil
}
func (isAdminUser) Describe() ginauth.PermissionTraits { return requiresUser() }
func (isAdminUser) String() string                     { return "IsAdminUser" }

type isAuthenticatedOrReadOnly struct{}

func (isAuthenticatedOrReadOnly) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return safe(c.Request.Method) || id.Authenticated(), nil
}
func (isAuthenticatedOrReadOnly) String() string { return "IsAuthenticatedOrReadOnly" }
func (isAuthenticatedOrReadOnly) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		Ways: func(method string, _ bool) []ginauth.Alternative { return readersOr(everyUser(), method) },
	}
}

type readOnly struct{}

func (readOnly) HasPermission(c *gin.Context, _ *ginauth.Identity) (bool, error) {
	return safe(c.Request.Method), nil
}
func (readOnly) String() string { return "ReadOnly" }
func (readOnly) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		Ways: func(method string, _ bool) []ginauth.Alternative { return readersOr(nil, method) },
	}
}

// safe reports whether a method only reads (DRF: SAFE_METHODS).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// requiresUser describes a class that refuses every anonymous request, and may
// refuse users.
func requiresUser() ginauth.PermissionTraits { return ginauth.PermissionTraits{RequiresUser: true} }

// everyRequest is the way to satisfy a class that lets every request pass.
func everyRequest() []ginauth.Alternative { return []ginauth.Alternative{{}} }

// everyUser is the way to satisfy a class that lets every user pass.
func everyUser() []ginauth.Alternative { return []ginauth.Alternative{{User: true}} }

// someUsers is the way to satisfy a class that lets some users pass.
func someUsers() []ginauth.Alternative { return []ginauth.Alternative{{User: true, Conditional: true}} }

// readersOr returns the ways to satisfy a class that lets every request with a
// safe method pass.
func readersOr(others []ginauth.Alternative, method string) []ginauth.Alternative {
	if safe(method) {
		return everyRequest()
	}
	return others
}

// InGroup lets members of the group of that name pass. The user is asked as a
// [GroupUser]; all of a user's groups, with the permissions that the route's
// other classes ask for, cost one query a request. It panics if the name is
// empty.
func InGroup(name string) ginauth.Permission {
	if strings.TrimSpace(name) == "" {
		panic("policies: InGroup was given no name; name a group, such as editors")
	}
	return inGroup(name)
}

type inGroup string

func (g inGroup) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(GroupUser)
	if !ok || !id.Authenticated() {
		return false, nil
	}
	return ask(c, user, func(ctx context.Context) (bool, error) { return user.InGroup(ctx, string(g)) })
}
func (inGroup) Describe() ginauth.PermissionTraits { return requiresUser() }
func (g inGroup) String() string                   { return "InGroup(" + string(g) + ")" }
