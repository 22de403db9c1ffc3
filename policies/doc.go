// Package policies holds the classes that routes are annotated with:
//
//   - authenticators: [Token], [Basic], [Session], [RemoteUser]; package
//     policies/jwt has those for JSON web tokens, and policies/oidc for those
//     of external OpenID providers;
//   - permissions about requests: [AllowAny], [IsAuthenticated], [IsAdminUser],
//     [IsAuthenticatedOrReadOnly], [ReadOnly], [InGroup], [HasPerm],
//     [ModelPermissions], [ModelPermissionsOrAnonReadOnly], [HasAPIKey];
//   - permissions about objects too: [ObjectPermissions], [IsOwner],
//     [OwnerOrReadOnly];
//   - their composition, [All], [Any], [Not] and [Conceal]; package
//     policies/drf has the first three to the letter of DRF;
//   - throttles: [AnonRate], [UserRate], [AddressRate], [ScopedRate],
//     [KeyRate]; package policies/redisrate counts for many processes;
//   - adapters for functions of one's own: [AuthenticatorFunc],
//     [PermissionFunc], [ObjectPermissionFunc].
//
// [Load] finds the object of a route, and [Filter] filters lists by the route's
// permissions.
//
//	package main
//
//	import (
//		"log"
//		"net/http"
//
//		"github.com/gin-gonic/gin"
//		"gorm.io/driver/postgres"
//		"gorm.io/gorm"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/handlers"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/policies"
//	)
//
//	func main() {
//		db, err := gorm.Open(postgres.Open("postgres://localhost/app"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		if err := models.Migrate(db); err != nil {
//			log.Fatal(err)
//		}
//		r := gin.Default()
//		auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)))
//		handlers.MountObtainAuthToken(auth, r, "/api-token-auth/", db)
//
//		staff := auth.Group(r, "/staff", ginauth.PermissionClasses(
//			policies.Any(policies.IsAdminUser, policies.InGroup("editors"))))
//		staff.GET("/", func(c *gin.Context) {
//			user, _ := ginauth.UserAs[*models.User](c)
//			c.String(http.StatusOK, "hello %s", user.Username)
//		})
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// All classes are safe for concurrent use and keep no state of a request.
package policies
