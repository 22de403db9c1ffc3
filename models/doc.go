// Package models holds the tables of Django's users, groups, permissions and
// tokens, as GORM models with Django's names and types, and Django's password
// hashes. It works on a database that Django made, beside Django, or makes its
// own ([Migrate]), to which Django can be pointed later.
//
//	package main
//
//	import (
//		"context"
//		"log"
//
//		"github.com/ginauth/ginauth/database"
//		"github.com/ginauth/ginauth/models"
//		"github.com/ginauth/ginauth/models/login"
//	)
//
//	func main() {
//		ctx := context.Background()
//		db, err := database.Open("postgres://localhost/app")
//		if err != nil {
//			log.Fatal(err)
//		}
//		if err := models.Migrate(db); err != nil {
//			log.Fatal(err)
//		}
//		alice := &models.User{Username: "alice"}
//		if err := models.CreateUser(ctx, db, alice, "correct horse"); err != nil {
//			log.Fatal(err)
//		}
//		users, err := models.UsersOf(db)
//		if err != nil {
//			log.Fatal(err)
//		}
//		given := login.Credentials{Username: "alice", Password: "correct horse"}
//		result, err := login.AuthenticateUnlimited(ctx, users, given)
//		if err != nil {
//			log.Fatal(err)
//		}
//		token, err := users.GetOrCreateToken(ctx, result.User)
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Print(token.Created) // token.Key is a Secret: it prints as [redacted]
//	}
//
// The package does not depend on Gin and imports no database driver; package
// database does. The settings of a database are GORM plugins, such as the user
// model ([AuthUserModel]), and how passwords are hashed and which are accepted
// ([Passwords]).
package models
