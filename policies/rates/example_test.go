package rates_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ginauth/ginauth/policies/rates"
)

// A store decides and counts in one step.
func ExampleNewMemoryStore() {
	rate, err := rates.Parse("2/min")
	if err != nil {
		log.Fatal(err)
	}
	store := rates.NewMemoryStore()
	key := rates.NewKey("exports/min", "alice")
	for range 3 {
		tally, err := store.Take(context.Background(), key, rate)
		fmt.Println(tally.Admitted, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}
