// Package oidc authenticates by the access tokens of an external OpenID
// provider, such as Keycloak, Auth0 or Entra: JWTs signed with keys that the
// provider publishes.
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
//		"github.com/ginauth/ginauth/policies/oidc"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/app")
//		if err != nil {
//			log.Fatal(err)
//		}
//		r := gin.Default()
//		ginauth.New(r, ginauth.AuthenticationClasses(oidc.NewAuthenticator(db, oidc.Config{
//			Issuer:    "https://login.example.com/realms/main",
//			Audience:  []string{"https://api.example.com"},
//			UserField: "username", // holds what the provider calls the user, the claim sub
//		})))
//		r.GET("/me", func(c *gin.Context) { c.String(200, ginauth.Current(c).Subject()) })
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// A token is checked against the configuration: the issuer, the audience, and
// the algorithms, which never include those with a secret. The keys are the
// issuer's own and come from its own address; keys that a token brings or
// points to (jwk, jku, x5u, x5c) are ignored. A token that is refused is 401.
// If the issuer does not answer, so that the validity of a token cannot be
// determined, the answer is 503.
//
// Keys are fetched when the first token arrives, kept, and fetched again in the
// background, while requests continue with the existing ones. A token with an
// unknown key causes a fetch too, but any number of tokens cause at most one
// every ten seconds.
package oidc
