package ratetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

// randomWaits compares the tallies of classes whose different limits share a
// log with a list of times. Every request has a slot, so they agree exactly.
func randomWaits(t *testing.T, s Subject) {
	beyond := 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		period := time.Duration(1+random.IntN(60_000)) * time.Millisecond
		key := rates.NewKey("waits", fmt.Sprint(seed))
		var now time.Duration
		var history drfHistory
		for i := range 200 {
			d := time.Duration(random.Int64N(int64(period) / 8)).Truncate(time.Microsecond)
			s.Advance(d)
			now += d
			rate := rates.Rate{Limit: random.IntN(13), Period: period}
			want := history.take(now, rate)
			if got := s.take(t, key, rate); got != want {
				t.Fatalf("seed %d, %s, request %d:\n got %+v\nwant %+v", seed, rate, i, got, want)
			}
			if want.Stored > rate.Limit {
				beyond++
			}
		}
	}
	if beyond < 1000 {
		t.Errorf("only %d of 4000 requests found a log beyond the limit", beyond)
	}
}

// exactWaits checks that stores keep their promises, with grouped logs too: a
// request is refused a microsecond before the wait is over, and then admitted.
func exactWaits(t *testing.T, s Subject) {
	for i, row := range []struct{ filled, then string }{
		{"10/min", "3/min"}, {"10/min", "10/min"}, {"10/min", "1/min"}, {"64/min", "63/min"}, {"65/min", "3/min"},
		{"500/min", "3/min"}, {"500/min", "499/min"}, {"500/min", "70/min"},
		{"1000/min", "1/min"}, {"1000/min", "1000/min"},
	} {
		key, filled, then := rates.NewKey("exact", fmt.Sprint(i)), mustParse(t, row.filled), mustParse(t, row.then)
		pause := (filled.Period / time.Duration(2*filled.Limit)).Truncate(time.Microsecond)
		for range filled.Limit {
			s.take(t, key, filled)
			s.Advance(pause)
		}
		refused := s.take(t, key, then)
		if refused.Admitted || refused.Wait <= 0 || refused.Wait > then.Period {
			t.Errorf("%s, then %s: %+v", filled, then, refused)
			continue
		}
		s.Advance(refused.Wait - time.Microsecond)
		if early := s.take(t, key, then); early.Admitted || early.Wait != time.Microsecond {
			t.Errorf("%s, then %s, a microsecond early: %+v", filled, then, early)
		}
		s.Advance(time.Microsecond)
		if after := s.take(t, key, then); !after.Admitted || after.Wait != 0 {
			t.Errorf("%s, then %s, after the wait: %+v", filled, then, after)
		}
	}
}
