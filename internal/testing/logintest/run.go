package logintest

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Subject is a store under test that nothing else uses. Advance moves its
// clock, which does not move by itself.
type Subject struct {
	Store   loginstore.Store
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
func Curve() loginstore.Curve {
	return loginstore.Curve{
		Free: 5, FirstWait: time.Second, LongestWait: 15 * time.Minute,
		Network:     loginstore.Gate{Burst: 100, Every: 10 * time.Second},
		Account:     loginstore.Gate{Burst: 20, Every: 30 * time.Second},
		LongestTurn: time.Hour, Forget: 15 * time.Minute, KnownFor: 90 * 24 * time.Hour,
	}
}

// From returns an attempt on an account from the n-th network.
func From(name string, n int) loginstore.Attempt {
	address := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	return loginstore.Attempt{
		Account: loginstore.AccountOf(name), Principal: loginstore.PrincipalOf(name),
		Network: netip.PrefixFrom(address, 32),
	}
}

// try makes an attempt with an outcome, and returns "ok", "crowded" or the wait
// of a refusal.
func (s Subject) try(t *testing.T, a loginstore.Attempt, outcome loginstore.Outcome) string {
	t.Helper()
	r, verdict := s.reserve(t, a)
	if r.Verdict == loginstore.Reserved {
		s.settle(t, r, outcome)
	}
	return verdict
}

func (s Subject) reserve(t *testing.T, a loginstore.Attempt) (loginstore.Reservation, string) {
	t.Helper()
	r, err := s.Store.Reserve(t.Context(), a, Curve())
	if err != nil {
		t.Fatal(err)
	}
	if r.Attempt != a {
		t.Fatalf("%+v is about another attempt than %+v", r, a)
	}
	switch r.Verdict {
	case loginstore.Reserved:
		return r, "ok"
	case loginstore.Crowded:
		return r, "crowded"
	}
	return r, r.Wait.String()
}

func (s Subject) settle(t *testing.T, r loginstore.Reservation, outcome loginstore.Outcome) {
	t.Helper()
	if err := s.Store.Settle(t.Context(), r, outcome, Curve()); err != nil {
		t.Fatal(err)
	}
}

// expect fails the test unless an attempt with a wrong password gets the
// verdict.
func (s Subject) expect(t *testing.T, a loginstore.Attempt, want string) {
	t.Helper()
	if got := s.try(t, a, loginstore.Failed); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// fail makes n attempts with wrong passwords, each as soon as it is let pass,
// and returns the time that this took.
func (s Subject) fail(t *testing.T, a loginstore.Attempt, n int) (took time.Duration) {
	t.Helper()
	for done := 0; done < n; {
		r, _ := s.reserve(t, a)
		if r.Verdict == loginstore.Refused {
			s.Advance(r.Wait)
			took += r.Wait
			continue
		}
		s.settle(t, r, loginstore.Failed)
		done++
	}
	return took
}

// lines returns the counters of a filter, one a line: the kind, the network,
// and how many attempts failed, are pending and were refused; or the networks
// in which a user is known.
func (s Subject) lines(t *testing.T, filter loginstore.Filter) (lines []string) {
	t.Helper()
	for c, err := range s.Store.Counters(t.Context(), filter) {
		if err != nil {
			t.Fatal(err)
		}
		kind := map[loginstore.Kind]string{
			loginstore.OfAccountInNetwork: "pair " + loginstore.NetworkText(c.Network),
			loginstore.OfAccount:          "account",
			loginstore.OfNetwork:          "network " + loginstore.NetworkText(c.Network),
		}[c.Kind]
		if c.Kind == loginstore.OfUserInNetwork {
			lines = append(lines, "known in "+loginstore.NetworkText(c.Network))
			continue
		}
		line := fmt.Sprintf("%s failed %d pending %d refused %d", kind, c.Failed, c.Pending, c.Refused)
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (s Subject) expectLines(t *testing.T, filter loginstore.Filter, want ...string) {
	t.Helper()
	if got := s.lines(t, filter); !slices.Equal(got, want) {
		t.Errorf("counters %q, want %q", got, want)
	}
}
