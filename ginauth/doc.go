// Package ginauth attaches policies to Gin routes: who you are (authentication
// classes), what you may do (permission classes), how often (throttle classes),
// in the manner of Django REST framework. Declarations sit on route groups, and
// one guard in every chain enforces them.
//
//	package main
//
//	import (
//		"net/http"
//
//		"github.com/gin-gonic/gin"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies"
//	)
//
//	// byKey knows one client.
//	func byKey(c *gin.Context) (*ginauth.Identity, error) {
//		switch c.GetHeader("X-Key") {
//		case "":
//			return nil, ginauth.ErrNoCredentials
//		case "open sesame":
//			return &ginauth.Identity{User: client{}}, nil
//		}
//		return nil, ginauth.AuthenticationFailed()
//	}
//
//	type client struct{}
//
//	func (client) Authenticated() bool { return true }
//
//	func main() {
//		r := gin.Default()
//		auth := ginauth.New(r, // the defaults of every route; who is not authenticated is refused
//			ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Key", byKey).WithChallenge("Key")))
//
//		api := r.Group("/api") // plain Gin: the defaults hold
//		api.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "hello") })
//		auth.With(api, ginauth.PermissionClasses(policies.AllowAny)).GET("/health", func(c *gin.Context) { c.Status(http.StatusOK) })
//
//		r.Run("127.0.0.1:8080")
//	}
//
// # Policies belong to groups
//
// A policy belongs to a group, as Gin's middleware does, never to a path: [New]
// puts a guard into the engine's chain, every group made later carries it at
// the same place, and [Auth.Group] and [Auth.With] make an ordinary child group
// whose guard is bound to another policy, merged once, at registration. No
// request path, header or context key can select another one. The three lists
// are independent: the nearest declaration replaces the list that it names, and
// the others are inherited.
//
// The guard works in DRF's order: authentication, permissions, throttles, then
// the handler. It sets the context keys [UserKey] and [AuthKey]; handlers read
// them with [Current] and [UserAs], and end a request as DRF's exceptions do
// with [Abort].
//
// # Decisions and failures
//
// Classes answer with a decision or with a failure, never with one for the
// other. A database that is down is 503, logged: it is no wrong credential, no
// refusal that Not could turn into access, and never a pass.
//
// [Auth.Routes] lists every route with the policy in force, [Auth.Check] finds
// routes that no guard protects.
package ginauth
