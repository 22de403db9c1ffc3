package logintest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// ownNetwork checks that attempts from other networks, or on other accounts
// from the same network, do not hold up an account where it is known.
func ownNetwork(t *testing.T, s Subject) {
	alice := From("alice", 1)
	if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	for n := range 200 { // a botnet tries alice
		s.try(t, From("alice", 1000+n), loginstore.Failed)
	}
	for n := range 200 { // and a client in her network tries all other names
		s.try(t, From(fmt.Sprint("user", n), 1), loginstore.Failed)
	}
	if got := s.try(t, From("alice", 5000), loginstore.Failed); got == "ok" {
		t.Fatal("the account's gate is open")
	}
	if got := s.try(t, From("bob", 1), loginstore.Failed); got == "ok" {
		t.Fatal("the network's gate is open")
	}
	for range 4 {
		s.expect(t, alice, "ok") // a typing error
	}
	if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
		t.Error(got)
	}
	s.Advance(90*24*time.Hour - time.Microsecond)
	if r, _ := s.reserve(t, alice); !r.Known {
		t.Error("unknown after 90 days")
	}
	s.Advance(time.Hour)
	if r, _ := s.reserve(t, alice); r.Known {
		t.Error("known for more than 90 days")
	}
}

// newNetwork checks that the owner gets in from a new network, after a wait; no
// other client can take their turn.
func newNetwork(t *testing.T, s Subject) {
	for n := range 20 {
		s.expect(t, From("alice", 1000+n), "ok")
	}
	owner := From("alice", 1)
	s.expect(t, owner, "30s")
	for n := range 500 { // the attack goes on, from more networks than there are turns within the hour
		s.try(t, From("alice", 2000+n), loginstore.Failed)
	}
	s.expect(t, From("alice", 3000), "1h0m0s") // the longest
	s.expect(t, owner, "30s")
	s.Advance(30*time.Second - time.Microsecond)
	s.expect(t, owner, "1µs")
	s.Advance(time.Microsecond)
	// a failure of ours does not cost the owner their turn
	if got := s.try(t, owner, loginstore.Untested); got != "ok" {
		t.Error(got)
	}
	if got := s.try(t, owner, loginstore.Succeeded); got != "ok" {
		t.Error(got)
	}
}

// turns checks that one attempt is tested every 30 seconds, over all networks,
// as long as no network has to wait for more than an hour.
func turns(t *testing.T, s Subject) {
	for n := range 20 {
		s.expect(t, From("alice", n), "ok")
	}
	for n := range 120 {
		s.expect(t, From("alice", 100+n), (time.Duration(n+1) * 30 * time.Second).String())
	}
	for n := range 10 {
		s.expect(t, From("alice", 300+n), "1h0m0s")
	}
	s.Advance(30 * time.Second)
	s.expect(t, From("alice", 100), "ok")
	s.expect(t, From("alice", 101), "30s")
	if got := s.try(t, From("alice", 100), loginstore.Failed); got == "ok" {
		t.Error("two passwords in one turn")
	}
	s.expect(t, From("bob", 100), "ok")
	s.Advance(24 * time.Hour)
	for n := range 20 {
		s.expect(t, From("alice", 400+n), "ok")
	}
}

// longestWait checks that a refusal says when everything that holds back the
// attempt is over, not when the first part of it is.
func longestWait(t *testing.T, s Subject) {
	for range 5 {
		s.expect(t, From("alice", 1), "ok")
	}
	for n := range 95 {
		s.expect(t, From(fmt.Sprint("user", n), 1), "ok")
	}
	s.expect(t, From("alice", 1), "10s") // 1s of its own, 10s of the network
	s.Advance(10 * time.Second)
	s.expect(t, From("alice", 1), "ok")
}

// spraying tries one password for many names from one network: 100 are tested
// at once, then one every 10 seconds.
func spraying(t *testing.T, s Subject) {
	name := 0
	next := func() loginstore.Attempt {
		name++
		return From(fmt.Sprint("user", name), 1)
	}
	for range 100 {
		s.expect(t, next(), "ok")
	}
	s.expect(t, next(), "10s")
	for range 3 {
		s.Advance(10*time.Second - time.Microsecond)
		s.expect(t, next(), "1µs")
		s.Advance(time.Microsecond)
		s.expect(t, next(), "ok")
	}
	s.Advance(time.Minute)
	for range 6 {
		s.expect(t, next(), "ok")
	}
	s.expect(t, next(), "10s")
	s.expect(t, From("user1", 2), "ok")
	if got := s.fail(t, next(), 1); got != 10*time.Second {
		t.Errorf("the next one is let pass after %v", got)
	}
	for range 300 { // right passwords are taken back
		s.Advance(10 * time.Second)
		if got := s.try(t, next(), loginstore.Succeeded); got != "ok" {
			t.Fatal(got)
		}
	}
}

// refusalsMakeNone checks that refused attempts do not fill a store.
func refusalsMakeNone(t *testing.T, s Subject) {
	for n := range 100 {
		s.try(t, From(fmt.Sprint("user", n), 1), loginstore.Failed)
	}
	before := len(s.lines(t, loginstore.Filter{}))
	for n := range 50 {
		s.expect(t, From(fmt.Sprint("other", n), 1), "10s")
	}
	network := From("", 1).Network
	const full = "network 10.0.0.1/32 failed 100 pending 0 refused 50"
	if after := s.lines(t, loginstore.Filter{}); before != 201 || len(after) != before || after[100] != full {
		t.Errorf("%d counters, then %d: %q", before, len(after), after[100])
	}
	if _, err := s.Store.Reset(t.Context(), loginstore.Filter{Network: &network}); err != nil {
		t.Fatal(err)
	}
	s.expect(t, From("other", 1), "ok")
}
