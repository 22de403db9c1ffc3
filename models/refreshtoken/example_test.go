package refreshtoken_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/refreshtoken"
)

// exampleStore returns the tokens of a new database in memory.
func exampleStore() *refreshtoken.Store {
	db, err := database.Open(":memory:")
	if err != nil {
		panic(err)
	}
	if err := models.Migrate(db); err != nil {
		panic(err)
	}
	tokens, err := refreshtoken.Of(db)
	if err != nil {
		panic(err)
	}
	return tokens
}

// A program revokes a token by its claim jti, here one that another program has
// issued, and asks whether it is revoked.
func ExampleStore_Contains() {
	ctx, tokens := context.Background(), exampleStore()
	token := refreshtoken.Token{ID: "0f5a", ExpiresAt: time.Now().Add(24 * time.Hour)}

	before, _ := tokens.Contains(ctx, "0f5a")
	_, err := tokens.End(ctx, token, time.Now())
	after, _ := tokens.Contains(ctx, "0f5a")
	fmt.Println(before, err, after)
	// Output: false <nil> true
}

// A program deletes the records of expired tokens from time to time. The leeway
// is that of its jwt.Config.
func ExampleStore_FlushExpired() {
	ctx, tokens := context.Background(), exampleStore()
	lifetimes := map[string]time.Duration{
		"expired": -time.Hour, "within the leeway": -time.Second, "valid": time.Hour,
	}
	for id, lifetime := range lifetimes {
		token := refreshtoken.Token{ID: id, ExpiresAt: time.Now().Add(lifetime)}
		if err := tokens.Issue(ctx, token); err != nil {
			fmt.Println(err)
		}
	}

	deleted, err := tokens.FlushExpired(ctx, time.Minute)
	fmt.Println(deleted, err)
	// Output: 1 <nil>
}
