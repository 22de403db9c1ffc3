package recipes

import (
	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// Note belongs to a tenant and, there, to an owner.
type Note struct {
	ID       int64
	TenantID int64 `gorm:"index"`
	OwnerID  int64
	Title    string
}

// member is a user of one tenant, a method of the application's own user model.
type member interface{ Tenant() int64 }

// sameTenant lets users pass to the rows of their own tenant.
var sameTenant = policies.ObjectPermissionFunc("SameTenant",
	func(_ *gin.Context, id *ginauth.Identity, note *Note) (bool, error) {
		user, ok := id.User.(member)
		return ok && note.TenantID == user.Tenant(), nil
	},
	func(_ *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
		user, ok := id.User.(member)
		if !ok {
			return tx.Where("1 = 0") // a service, for example
		}
		return tx.Where("tenant_id = ?", user.Tenant())
	})

func tenantNotes(auth *ginauth.Auth, r gin.IRouter, db *gorm.DB, show, list gin.HandlerFunc) {
	notes := auth.Group(r, "/notes", ginauth.PermissionClasses(
		policies.IsAuthenticated,
		policies.Conceal(sameTenant), // other tenants' notes do not exist
		policies.OwnerOrReadOnly("owner_id"),
	))
	auth.With(notes, ginauth.Object(policies.Load[Note](db, "id"))).GET("/:id", show)
	auth.With(notes, ginauth.ObjectsInHandler()).GET("", list) // policies.Filter(c, db).Find(&all)
}
