package database_test

import (
	"fmt"
	"log"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
)

// A server takes the URL from its environment. ":memory:" is a SQLite database
// for tests.
func ExampleOpen() {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(models.Migrate(db), db.Migrator().HasTable("auth_user"))
	// Output: <nil> true
}

// Ten processes of this server leave half of PostgreSQL's 100 connections to
// others.
func ExampleConfig() {
	db, err := database.Open(":memory:", database.Config{MaxConnections: 5})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pool.Close())
	// Output: <nil>
}
