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
	"github.com/ginauth/ginauth/models/refreshtoken"
)

// A program deletes the records of expired tokens, and everything else that has
// expired, but nothing that ended less than a day ago.
func ExampleExpired() {
	ctx := context.Background()
	db, err := database.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := refreshtoken.Of(db)
	if err := errors.Join(err, models.Migrate(db)); err != nil {
		log.Fatal(err)
	}
	for id, lifetime := range map[string]time.Duration{"expired": -48 * time.Hour, "just expired": -time.Hour, "valid": time.Hour} {
		if err := tokens.Issue(ctx, refreshtoken.Token{ID: id, ExpiresAt: time.Now().Add(lifetime)}); err != nil {
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
