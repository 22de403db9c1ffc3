package session_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// exampleStore returns the sessions of a database in memory with one user.
func exampleStore(ctx context.Context) (*session.Store, models.UserModel) {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	alice := &models.User{Username: "alice"}
	err = errors.Join(db.Use(models.SecretKeys{"a long random secret of this example"}),
		models.Migrate(db), models.CreateUser(ctx, db, alice, "correct horse"))
	store, failed := session.Of(db, session.Config{})
	if err = errors.Join(err, failed); err != nil {
		log.Fatal(err)
	}
	return store, alice
}

// Values of a session are JSON, which Django reads too.
func ExampleStore_Save() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	begun, err := store.Login(ctx, "", alice)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(begun.Set("language", "de"), store.Save(ctx, begun)); err != nil {
		log.Fatal(err)
	}
	found, err := store.Find(ctx, string(begun.Key)) // what the cookie holds
	if err != nil {
		log.Fatal(err)
	}
	var language string
	fmt.Println(found.Get("language", &language), language)
	// Output: true de
}

// Login begins the session of a user, in place of the one before.
func ExampleStore_Login() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	begun, err := store.Login(ctx, "", alice)
	if err != nil {
		log.Fatal(err)
	}
	user, err := store.User(ctx, begun)
	fmt.Println(user, err)
	// Output: alice <nil>
}

// DeleteAll ends every session of a user, on all devices.
func ExampleStore_DeleteAll() {
	ctx := context.Background()
	store, alice := exampleStore(ctx)

	for range 2 {
		if _, err := store.Login(ctx, "", alice); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(store.DeleteAll(ctx, alice))
	// Output: 2 <nil>
}
