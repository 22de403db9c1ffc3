// Package drf composes permissions to the letter of Django REST framework, for APIs that move to Go and must answer as before.
// Package policies does it better: there the client is told what the class says that refused.
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
//		docs := auth.Group(r, "/docs", ginauth.PermissionClasses(drf.Any(policies.IsAdminUser, policies.ReadOnly)))
//		docs.Static("/", "./docs")
//		r.Run("127.0.0.1:8080")
//	}
package drf
