// Package policies holds the classes that routes are annotated with: authenticators ([Token], [Basic], [RemoteUser]),
// permissions ([AllowAny], [IsAuthenticated], [IsAdminUser], [IsAuthenticatedOrReadOnly], [ReadOnly], [InGroup], [HasAPIKey]),
// their composition ([All], [Any], [Not]), and adapters for functions of one's own ([AuthenticatorFunc], [PermissionFunc]).
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
//		"github.com/ginauth/ginauth/ginauth/handlers"
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
