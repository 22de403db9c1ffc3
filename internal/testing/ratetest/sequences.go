package ratetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

// step is a request some time after the previous one, and the expected answer.
type step struct {
	after time.Duration
	want  string
}

// sequences were worked out by hand from DRF's SimpleRateThrottle.
func sequences(t *testing.T, s Subject) {
	const us = time.Microsecond
	for i, row := range []struct {
		rate  string
		steps []step
	}{
		{"1/s", []step{
			{0, "yes 0 0s"}, {0, "no 1 0s"}, {time.Second - us, "no 1 999.999ms"}, {us, "yes 0 0s"}, {us, "no 1 1µs"},
		}},
		{"3/min", []step{
			{0, "yes 0 0s"}, {10 * time.Second, "yes 1 10s"}, {20 * time.Second, "yes 2 30s"},
			{0, "no 3 30s"}, {29 * time.Second, "no 3 59s"}, {time.Second, "yes 2 50s"},
			{0, "no 3 50s"}, {10 * time.Second, "yes 2 40s"}, {time.Minute, "yes 0 0s"},
		}},
		{"2/500ms", []step{
			{0, "yes 0 0s"}, {0, "yes 1 0s"}, {499 * time.Millisecond, "no 2 499ms"},
			{time.Millisecond, "yes 0 0s"}, {0, "yes 1 0s"},
		}},
		{"2/day", []step{
			{0, "yes 0 0s"}, {12 * time.Hour, "yes 1 12h0m0s"}, {11 * time.Hour, "no 2 23h0m0s"},
			{time.Hour, "yes 1 12h0m0s"},
		}},
		{"0/min", []step{{0, "no 0 0s"}, {time.Hour, "no 0 0s"}}},
		{"1/10d", []step{{0, "yes 0 0s"}, {10*24*time.Hour - us, "no 1 239h59m59.999999s"}, {us, "yes 0 0s"}}},
		{"3/s", []step{ // refused requests are not stored
			{0, "yes 0 0s"}, {0, "yes 1 0s"}, {0, "yes 2 0s"},
			{time.Second / 2, "no 3 500ms"}, {time.Second / 2, "yes 0 0s"},
		}},
	} {
		key, rate := rates.NewKey("sequence", fmt.Sprint(i)), mustParse(t, row.rate)
		for j, step := range row.steps {
			s.Advance(step.after)
			if got := line(s.take(t, key, rate)); got != step.want {
				t.Errorf("%s, request %d: got %s, want %s", row.rate, j, got, step.want)
			}
		}
	}
}

// randomAsDRF compares random sequences with DRF's list of times, for limits at
// which every request has a slot.
func randomAsDRF(t *testing.T, s Subject) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		rate := rates.Rate{Limit: 1 + random.IntN(64), Period: time.Duration(1+random.IntN(60_000)) * time.Millisecond}
		key := rates.NewKey("random", fmt.Sprint(seed))
		var now time.Duration
		var history drfHistory
		for i := range 200 {
			longest := int64(rate.Period)*3/int64(rate.Limit)/2 + 1
			pause := time.Duration(random.Int64N(longest)).Truncate(time.Microsecond)
			s.Advance(pause)
			now += pause
			want := history.take(now, rate)
			if got := s.take(t, key, rate); got != want {
				t.Fatalf("seed %d, %s, request %d: got %s, want %s", seed, rate, i, line(got), line(want))
			}
		}
	}
}

// drfHistory is SimpleRateThrottle.history, the oldest first. It also reports
// the wait where DRF has none.
type drfHistory []time.Duration

func (h *drfHistory) take(now time.Duration, rate rates.Rate) rates.Tally {
	for len(*h) > 0 && (*h)[0] <= now-rate.Period {
		*h = (*h)[1:]
	}
	tally := rates.Tally{Stored: len(*h)}
	if len(*h) > 0 {
		tally.Oldest = now - (*h)[0]
	}
	if len(*h) < rate.Limit {
		tally.Admitted = true
		*h = append(*h, now)
	} else if rate.Limit > 0 {
		tally.Wait = (*h)[len(*h)-rate.Limit] + rate.Period - now
	}
	return tally
}

// sharedLog tests classes with one scope and different rates (in DRF's corpus:
// dup-scope).
func sharedLog(t *testing.T, s Subject) {
	key := rates.NewKey("shared", "alice")
	three, five, zero := mustParse(t, "3/min"), mustParse(t, "5/min"), mustParse(t, "0/min")
	for i, step := range []struct {
		rate rates.Rate
		want string
	}{
		{three, "yes 0 0s"},
		{five, "yes 1 1s"},
		{zero, "no 2 2s"},
		{three, "yes 2 3s"},
		{three, "no 3 4s"},
		{five, "yes 3 5s"},
		{five, "yes 4 6s"},
		{five, "no 5 7s"},
		{three, "no 5 8s"},
	} {
		if got := line(s.take(t, key, step.rate)); got != step.want {
			t.Errorf("request %d: got %s, want %s", i, got, step.want)
		}
		s.Advance(time.Second)
	}
}

func keysApart(t *testing.T, s Subject) {
	rate := mustParse(t, "1/min")
	for _, key := range []rates.Key{
		rates.NewKey("a", "x"), rates.NewKey("a", "y"), rates.NewKey("b", "x"), rates.NewKey("a", "x:y"),
		rates.NewKey("a", "x\x00"), rates.NewKey("a", "{x}"), rates.NewKey("a:key", "x"),
	} {
		if first, second := s.take(t, key, rate), s.take(t, key, rate); !first.Admitted || second.Admitted {
			t.Errorf("%s: %s, then %s", key, line(first), line(second))
		}
	}
}
