package rates_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ginauth/ginauth/policies/rates"
)

// A store decides and counts in one step.
func ExampleMemoryStore_Take() {
	rate, err := rates.Parse("2/min")
	if err != nil {
		log.Fatal(err)
	}
	store := rates.NewMemoryStore()
	key := rates.UserKey("exports", 7)
	for range 3 {
		tally, err := store.Take(context.Background(), key, rate)
		fmt.Println(tally.Admitted, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}
