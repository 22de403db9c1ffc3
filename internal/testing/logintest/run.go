package logintest

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/logins"
)

// Subject is a store under test that nothing else uses. Advance moves its
// clock, which does not move by itself.
type Subject struct {
	Store   logins.Store
	Advance func(d time.Duration)
}

// Run runs the suite. with makes a subject for each test and calls f with it.
func Run(t *testing.T, with func(t *testing.T, f func(t *testing.T, s Subject))) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Subject)
	}{
		{"the curve", theCurve},
		{"one wait is one password", oneWaitOnePassword},
		{"a right password clears nothing", rightPasswordClearsNothing},
		{"look-alike names", lookAlikes},
		{"a success beside guesses", successBesideGuesses},
		{"forgotten", forgotten},
		{"untested", untested},
		{"abandoned", abandoned},
		{"crowded", crowded},
		{"places lapse one by one", placesLapse},
		{"gates wait for those that are tested", crowdedGates},
		{"a clock that is put back", clockPutBack},
		{"a clock that is put back holds nobody", clockHoldsNobody},
		{"the owner comes from his own network", ownNetwork},
		{"the owner comes from a new network", newNetwork},
		{"turns of many networks", turns},
		{"spraying", spraying},
		{"the longest of the waits", longestWait},
		{"refusals make no counters", refusalsMakeNone},
		{"counters and resets", countersAndResets},
		{"random as in memory", random},
	} {
		t.Run(test.name, func(t *testing.T) { with(t, test.run) })
	}
}

// Curve returns the default curve.
func Curve() logins.Curve {
	return logins.Curve{
		Free: 5, FirstWait: time.Second, LongestWait: 15 * time.Minute,
		Network: logins.Gate{Burst: 100, Every: 10 * time.Second}, Account: logins.Gate{Burst: 20, Every: 30 * time.Second},
		LongestTurn: time.Hour, Forget: 15 * time.Minute, KnownFor: 90 * 24 * time.Hour,
	}
}

// From returns an attempt on an account from the n-th network.
func From(name string, n int) logins.Attempt {
	address := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	return logins.Attempt{Account: logins.AccountOf(name), Principal: logins.PrincipalOf(name), Network: netip.PrefixFrom(address, 32)}
}

// try makes an attempt with an outcome, and returns "ok", "crowded" or the wait
// of a refusal.
func (s Subject) try(t *testing.T, a logins.Attempt, outcome logins.Outcome) string {
	t.Helper()
	r, verdict := s.reserve(t, a)
	if r.Verdict == logins.Reserved {
		s.settle(t, r, outcome)
	}
	return verdict
}

func (s Subject) reserve(t *testing.T, a logins.Attempt) (logins.Reservation, string) {
	t.Helper()
	r, err := s.Store.Reserve(t.Context(), a, Curve())
	if err != nil {
		t.Fatal(err)
	}
	if r.Attempt != a {
		t.Fatalf("%+v is about another attempt than %+v", r, a)
	}
	switch r.Verdict {
	case logins.Reserved:
		return r, "ok"
	case logins.Crowded:
		return r, "crowded"
	}
	return r, r.Wait.String()
}

func (s Subject) settle(t *testing.T, r logins.Reservation, outcome logins.Outcome) {
	t.Helper()
	if err := s.Store.Settle(t.Context(), r, outcome, Curve()); err != nil {
		t.Fatal(err)
	}
}

// expect fails the test unless an attempt with a wrong password gets the
// verdict.
func (s Subject) expect(t *testing.T, a logins.Attempt, want string) {
	t.Helper()
	if got := s.try(t, a, logins.Failed); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// fail makes n attempts with wrong passwords, each as soon as it is let pass,
// and returns the time that this took.
func (s Subject) fail(t *testing.T, a logins.Attempt, n int) (took time.Duration) {
	t.Helper()
	for done := 0; done < n; {
		r, _ := s.reserve(t, a)
		if r.Verdict == logins.Refused {
			s.Advance(r.Wait)
			took += r.Wait
			continue
		}
		s.settle(t, r, logins.Failed)
		done++
	}
	return took
}

// lines returns the counters of a filter, one a line: the kind, the network,
// and how many attempts failed, are pending and were refused; or the networks
// in which a user is known.
func (s Subject) lines(t *testing.T, filter logins.Filter) (lines []string) {
	t.Helper()
	for c, err := range s.Store.Counters(t.Context(), filter) {
		if err != nil {
			t.Fatal(err)
		}
		kind := map[logins.Kind]string{
			logins.OfAccountInNetwork: "pair " + logins.NetworkText(c.Network),
			logins.OfAccount:          "account",
			logins.OfNetwork:          "network " + logins.NetworkText(c.Network),
		}[c.Kind]
		if c.Kind == logins.OfUserInNetwork {
			lines = append(lines, "known in "+logins.NetworkText(c.Network))
			continue
		}
		line := fmt.Sprintf("%s failed %d pending %d refused %d", kind, c.Failed, c.Pending, c.Refused)
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (s Subject) expectLines(t *testing.T, filter logins.Filter, want ...string) {
	t.Helper()
	if got := s.lines(t, filter); !slices.Equal(got, want) {
		t.Errorf("counters %q, want %q", got, want)
	}
}
