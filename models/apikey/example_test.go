package apikey_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// The key is returned once, and only its hash is stored.
func ExampleCreate() {
	ctx := context.Background()
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	if err := models.Migrate(db); err != nil {
		log.Fatal(err)
	}

	secret, err := apikey.Create(ctx, db, &apikey.Key{Name: "partner"})
	if err != nil {
		log.Fatal(err)
	}
	keys, err := apikey.Of(db)
	if err != nil {
		log.Fatal(err)
	}
	key, err := keys.Verify(ctx, string(secret))
	fmt.Println(key.Name, err)
	// Output: partner <nil>
}
