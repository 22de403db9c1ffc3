package rates_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

// BenchmarkMemoryStore decides about live keys in a store that holds that many.
// With a million in random order the time is that of main memory. Run it with
// -cpu 1,2.
func BenchmarkMemoryStore(b *testing.B) {
	rate := rates.Rate{Limit: 3, Period: 24 * time.Hour}
	for _, row := range []struct {
		name       string
		keys, used int
	}{
		{"one key", 1, 1},
		{"one of a million keys", 1_000_000, 1},
		{"a million keys", 1_000_000, 1_000_000},
	} {
		store := rates.NewMemoryStore(4_000_000)
		keys := make([]rates.Key, row.keys)
		for i := range keys {
			keys[i] = rates.NewKey("bench", fmt.Sprintf("client-%d", i))
			_, _ = store.Take(context.Background(), keys[i], rate)
		}
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			var start atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				i := int(start.Add(int64(row.used/2))) % row.used
				for pb.Next() {
					_, _ = store.Take(context.Background(), keys[i], rate)
					if i++; i == row.used {
						i = 0
					}
				}
			})
		})
	}
}
