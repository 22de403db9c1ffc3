// Package drf declares the stack that an application runs beside, see [Stack],
// and composes permissions exactly as Django REST framework does, for
// APIs that move to Go and must answer as before:
//
//   - The message and code of the class that refused are never told. Package
//     policies tells them, which is better.
//
//   - An operand that conceals, such as policies.ObjectPermissions with an
//     object that the user may not read, ends the whole expression with 404,
//     even inside Any and Not, as its Http404 does in DRF.
//
//   - Lists cannot be filtered: policies.Filter fails.
//
//   - DRF has no scopes. For a credential that is limited to some (see
//     [ginauth.ScopedCredential]) an alternative of an Any that names no scope
//     does not count beside one that does.
//
// Replace policies' composition with this package's where answers must match:
//
//	package main
//
//	import (
//		"github.com/gin-gonic/gin"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/drf"
//	)
//
//	func main() {
//		r := gin.Default()
//		auth := ginauth.New(r)
//		// permission_classes = [IsAdminUser | ReadOnly]
//		either := drf.Any(policies.IsAdminUser, policies.ReadOnly)
//		docs := auth.Group(r, "/docs", ginauth.PermissionClasses(either))
//		docs.Static("/", "./docs")
//		r.Run("127.0.0.1:8080")
//	}
package drf
