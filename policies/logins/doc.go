// Package logins slows down guessing of passwords. Every way in that takes a
// password counts failures together, by default: Basic, the token endpoint, the
// login of sessions, JSON web tokens. Failures are counted per account and
// network, per account, and per network. An attacker cannot lock an account's
// owner out of a network that they do not share. [Curve] describes the waits,
// and [Limits] the settings:
//
//	package main
//
//	import (
//		"errors"
//		"net/http"
//
//		"github.com/gin-gonic/gin"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/models/login"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/logins"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/notes")
//		if err != nil {
//			panic(err)
//		}
//		// before policies.Basic and its like
//		if err := db.Use(logins.Limits{Store: logins.NewDatabaseStore(db)}); err != nil {
//			panic(err)
//		}
//		users, err := models.UsersOf(db)
//		if err != nil {
//			panic(err)
//		}
//		passwords := logins.Of(users) // for a way in of your own
//
//		r := gin.Default()
//		_ = r.SetTrustedProxies(nil) // or the addresses of your proxies
//		auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
//		open := auth.With(r,
//			ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny))
//		open.POST("/login", func(c *gin.Context) {
//			result, err := passwords.Authenticate(c, login.Credentials{
//				Username: c.PostForm("username"),
//				Password: models.Secret(c.PostForm("password")),
//				Code:     models.Secret(c.PostForm("code")),
//			})
//			if errors.Is(err, models.ErrBadCredentials) {
//				err = ginauth.AuthenticationFailed()
//			}
//			if err != nil { // 429 with Retry-After among others
//				ginauth.Abort(c, err)
//				return
//			}
//			c.JSON(http.StatusOK, gin.H{"user": users.Username(result.User)})
//		})
//		r.Run("127.0.0.1:8080")
//	}
package logins
