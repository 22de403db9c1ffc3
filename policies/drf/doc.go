// Package drf composes permissions exactly as Django REST framework does, for
// APIs that move to Go and must answer as before. The composition in package
// policies is better: it tells the client the message of the class that
// refused.
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
