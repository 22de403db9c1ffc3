package accesstoken_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// exampleStore returns the tokens of a database in memory with one user.
func exampleStore(ctx context.Context) (*accesstoken.Store, models.UserModel) {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	alice := &models.User{Username: "alice"}
	err = errors.Join(db.Use(models.Scopes{"notes:read": nil}),
		models.Migrate(db), models.CreateUser(ctx, db, alice, "correct horse"))
	store, failed := accesstoken.Of(db)
	if err = errors.Join(err, failed); err != nil {
		log.Fatal(err)
	}
	return store, alice
}

// The secret is returned once, and only its hash is stored.
func ExampleStore_Create() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	_, secret, err := store.Create(ctx, alice, accesstoken.Draft{
		Name:   "backup script",
		Scopes: []string{"notes:read"},
		Expiry: accesstoken.ExpiresIn(90 * 24 * time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	owner, token, err := store.Verify(ctx, string(secret))
	fmt.Println(owner, token.Name, token.HasScope("notes:read"), err)
	// Output: alice backup script true <nil>
}

// Rotate replaces the secret. The id stays, and the old secret is refused.
func ExampleStore_Rotate() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	draft := accesstoken.Draft{
		Name:   "script",
		Scopes: []string{"notes:read"},
		Expiry: accesstoken.ExpiresIn(time.Hour),
	}
	token, old, err := store.Create(ctx, alice, draft)
	if err != nil {
		log.Fatal(err)
	}
	_, fresh, err := store.Rotate(ctx, alice, token.ID, accesstoken.Rotation{})
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = store.Verify(ctx, string(old))
	fmt.Println(err != nil)
	_, _, err = store.Verify(ctx, string(fresh))
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A service is a program with tokens of its own, which belong to no user.
func ExampleStore_CreateService() {
	ctx := context.Background()
	store, _ := exampleStore(ctx)

	service, err := store.CreateService(ctx, "billing", []string{"notes:read"})
	if err != nil {
		log.Fatal(err)
	}
	draft := accesstoken.Draft{
		Name:   "production",
		Scopes: []string{"notes:read"},
		Expiry: accesstoken.ExpiresIn(time.Hour),
	}
	_, secret, err := store.Create(ctx, service, draft)
	if err != nil {
		log.Fatal(err)
	}
	owner, _, err := store.Verify(ctx, string(secret))
	fmt.Println(owner, err)
	// Output: service:billing <nil>
}

// A leaked token names its id, by which it can be found and revoked.
func ExampleParseID() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	draft := accesstoken.Draft{
		Name:   "script",
		Scopes: []string{"notes:read"},
		Expiry: accesstoken.ExpiresIn(time.Hour),
	}
	token, secret, err := store.Create(ctx, alice, draft)
	if err != nil {
		log.Fatal(err)
	}
	id, ok := accesstoken.ParseID(string(secret))
	fmt.Println(id == token.ID, ok)
	// Output: true true
}
