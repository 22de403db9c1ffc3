// Package oidc authenticates by the access tokens of an external OpenID provider, such as Keycloak, Auth0 or Entra: JWTs that it has
// signed with keys which it publishes.
//
//	package main
//
//	import (
//		"log"
//
//		"github.com/gin-gonic/gin"
//		"gorm.io/driver/postgres"
//		"gorm.io/gorm"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies/oidc"
//	)
//
//	func main() {
//		db, err := gorm.Open(postgres.Open("postgres://localhost/app"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		r := gin.Default()
//		ginauth.New(r, ginauth.AuthenticationClasses(oidc.Authenticator(db, oidc.Config{
//			Issuer:    "https://login.example.com/realms/main",
//			Audience:  []string{"https://api.example.com"},
//			UserField: "username", // holds what the provider calls the user, the claim sub
//		})))
//		r.GET("/me", func(c *gin.Context) { c.String(200, ginauth.Current(c).Subject()) })
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// A token is judged by the configuration: the issuer, the audience, the algorithms, which are never those with a secret, and the keys,
// which are the issuer's own and come from its own address; those that a token brings or points to (jwk, jku, x5u, x5c) are not looked at.
// A token that is refused is 401. If the issuer does not answer, so that it cannot be known whether a token is good, that is 503.
//
// Keys are fetched when the first token comes, kept, and fetched anew in the background, while requests go on with those that are
// there. A token with an unknown key causes a fetch too, but tokens of any number cause one every ten seconds at most.
package oidc
