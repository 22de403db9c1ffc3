// Package policies holds the classes that routes are annotated with:
//
//   - authenticators: [Token], [AccessToken], [OAuth2Token], [APIKey], [Basic],
//     [Session], [RemoteUser]; package policies/jwt has those for JSON web
//     tokens, and policies/oidc for those of external OpenID providers;
//   - permissions about requests: [AllowAny], [IsAuthenticated], [IsAdminUser],
//     [IsAuthenticatedOrReadOnly], [ReadOnly], [InGroup], [HasRole], [HasPerm],
//     [HasScope], [ModelPermissions], [ModelPermissionsOrAnonReadOnly],
//     [HasAPIKey];
//   - permissions about the login that a request comes from: [RecentLogin],
//     [HasFactor];
//   - permissions about objects too: [ObjectPermissions], [IsOwner],
//     [OwnerOrReadOnly];
//   - their composition, [All], [Any] and [Not], which package policies/drf has
//     to the letter of DRF;
//   - what a refusal tells: [Deny], [Conceal];
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
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/handlers"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/policies"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/app")
//		if err != nil {
//			log.Fatal(err)
//		}
//		if err := models.Migrate(db); err != nil {
//			log.Fatal(err)
//		}
//		r := gin.Default()
//		auth := ginauth.New(r,
//			ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)))
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
//
// # Composition
//
// [All], [Any] and [Not] are about requests and objects alike. About an object
// each class has one answer: whether it lets the request pass and, if it has a
// rule about objects, the object too. All, Any and Not are the and, or and not
// of these answers. Before the object is known, a class that has such a rule and
// lets the request pass depends on the object, and a request goes on unless the
// answer is no for every object. docs/permissions.md has the truth tables.
//
// If a class that is asked fails, the whole fails: Not does not turn the failure
// into a yes, and Any does not go on to the next. The same goes for a refusal
// that a class returns as an error.
//
// For a credential that is limited to scopes (see [ginauth.ScopedCredential]),
// alternatives of an Any that name no scope do not count beside others that do,
// and Not names no scope.
//
// # Users
//
// A class that needs more of a user than [ginauth.User] asks for an ability:
// [StaffUser], [GroupUser], [RoleUser], [PermissionUser], [ScopeUser],
// [ObjectPermissionUser], [NamedUser]. A [models.User] has all of them except
// [RoleUser]. A user that lacks one is refused, except for [PreloadUser], which
// only saves queries. An application states by an assertion that its own user has one:
//
//	var _ policies.StaffUser = (*Account)(nil)
//
// [RecentLogin] and [HasFactor] ask the credential, not the user, for the
// ability [LoginRecord].
package policies
