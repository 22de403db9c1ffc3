// Package ginauth attaches policies to Gin routes, in the manner of Django REST
// framework: authentication classes say who you are, permission classes what
// you may do, throttle classes how often. Route groups declare them, and one
// guard in every chain enforces them.
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
//		auth := ginauth.New(r, // the defaults of every route; anonymous requests are refused
//			ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Key", byKey, "Key")))
//
//		api := r.Group("/api") // plain Gin: the defaults hold
//		api.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "hello") })
//		open := auth.With(api, ginauth.PermissionClasses(policies.AllowAny))
//		open.GET("/health", func(c *gin.Context) { c.Status(http.StatusOK) })
//
//		r.Run("127.0.0.1:8080")
//	}
//
// # Policies belong to groups
//
// A policy belongs to a group, as Gin's middleware does, never to a path. [New]
// puts a guard into the engine's chain, and every group made later carries it
// at the same place. [Auth.Group] and [Auth.With] make an ordinary child group
// whose guard has another policy, merged once, at registration. No request
// path, header or context key can select another one. The lists of a policy are
// independent: the nearest declaration replaces the list that it names, and the
// others are inherited.
//
// The guard works in DRF's order: authentication, permissions, throttles, then
// the handler. Handlers read the user and the credential with [Current],
// [UserAs] and [AuthAs], code that knows only Gin with the context keys "user"
// and "auth". Handlers end a request as DRF's exceptions do with [Abort].
//
// [Auth.Routes] lists every route with the policy in force. [Auth.Check] finds
// routes that no guard protects, and declarations that cannot work.
//
// # Decisions and failures
//
// Classes return a decision or a failure, never one for the other. A database
// that is down is a failure: 503, logged. It is not a wrong credential, not a
// refusal that Not could turn into access, and never a pass.
//
// # Writing classes
//
// A class is an [Authenticator], a [Permission] or a [Throttle]. [Object] takes
// an [ObjectLoader]. Each of these has one method, and may implement further
// interfaces, which its documentation names. What it states about itself is one
// value, which [Describer] returns.
//
// These are the abilities of a [Permission], with the time at which each is
// asked, and what applies to a permission without it.
//
//	interface         methods             is asked                       without it
//	ObjectPermission  HasObjectPermission about each object              every object passes
//	Decider           Decide              instead of the other two       the permission refused
//	Denial            Message, Code       when it has refused            DRF's message and code
//	Concealer         Conceals            when it has refused, by Check  401 or 403
//	Describer         Describe            at registration, by Check      see below
//	Preflighter       Preflight           by Check                       nothing is wrong with it
//	DeployChecker     CheckDeploy         by CheckDeploy                 it is fit for production
//	policies.Filterer Filter              by policies.Filter             a rule makes Filter fail
//
// These are its traits, the fields of [PermissionTraits].
//
//	field             is asked             without it
//	All, Any, Not     by all of these      it asks no other permission
//	NoObjectRule      at registration      its object check is a rule
//	TokenScopes       at registration      it names no scope
//	RequiresUser      by Check             anonymous requests may pass
//	Ways              by Routes, Describe  it may refuse
//	CheckObjectType   by Check             any type of object will do
//	CheckIdentities   by Check             any authenticator will do
//
// A permission that asks others says so by All, Any or Not. What those state
// then holds for it too. Their decisions, and what the client is told, it
// passes on by [Decider]; a rule about objects by [ObjectPermission], and, if
// lists are filtered, policies.Filterer. [Auth.Check] finds what is lost, except
// for Filter. The example of Decider is a whole wrapper.
//
// Classes that ask others also use [TokenScopesOf], and [LimitedCredential] with
// [ErrUnscopedBranch]. Code that applies the permissions of a route to objects
// in a way of its own uses [PermissionsOf] and [MarkObjectsChecked]. A throttle
// uses [ClientAddress] and [ThrottleScopeOf]. [Name] is how a class prints
// itself.
package ginauth
