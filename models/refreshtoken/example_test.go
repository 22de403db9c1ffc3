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
