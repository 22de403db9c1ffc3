package logintest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Concurrent makes 200 attempts at once, on stores that count together: five
// wrong passwords are tested, all others are refused, and all are counted. Then
// it makes 200 with the right password, and all of them get through.
func Concurrent(t *testing.T, stores ...loginstore.Store) {
	t.Helper()
	wrong := From("alice", 1)
	if n := burst(t, wrong, loginstore.Failed, stores); n != 5 {
		t.Errorf("%d of 200 wrong passwords were tested", n)
	}
	s := Subject{Store: stores[0]}
	for _, store := range stores { // listing counts what the store has refused
		Subject{Store: store}.lines(t, loginstore.Filter{})
	}
	s.expectLines(t, loginstore.Filter{Account: &wrong.Account},
		"account failed 5 pending 0 refused 195",
		"pair 10.0.0.1/32 failed 5 pending 0 refused 195")

	right := From("bob", 2)
	if n := burst(t, right, loginstore.Succeeded, stores); n != 200 {
		t.Errorf("%d of 200 right passwords were tested", n)
	}
	s.expectLines(t, loginstore.Filter{Account: &right.Account}, "known in 10.0.0.2/32")
}

// slow returns a curve for tests by the wall clock: the first wait is longer
// than the tests take.
func slow() loginstore.Curve {
	curve := Curve()
	curve.FirstWait = curve.LongestWait
	return curve
}

// burst makes 200 attempts, repeating those that are told to wait as often as
// necessary, and returns how many were tested.
func burst(t *testing.T, a loginstore.Attempt, outcome loginstore.Outcome, stores []loginstore.Store) int64 {
	t.Helper()
	var tested atomic.Int64
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			<-start
			store := stores[i%len(stores)]
			for {
				r, err := store.Reserve(t.Context(), a, slow())
				if err != nil {
					t.Error(err)
					return
				}
				switch r.Verdict {
				case loginstore.Crowded:
					time.Sleep(10 * time.Millisecond)
					continue
				case loginstore.Reserved:
					tested.Add(1)
					if err := store.Settle(t.Context(), r, outcome, slow()); err != nil {
						t.Error(err)
					}
				}
				return
			}
		})
	}
	close(start)
	wg.Wait()
	return tested.Load()
}
