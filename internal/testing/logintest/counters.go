package logintest

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// countersAndResets tests what operators see and do.
func countersAndResets(t *testing.T, s Subject) {
	alice, elsewhere, bob := From("alice", 1), From("alice", 2), From("bob", 1)
	nowhere, six := alice, bob
	nowhere.Network, six.Network = netip.Prefix{}, netip.MustParsePrefix("2001:db8:1:2::/64")
	s.try(t, alice, loginstore.Succeeded)
	s.fail(t, alice, 5)
	for _, a := range []loginstore.Attempt{alice, elsewhere, elsewhere, bob, nowhere, six} {
		s.try(t, a, loginstore.Failed)
	}
	s.expectLines(t, loginstore.Filter{Account: &alice.Account},
		"account failed 3 pending 0 refused 0",
		"known in 10.0.0.1/32",
		"pair 10.0.0.1/32 failed 5 pending 0 refused 1",
		"pair 10.0.0.2/32 failed 2 pending 0 refused 0",
		"pair unknown failed 1 pending 0 refused 0")
	s.expectLines(t, loginstore.Filter{Network: &alice.Network},
		"known in 10.0.0.1/32",
		"network 10.0.0.1/32 failed 1 pending 0 refused 0",
		"pair 10.0.0.1/32 failed 1 pending 0 refused 0",
		"pair 10.0.0.1/32 failed 5 pending 0 refused 1")
	s.expectLines(t, loginstore.Filter{Account: &bob.Account, Network: &six.Network},
		"pair 2001:db8:1:2::/64 failed 1 pending 0 refused 0")
	s.expectLines(t, loginstore.Filter{Network: &nowhere.Network},
		"network unknown failed 1 pending 0 refused 0",
		"pair unknown failed 1 pending 0 refused 0")

	for _, row := range []struct {
		filter loginstore.Filter
		want   int
	}{
		{loginstore.Filter{Account: &alice.Account, Network: &alice.Network}, 1},
		{loginstore.Filter{Account: &alice.Account}, 3},
		{loginstore.Filter{Account: &alice.Account}, 0},
		{loginstore.Filter{Network: &bob.Network}, 2},
		{loginstore.Filter{}, 5},
		{loginstore.Filter{}, 0},
	} {
		if n, err := s.Store.Reset(t.Context(), row.filter); n != row.want || err != nil {
			t.Errorf("%d were reset, %v; want %d", n, err, row.want)
		}
	}
	s.expectLines(t, loginstore.Filter{}, "known in 10.0.0.1/32") // neither locked out nor unknown
	s.expect(t, alice, "ok")
	var failure, known loginstore.Counter
	for c, err := range s.Store.Counters(t.Context(), loginstore.Filter{}) {
		if err != nil || c.Account != alice.Account {
			t.Errorf("%+v, %v", c, err)
		}
		if c.Kind == loginstore.OfUserInNetwork {
			known = c
		} else {
			failure = c
		}
	}
	remembered := known.Known.Equal(failure.Last.Add(90 * 24 * time.Hour))
	if known.Principal != alice.Principal || !remembered || failure.Next.After(failure.Last) {
		t.Errorf("%+v, %+v", failure, known)
	}
	resetMeanwhile(t, s)
}

// resetMeanwhile checks that settling after a reset counts nothing that was
// reset.
func resetMeanwhile(t *testing.T, s Subject) {
	for _, outcome := range []loginstore.Outcome{loginstore.Failed, loginstore.Untested} {
		r, _ := s.reserve(t, From("carol", 3))
		if _, err := s.Store.Reset(t.Context(), loginstore.Filter{}); err != nil {
			t.Fatal(err)
		}
		s.settle(t, r, outcome)
		s.expectLines(t, loginstore.Filter{Network: &r.Network})
	}
	r, _ := s.reserve(t, From("carol", 3))
	if _, err := s.Store.Reset(t.Context(), loginstore.Filter{}); err != nil {
		t.Fatal(err)
	}
	s.settle(t, r, loginstore.Succeeded)
	s.expectLines(t, loginstore.Filter{Network: &r.Network}, "known in 10.0.0.3/32")
}

// random makes random attempts, and compares every answer, and finally the
// counters, with those of the store in memory.
func random(t *testing.T, s Subject) {
	now := time.Now().Truncate(time.Microsecond)
	model := Subject{Store: loginstore.NewMemoryStore(0, 0, func() time.Time { return now })}
	rng := rand.New(rand.NewPCG(1, 2))
	pauses := []time.Duration{
		0, 0, 0, 0, 0, time.Millisecond, time.Second, 2 * time.Second, 2 * time.Second,
		10 * time.Second, 10 * time.Second, time.Minute,
	}
	rare := []time.Duration{20 * time.Minute, 5 * time.Hour, 31 * 24 * time.Hour}
	var open, openInModel []loginstore.Reservation
	verdicts := map[string]int{}
	for i := range 1500 {
		pause := pauses[rng.IntN(len(pauses))]
		if i%150 == 0 {
			pause = rare[rng.IntN(len(rare))]
		}
		if i%3 == 0 && pause > 0 {
			pause = time.Duration(rng.Int64N(int64(pause))).Truncate(time.Microsecond)
			if rng.IntN(20) == 0 {
				pause = -pause // the clock is put back
			}
			s.Advance(pause)
			now = now.Add(pause)
		}
		if len(open) > 0 && rng.IntN(2) == 0 {
			at, outcome := rng.IntN(len(open)), loginstore.Outcome(1+max(0, rng.IntN(9)-6))
			s.settle(t, open[at], outcome)
			model.settle(t, openInModel[at], outcome)
			open, openInModel = slices.Delete(open, at, at+1), slices.Delete(openInModel, at, at+1)
			continue
		}
		a := From([]string{"user", "USER", "other", "third"}[rng.IntN(4)], rng.IntN(4))
		want, verdict := model.reserve(t, a)
		got, _ := s.reserve(t, a)
		if got.Verdict == loginstore.Reserved {
			open, openInModel = append(open, got), append(openInModel, want)
		}
		got.At, got.AtNetwork, want.At = 0, 0, 0 // the clocks may differ by less than a second
		if got != want {
			t.Fatalf("attempt %d: got %+v, want %+v", i, got, want)
		}
		verdicts[verdict]++
	}
	if verdicts["ok"] < 150 || verdicts["crowded"] < 10 || len(verdicts) < 50 {
		t.Errorf("%d ok, %d crowded and %d in all say little", verdicts["ok"], verdicts["crowded"], len(verdicts))
	}
	got, want := unrefused(s.lines(t, loginstore.Filter{})), unrefused(model.lines(t, loginstore.Filter{}))
	if !slices.Equal(got, want) {
		t.Errorf("counters %q, want %q", got, want)
	}
}

// unrefused returns the lines without the refusals, which may be written later,
// to a counter that has been created again.
func unrefused(lines []string) []string {
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, " refused")
	}
	slices.Sort(lines)
	return lines
}
