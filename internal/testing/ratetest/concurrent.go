package ratetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ginauth/ginauth/policies/rates"
)

// Concurrent asks stores that count together 200 times at once, at 100 an hour:
// exactly 100 requests must pass. It does likewise with other limits.
func Concurrent(t *testing.T, stores ...rates.Store) {
	t.Helper()
	for _, rate := range []rates.Rate{mustParse(t, "100/hour"), mustParse(t, "10/hour"), mustParse(t, "64/hour")} {
		var passed atomic.Int64
		key := rates.NewKey("concurrent", rate.String())
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				<-start
				tally, err := stores[i%len(stores)].Take(t.Context(), key, rate)
				if err != nil {
					t.Error(err)
				}
				if tally.Admitted {
					passed.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := passed.Load(); n != int64(rate.Limit) {
			t.Errorf("%s: %d of 200 passed", rate, n)
		}
	}
}
