package recipes

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// enforcer is casbin's SyncedEnforcer, as far as a permission needs it.
type enforcer interface {
	Enforce(values ...any) (bool, error)
}

// casbinPermission asks casbin about the user, the route and the method.
func casbinPermission(e enforcer) ginauth.Permission {
	return policies.All(policies.IsAuthenticated, policies.PermissionFunc("Casbin",
		func(c *gin.Context, id *ginauth.Identity) (bool, error) {
			return e.Enforce(id.Subject(), c.FullPath(), c.Request.Method)
		}))
}
