// Package redischannel carries announcements of revocations by Redis' PUBLISH,
// so that the caches of all servers (package policies/authcache) drop what was
// revoked on one of them. On PostgreSQL alone, database.NewChannel does the
// same without Redis.
//
//	package main
//
//	import (
//		"log"
//		"time"
//
//		"github.com/gin-gonic/gin"
//		"github.com/redis/go-redis/v9"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/authcache"
//		"github.com/ginauth/ginauth/policies/redischannel"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/notes")
//		if err != nil {
//			log.Fatal(err)
//		}
//		channel := redischannel.New(redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"}))
//		if err := db.Use(models.Revocation{Announcer: channel}); err != nil {
//			log.Fatal(err)
//		}
//		listener := authcache.NewListener(channel)
//		defer listener.Close()
//		config := authcache.Config{MaxStaleness: time.Minute, Listener: listener}
//		token := authcache.New(policies.Token(db), config)
//		r := gin.Default()
//		ginauth.New(r, ginauth.AuthenticationClasses(token))
//		log.Print(r.Run("127.0.0.1:8080"))
//	}
package redischannel
