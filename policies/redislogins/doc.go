// Package redislogins keeps the counters of failed logins in Redis, so that all
// processes of an application count together, on one machine or many.
//
//	package main
//
//	import (
//		"github.com/redis/go-redis/v9"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/policies/logins"
//		"github.com/ginauth/ginauth/policies/redislogins"
//	)
//
//	func main() {
//		db, err := database.Open("postgres://localhost/notes")
//		if err != nil {
//			panic(err)
//		}
//		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
//		if err := db.Use(logins.Limits{Store: redislogins.New(client)}); err != nil {
//			panic(err)
//		}
//	}
package redislogins
