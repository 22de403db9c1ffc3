package prune_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
	"github.com/ginauth/ginauth/policies/jwt"
)

// A program deletes the records of expired tokens, and everything else that has
// expired, but nothing that ended less than a day ago.
func ExampleExpired() {
	ctx := context.Background()
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	alice := &models.User{Username: "alice"}
	if err := errors.Join(models.Migrate(db), models.CreateUser(ctx, db, alice, "")); err != nil {
		log.Fatal(err)
	}
	config := jwt.Config{Key: jwt.HS256([]byte("a secret of the example, which is long enough"))}
	for _, age := range []time.Duration{72 * time.Hour, 25 * time.Hour, 0} { // of refresh tokens, which live for a day
		config.Now = func() time.Time { return time.Now().Add(-age) }
		if _, err := jwt.NewIssuer(db, config).Pair(ctx, alice); err != nil {
			log.Fatal(err)
		}
	}

	deleted, err := prune.Expired(ctx, db)
	fmt.Println(deleted.JWTs, err)
	// Output: 1 <nil>
}

// A server lets one process at a time prune once an hour, for all servers on
// its database.
func ExampleEvery() {
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	if err := models.Migrate(db); err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		prune.Every(ctx, db, time.Hour)
	}()

	// ... serve requests ...

	stop()
	<-stopped
	fmt.Println("stopped")
	// Output: stopped
}
