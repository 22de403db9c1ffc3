// Package jwt authenticates by JSON web tokens as djangorestframework-simplejwt
// does: it has the same tokens, endpoints, answers and tables.
//
//	package main
//
//	import (
//		"log"
//		"os"
//
//		"github.com/gin-gonic/gin"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/policies/jwt"
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
//		config := jwt.Config{
//			// openssl rand -hex 32
//			Key:                    jwt.HS256([]byte(os.Getenv("JWT_SECRET"))),
//			RotateRefreshTokens:    true,
//			BlacklistAfterRotation: true,
//		}
//		r := gin.Default()
//		auth := ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, config)))
//		jwt.Mount(auth, r, jwt.Endpoints{
//			Pair: "/api/token/", Refresh: "/api/token/refresh/", Blacklist: "/api/token/blacklist/",
//		}, db, config)
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// A client posts a user name and a password, and gets {"refresh": "...",
// "access": "..."}. It sends the access token as "Authorization: Bearer ..."
// and, when that has expired, exchanges the refresh token for new ones.
//
// The algorithm and the key come from the configuration, never from the token.
// A token that is too long is refused before it is read, and one with a wrong
// signature before its claims are read. Where simplejwt crashes on odd claims
// the answer is an ordinary refusal.
package jwt
