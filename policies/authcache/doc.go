// Package authcache caches authentication results for a bounded time: it spares
// the database one lookup per request, and in return revocations take effect
// later.
//
//	package main
//
//	import (
//		"log"
//		"time"
//
//		"github.com/gin-gonic/gin"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/authcache"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/app")
//		if err != nil {
//			log.Fatal(err)
//		}
//		token := authcache.New(policies.Token(db), authcache.Config{MaxStaleness: 5 * time.Second})
//		r := gin.Default()
//		ginauth.New(r, ginauth.AuthenticationClasses(token))
//		r.GET("/me", func(c *gin.Context) { c.String(200, ginauth.Current(c).Subject()) })
//		log.Fatal(r.Run("127.0.0.1:8080"))
//	}
//
// Without it every request asks the database, and a revoked credential is
// refused by the very next request. With a [Listener] it is refused within
// milliseconds, on whichever server it was revoked, and MaxStaleness bounds what
// happens while servers cannot hear each other.
package authcache
