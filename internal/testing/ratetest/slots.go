package ratetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

// slots tests the grouping of a log of more than 64 requests: 66/63s has slots
// of a second.
func slots(t *testing.T, s Subject) {
	const ms = time.Millisecond
	key, rate := rates.NewKey("slots", "alice"), mustParse(t, "66/63s")
	for i, step := range []step{
		{0, "yes 0 0s"},
		{999 * ms, "yes 1 999ms"},          // in the same slot, which is as old as this request
		{1 * ms, "yes 2 1ms"},              // the next slot
		{62_998 * ms, "yes 3 1m2.999s"},    // nothing is a period old yet
		{1 * ms, "yes 2 1m2.999s"},         // both requests of the first slot are gone
		{63_000*ms - ms, "yes 2 1m2.999s"}, // only those of the last slot are left
		{63_000 * ms, "yes 0 0s"},
	} {
		s.Advance(step.after)
		if got := line(s.take(t, key, rate)); got != step.want {
			t.Errorf("request %d: got %s, want %s", i, got, step.want)
		}
	}
	s.Advance(time.Hour)
	for i := range 100 {
		if got := s.take(t, key, rate); got.Admitted != (i < 66) {
			t.Errorf("request %d of a burst: %s", i, line(got))
		}
	}
}

// neverMore sends random bursts. In no period may more than the limit pass. No
// request may be refused if fewer than the limit have passed in a period and
// the width of a slot.
func neverMore(t *testing.T, s Subject) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		rate := rates.Rate{Limit: 65 + random.IntN(300), Period: time.Duration(1+random.IntN(100)) * time.Second}
		patience := rate.Period + rate.Period/63 + time.Microsecond
		key := rates.NewKey("never", fmt.Sprint(seed))
		var passed history
		for i := range 1500 {
			d := pause(random, rate)
			s.Advance(d)
			passed.now += d
			tally := s.take(t, key, rate)
			if n := passed.within(patience); !tally.Admitted && n < rate.Limit {
				t.Fatalf("seed %d, %s, request %d: refused, although %d passed in %v", seed, rate, i, n, patience)
			}
			if tally.Admitted {
				passed.times = append(passed.times, passed.now)
			}
			if n := passed.within(rate.Period); n > rate.Limit {
				t.Fatalf("seed %d, %s, request %d: %d passed in a period", seed, rate, i, n)
			}
		}
		if n := len(passed.times); n <= rate.Limit || n == 1500 {
			t.Errorf("seed %d, %s: %d of 1500 passed, which says little", seed, rate, n)
		}
	}
}

// mixedLimits tests classes with limits below and above 64 that share a log:
// each keeps to its own limit.
func mixedLimits(t *testing.T, s Subject) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 2))
		pair := []rates.Rate{
			{Limit: 1 + random.IntN(64), Period: time.Minute},
			{Limit: 65 + random.IntN(100), Period: time.Minute},
		}
		key := rates.NewKey("mixed", fmt.Sprint(seed))
		var passed history
		for i := range 1500 {
			d := pause(random, pair[random.IntN(2)])
			s.Advance(d)
			passed.now += d
			rate := pair[random.IntN(2)]
			before := passed.within(rate.Period)
			if s.take(t, key, rate).Admitted {
				passed.times = append(passed.times, passed.now)
				if before >= rate.Limit {
					t.Fatalf("seed %d, %v, request %d of %s: %d had passed before", seed, pair, i, rate, before)
				}
			}
		}
	}
}

// fullLog stores 60 requests of one moment with a slot each, and one more every
// second, each also with a slot of its own. From the fifth on the oldest slots
// must make room, and all requests must still be known.
func fullLog(t *testing.T, s Subject) {
	key, few, many := rates.NewKey("full", "alice"), mustParse(t, "64/min"), mustParse(t, "1000/min")
	var want drfHistory
	var now time.Duration
	ask := func(rate rates.Rate) {
		t.Helper()
		if want, got := want.take(now, rate), s.take(t, key, rate); got != want {
			t.Errorf("at %v, %s: got %s, want %s", now, rate, line(got), line(want))
		}
	}
	for range 60 {
		ask(few)
	}
	for range 150 {
		s.Advance(time.Second)
		now += time.Second
		ask(many)
		ask(rates.Rate{Period: time.Minute}) // only looks
	}
}

// history holds the times of the requests that have passed.
type history struct {
	now   time.Duration
	times []time.Duration
}

// within counts the requests that are younger than d.
func (h history) within(d time.Duration) (n int) {
	for n < len(h.times) && h.times[len(h.times)-1-n] > h.now-d {
		n++
	}
	return n
}

// pause returns mostly zero, sometimes a long time, and on average a little
// less than the rate allows.
func pause(random *rand.Rand, rate rates.Rate) time.Duration {
	average := rate.Period / time.Duration(rate.Limit)
	switch random.IntN(50) {
	case 0:
		return (average * time.Duration(random.IntN(60))).Truncate(time.Microsecond)
	case 1, 2, 3, 4, 5, 6, 7, 8, 9:
		return time.Duration(random.Int64N(int64(average)*3 + 1)).Truncate(time.Microsecond)
	}
	return 0
}
