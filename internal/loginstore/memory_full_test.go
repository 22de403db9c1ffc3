package loginstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
)

// small is a store that is soon full, with a clock that moves only when told
// to.
type small struct {
	*loginstore.MemoryStore
	t   *testing.T
	now time.Time
}

func newSmall(t *testing.T) *small {
	s := &small{t: t, now: time.Now()}
	s.MemoryStore = loginstore.NewMemoryStore(300, 100, func() time.Time { return s.now })
	return s
}

// try makes an attempt, and reports whether the password was tested.
func (s *small) try(name string, network int, outcome loginstore.Outcome) bool {
	s.t.Helper()
	r, err := s.Reserve(s.t.Context(), logintest.From(name, network), logintest.Curve())
	if err != nil {
		s.t.Fatal(err)
	}
	if r.Verdict == loginstore.Reserved {
		err = s.Settle(s.t.Context(), r, outcome, logintest.Curve())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Verdict == loginstore.Reserved
}

// fill makes failures of random names from random networks.
func (s *small) fill(n int) {
	for i := range n {
		s.try(fmt.Sprint("random", i), 1_000_000+i, loginstore.Failed)
	}
}

func (s *small) size() (n int) {
	for range s.Counters(s.t.Context(), loginstore.Filter{}) {
		n++
	}
	return n
}

// TestTurnsInMemoryAreBounded checks that refusals fill no more than half of a
// store, and hold up no other client.
func TestTurnsInMemoryAreBounded(t *testing.T) {
	s := newSmall(t)
	logintest.BoundedTurns(t, logintest.Subject{Store: s, Advance: func(d time.Duration) { s.now = s.now.Add(d) }})
}

// TestAFullStoreForgetsNothingLive checks that an attacker who fills the store
// with random names does not erase their own counters, let others in, or lock
// out known users.
func TestAFullStoreForgetsNothingLive(t *testing.T) {
	s := newSmall(t)
	if !s.try("owner", 1, loginstore.Succeeded) {
		t.Fatal("refused")
	}
	for range 5 {
		s.try("alice", 2, loginstore.Failed)
	}
	s.fill(10_000)
	if n := s.size(); n > 300+1 {
		t.Errorf("%d counters are kept", n)
	}
	if s.try("alice", 2, loginstore.Failed) {
		t.Error("the counter of alice has been forgotten")
	}
	for range 5 {
		if !s.try("owner", 1, loginstore.Succeeded) {
			t.Fatal("the owner is locked out where they are known")
		}
	}
	for range 5 {
		s.try("owner", 1, loginstore.Failed)
	}
	if s.try("owner", 1, loginstore.Failed) {
		t.Error("failures are not counted where the owner is known")
	}
	tested := 0
	for i := range 100 { // no counter is left, so that these share one
		if s.try(fmt.Sprint("user", i), 3, loginstore.Failed) {
			tested++
		}
	}
	if tested > 5 {
		t.Errorf("%d passwords were tested from one network with 100 names", tested)
	}
	s.now = s.now.Add(25 * time.Hour)
	if !s.try("new", 4, loginstore.Failed) {
		t.Error("there is no room after a day")
	}
	if n := s.size(); n != 3+1 { // those of new, and where the owner is known
		t.Errorf("%d counters after a day", n)
	}
}

// TestAKnownNameInAFullStore checks that a right password does not clear shared
// counters, and makes its account known.
func TestAKnownNameInAFullStore(t *testing.T) {
	s := newSmall(t)
	s.fill(1000)
	for i := range 20 { // right passwords are taken back
		if !s.try(fmt.Sprint("right", i), 7, loginstore.Succeeded) {
			t.Fatal("refused")
		}
	}
	for s.try("user", 3, loginstore.Failed) { // until the shared counter is used up
	}
	s.now = s.now.Add(30 * time.Second) // before there is room again
	if !s.try("alice", 3, loginstore.Succeeded) {
		t.Fatal("refused after half a minute")
	}
	for range 2 {
		if !s.try("alice", 3, loginstore.Succeeded) {
			t.Error("alice is not known")
		}
	}
	first, second := s.try("bob", 3, loginstore.Failed), s.try("carol", 3, loginstore.Failed)
	if first && second {
		t.Error("the login of alice has cleared the counter of all names")
	}
}

// TestKnownNetworksAreBounded checks that the least recent networks are unknown
// again, unless they have a failure to remember.
func TestKnownNetworksAreBounded(t *testing.T) {
	s := newSmall(t)
	s.try("alice", 1, loginstore.Succeeded)
	for range 5 {
		s.try("alice", 1, loginstore.Failed)
	}
	for i := range 1000 {
		if !s.try(fmt.Sprint("user", i), 10+i, loginstore.Succeeded) {
			t.Fatal("refused")
		}
	}
	if n := s.size(); n > 101 {
		t.Errorf("%d are known", n)
	}
	for i := 960; i < 1000; i++ {
		if r, err := s.Reserve(t.Context(), logintest.From(fmt.Sprint("user", i), 10+i), logintest.Curve()); err != nil || !r.Known {
			t.Errorf("user%d is unknown", i)
		}
	}
	if s.try("alice", 1, loginstore.Failed) {
		t.Error("the failures of alice have been forgotten")
	}
}

// TestALoginAllocatesNothing checks that the store allocates nothing for a
// counter that exists.
func TestALoginAllocatesNothing(t *testing.T) {
	store, curve, ctx := loginstore.NewMemoryStore(0, 0, nil), logintest.Curve(), t.Context()
	attempts := map[loginstore.Outcome]loginstore.Attempt{
		loginstore.Succeeded: logintest.From("alice", 1),
		loginstore.Untested:  logintest.From("bob", 2),
	}
	for outcome, a := range attempts {
		login := func() {
			r, err := store.Reserve(ctx, a, curve)
			if err != nil || r.Verdict != loginstore.Reserved || store.Settle(ctx, r, outcome, curve) != nil {
				t.Fatal(r, err)
			}
		}
		login()
		if n := testing.AllocsPerRun(100, login); n > 0 {
			t.Errorf("outcome %d: %v allocations", outcome, n)
		}
	}
	a := logintest.From("carol", 3)
	for range 5 {
		r, _ := store.Reserve(ctx, a, curve)
		_ = store.Settle(ctx, r, loginstore.Failed, curve)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = store.Reserve(ctx, a, curve) }); n > 0 {
		t.Errorf("a refusal: %v allocations", n)
	}
}

func BenchmarkMemoryStore(b *testing.B) {
	curve := logintest.Curve()
	bench := func(name string, store *loginstore.MemoryStore, outcome loginstore.Outcome, attempt func(i int) loginstore.Attempt) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r, _ := store.Reserve(b.Context(), attempt(i), curve)
				if r.Verdict == loginstore.Reserved {
					_ = store.Settle(b.Context(), r, outcome, curve)
				}
			}
		})
	}
	alice, many := logintest.From("alice", 1), make([]loginstore.Attempt, 1<<16)
	for i := range many {
		many[i] = logintest.From(fmt.Sprint("user", i), i)
	}
	always := func(int) loginstore.Attempt { return alice }
	bench("login", loginstore.NewMemoryStore(0, 0, nil), loginstore.Succeeded, always)
	bench("refusal", loginstore.NewMemoryStore(0, 0, nil), loginstore.Failed, always)
	bench("flood", loginstore.NewMemoryStore(0, 0, nil), loginstore.Failed, func(i int) loginstore.Attempt { return many[i&(1<<16-1)] })
}

func BenchmarkAccountOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		loginstore.AccountOf("alice@example.com")
	}
}
