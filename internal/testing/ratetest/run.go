package ratetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

// Subject is a store under test that nothing else uses. Advance moves its
// clock, which does not move by itself.
type Subject struct {
	Store   rates.Store
	Advance func(d time.Duration)
}

// Run runs the suite. with makes a subject for each test and calls f with it.
func Run(t *testing.T, with func(t *testing.T, f func(t *testing.T, s Subject))) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Subject)
	}{
		{"sequences", sequences},
		{"random as DRF", randomAsDRF},
		{"shared log", sharedLog},
		{"keys apart", keysApart},
		{"slots", slots},
		{"never more than the limit", neverMore},
		{"limits above and below 64", mixedLimits},
		{"a full log", fullLog},
		{"waits of random limits", randomWaits},
		{"waits are exact", exactWaits},
	} {
		t.Run(test.name, func(t *testing.T) { with(t, test.run) })
	}
}

// take asks twice what the store would answer, which must be the answer.
func (s Subject) take(t *testing.T, key rates.Key, rate rates.Rate) rates.Tally {
	t.Helper()
	first, second := s.peek(t, key, rate), s.peek(t, key, rate)
	tally, err := s.Store.Take(t.Context(), key, rate)
	if err != nil {
		t.Fatal(err)
	}
	if first != tally || second != tally {
		t.Fatalf("%s: peeked at %+v, then at %+v, and took %+v", rate, first, second, tally)
	}
	return tally
}

func (s Subject) peek(t *testing.T, key rates.Key, rate rates.Rate) rates.Tally {
	t.Helper()
	tally, known, err := s.Store.Peek(t.Context(), key, rate)
	if err != nil || !known {
		t.Fatal("peek: ", known, err)
	}
	return tally
}

// line formats a tally on one line: "yes" or "no", what was stored, and the age
// of the oldest request.
func line(tally rates.Tally) string {
	verdict := "no"
	if tally.Admitted {
		verdict = "yes"
	}
	return fmt.Sprint(verdict, " ", tally.Stored, " ", tally.Oldest)
}

func mustParse(t *testing.T, rate string) rates.Rate {
	t.Helper()
	r, err := rates.Parse(rate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
