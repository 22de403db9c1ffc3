package logintest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// clockPutBack puts the clock back, as happens when another server takes over:
// no client waits for longer than before, and none gets more guesses.
func clockPutBack(t *testing.T, s Subject) {
	for n := range 22 {
		s.try(t, From("alice", n), loginstore.Failed)
	}
	s.fail(t, From("bob", 100), 20)
	before := map[loginstore.Attempt]string{}
	for _, a := range []loginstore.Attempt{From("alice", 21), From("bob", 100)} {
		_, before[a] = s.reserve(t, a)
	}
	for range 5 {
		s.Advance(-48 * time.Hour)
		if got := s.try(t, From("bob", 100), loginstore.Failed); got != before[From("bob", 100)] {
			t.Errorf("bob has to wait %s after the clock was put back, and %s before", got, before[From("bob", 100)])
		}
	}
	s.Advance(15 * time.Minute)
	s.expect(t, From("bob", 100), "ok")
	s.expect(t, From("bob", 100), "15m0s")
}

// clockHoldsNobody checks that putting back a clock, however far, does not make
// a client wait that has failed nothing, at any of the three counters, and does
// not allow a larger burst.
func clockHoldsNobody(t *testing.T, s Subject) {
	name := 0
	for _, back := range []time.Duration{time.Second, time.Minute, 10 * time.Minute, time.Hour, 48 * time.Hour} {
		name++
		attempt := func(n int) loginstore.Attempt { return From(fmt.Sprint("user", name), name*1000+n) }
		s.expect(t, attempt(1), "ok")
		s.expect(t, attempt(2), "ok")
		s.Advance(-back)
		for n := range 18 {
			if got := s.try(t, attempt(1+n), loginstore.Failed); got != "ok" {
				t.Errorf("%s after the clock was put back by %v", got, back)
			}
		}
		s.expect(t, attempt(19), "30s")
		s.Advance(-back)
		s.expect(t, attempt(20), "1m0s")
		s.expect(t, attempt(19), "30s")
	}
}
