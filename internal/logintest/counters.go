package logintest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/logins"
)

// countersAndResets is what operators see and do.
func countersAndResets(t *testing.T, s Subject) {
	alice, elsewhere, bob := From("alice", 1), From("alice", 2), From("bob", 1)
	nowhere := logins.Attempt{Account: alice.Account}
	six := logins.Attempt{Account: bob.Account, Network: netip.MustParsePrefix("2001:db8:1:2::/64")}
	s.try(t, alice, logins.Succeeded)
	s.fail(t, alice, 5)
	for _, a := range []logins.Attempt{alice, elsewhere, elsewhere, bob, nowhere, six} {
		s.try(t, a, logins.Failed)
	}
	s.expectLines(t, logins.Filter{Account: &alice.Account}, "account failed 3 pending 0 refused 0", "pair 10.0.0.1/32 failed 5 pending 0 refused 1 known",
		"pair 10.0.0.2/32 failed 2 pending 0 refused 0", "pair unknown failed 1 pending 0 refused 0")
	s.expectLines(t, logins.Filter{Network: &alice.Network}, "network 10.0.0.1/32 failed 1 pending 0 refused 0",
		"pair 10.0.0.1/32 failed 1 pending 0 refused 0", "pair 10.0.0.1/32 failed 5 pending 0 refused 1 known")
	s.expectLines(t, logins.Filter{Account: &bob.Account, Network: &six.Network}, "pair 2001:db8:1:2::/64 failed 1 pending 0 refused 0")
	s.expectLines(t, logins.Filter{Network: &nowhere.Network}, "network unknown failed 1 pending 0 refused 0", "pair unknown failed 1 pending 0 refused 0")

	for _, row := range []struct {
		filter logins.Filter
		want   int
	}{
		{logins.Filter{Account: &alice.Account, Network: &alice.Network}, 1}, {logins.Filter{Account: &alice.Account}, 3},
		{logins.Filter{Account: &alice.Account}, 0}, {logins.Filter{Network: &bob.Network}, 2}, {logins.Filter{}, 5}, {logins.Filter{}, 0},
	} {
		if n, err := s.Store.Reset(t.Context(), row.filter); n != row.want || err != nil {
			t.Errorf("%d were reset, %v; want %d", n, err, row.want)
		}
	}
	s.expectLines(t, logins.Filter{}, "pair 10.0.0.1/32 failed 0 pending 0 refused 0 known") // not locked out, and not unknown either
	s.expect(t, alice, "ok")
	for c, err := range s.Store.Counters(t.Context(), logins.Filter{}) {
		if err != nil || c.Account != alice.Account || !c.Known.Equal(c.Last.Add(90*24*time.Hour)) || c.Next.After(c.Last) {
			t.Errorf("%+v, %v", c, err)
		}
	}
	resetMeanwhile(t, s)
}

// resetMeanwhile: what is settled after a reset counts nothing that was reset.
func resetMeanwhile(t *testing.T, s Subject) {
	for _, outcome := range []logins.Outcome{logins.Failed, logins.Untested} {
		r, _ := s.reserve(t, From("carol", 3))
		if _, err := s.Store.Reset(t.Context(), logins.Filter{}); err != nil {
			t.Fatal(err)
		}
		s.settle(t, r, outcome)
		s.expectLines(t, logins.Filter{Network: &r.Network})
	}
	r, _ := s.reserve(t, From("carol", 3))
	if _, err := s.Store.Reset(t.Context(), logins.Filter{}); err != nil {
		t.Fatal(err)
	}
	s.settle(t, r, logins.Succeeded)
	s.expectLines(t, logins.Filter{Network: &r.Network}, "pair 10.0.0.3/32 failed 0 pending 0 refused 0 known")
}

// random makes random attempts, and compares every answer, and the counters at the end, with those of the store in memory.
func random(t *testing.T, s Subject) {
	now := time.Now().Truncate(time.Microsecond)
	model := Subject{Store: logins.NewMemoryStore(logins.MemoryConfig{Now: func() time.Time { return now }})}
	rng := rand.New(rand.NewPCG(1, 2))
	pauses := []time.Duration{0, 0, 0, 0, 0, time.Millisecond, time.Second, 10 * time.Second, time.Minute, 20 * time.Minute, 13 * time.Hour}
	var open, openInModel []logins.Reservation
	verdicts := map[string]int{}
	for i := range 1500 {
		if pause := pauses[rng.IntN(len(pauses))]; i%3 == 0 && pause > 0 {
			pause = time.Duration(rng.Int64N(int64(pause))).Truncate(time.Microsecond)
			s.Advance(pause)
			now = now.Add(pause)
		}
		if len(open) > 0 && rng.IntN(2) == 0 {
			at, outcome := rng.IntN(len(open)), logins.Outcome(1+max(0, rng.IntN(9)-6))
			s.settle(t, open[at], outcome)
			model.settle(t, openInModel[at], outcome)
			open, openInModel = slices.Delete(open, at, at+1), slices.Delete(openInModel, at, at+1)
			continue
		}
		a := From(fmt.Sprint("user", rng.IntN(3)), rng.IntN(4))
		a.Final = rng.IntN(4) == 0
		want, verdict := model.reserve(t, a)
		if got, _ := s.reserve(t, a); got != want {
			t.Fatalf("attempt %d: got %+v, want %+v", i, got, want)
		}
		if want.Verdict == logins.Reserved {
			open, openInModel = append(open, want), append(openInModel, want)
		}
		verdicts[verdict]++
	}
	if verdicts["ok"] < 150 || verdicts["crowded"] < 10 || len(verdicts) < 50 {
		t.Errorf("%d ok, %d crowded and %d in all say little", verdicts["ok"], verdicts["crowded"], len(verdicts))
	}
	s.expectLines(t, logins.Filter{}, model.lines(t, logins.Filter{})...)
}
