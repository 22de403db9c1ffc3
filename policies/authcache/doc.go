// Package authcache spares the database the question who makes a request, for as long as the application can bear an answer that is not
// true any more.
//
//	package main
//
//	import (
//		"log"
//		"time"
//
//		"github.com/gin-gonic/gin"
//		"gorm.io/driver/postgres"
//		"gorm.io/gorm"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/authcache"
//	)
//
//	func main() {
//		db, err := gorm.Open(postgres.Open("postgres://localhost/app"))
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
// Without it every request asks, and what is revoked is refused by the very next one.
package authcache
