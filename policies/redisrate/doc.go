// Package redisrate keeps the logs of throttle classes in Redis, so that all
// processes of an application count together, on one machine or many.
//
//	package main
//
//	import (
//		"net/http"
//
//		"github.com/gin-gonic/gin"
//		"github.com/redis/go-redis/v9"
//
//		"github.com/ginauth/ginauth/ginauth"
//		"github.com/ginauth/ginauth/policies"
//		"github.com/ginauth/ginauth/policies/redisrate"
//	)
//
//	func main() {
//		client := redis.NewClient(&redis.Options{
//			Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true,
//		})
//		shared := policies.RateConfig{Store: redisrate.New(client)}
//
//		r := gin.Default()
//		if err := r.SetTrustedProxies(nil); err != nil {
//			panic(err)
//		}
//		ginauth.New(r,
//			ginauth.PermissionClasses(policies.AllowAny),
//			ginauth.ThrottleClasses(
//				policies.AnonRate("60/min", shared),
//				policies.UserRate("1000/hour", shared),
//			),
//		)
//		r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "hello") })
//		r.Run("127.0.0.1:8080")
//	}
//
// With ContextTimeoutEnabled the client ends its calls at the deadline of a
// decision. Without it, and with a client that has OnConnect, a Limiter or a
// CredentialsProvider, each decision takes a goroutine, and half as much CPU
// time again. Hooks of the client must end with the context.
package redisrate
