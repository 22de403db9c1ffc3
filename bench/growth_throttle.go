package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/ginauth/ginauth/policies/rates"
)

// throttleSeries counts requests of more and more clients in memory, in a random
// order.
func throttleSeries() series {
	return series{
		name:    "keys of a throttle in memory",
		columns: []string{"ns a decision", "allocs", "bytes a key"},
		lines:   []string{"throttle keys: time of a decision"},
		sizes:   decades(1, 1_000_000),
		open:    func() (func(int) (point, error), func(), error) { return measureThrottle, func() {}, nil },
	}
}

func measureThrottle(n int) (point, error) {
	ctx, rate := context.Background(), rates.Rate{Limit: 10, Period: 1e9 * 3600}
	keys := make([]rates.Key, n)
	for i, at := range rand.Perm(n) {
		keys[i] = rates.NewKey("bench", fmt.Sprintf("client%d", at))
	}
	before := heap()
	store := rates.NewMemoryStore(2 * n)
	for _, key := range keys {
		for i := range rate.Limit + 1 {
			if tally, err := store.Take(ctx, key, rate); err != nil || tally.Admitted != (i < rate.Limit) {
				return point{}, errors.Join(err, fmt.Errorf("request %d of a client: %+v", i+1, tally))
			}
		}
	}
	bytes := "-" // too few to tell from the rest
	if n >= 100 {
		bytes = fmt.Sprint((heap() - before) / int64(n))
	}
	next := 0
	got := alone(func() {
		_, _ = store.Take(ctx, keys[next], rate)
		next = (next + 1) % n
	})
	runtime.KeepAlive(store)
	return point{
		cells:  []string{fmt.Sprintf("%.0f", got.least), fmt.Sprintf("%.0f", got.allocs), bytes},
		values: []float64{got.least},
	}, nil
}

// heap returns the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
