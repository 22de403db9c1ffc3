// Package handlers provides the views with which clients log in: DRF's token
// endpoint, and login and logout for sessions. It also provides the views with
// which users manage their access tokens, what orchestrators ask a server, and
// what front ends and reviewers ask about the policies.
//
//	package main
//
//	import (
//		"log"
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
//		auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db)))
//		handlers.MountObtainAuthToken(auth, r, "/api-token-auth/", db)
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// A client posts a user name and a password, and gets {"token": "..."}, which
// it then sends as "Authorization: Token ...".
package handlers
