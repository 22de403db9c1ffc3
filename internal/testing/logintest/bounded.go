package logintest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Bounded fills a store of 300 counters with random names from random networks.
// No counter that holds a client back is forgotten, no client is let in
// earlier, and known users are not held up.
func Bounded(t *testing.T, s Subject) {
	t.Helper()
	owner := From("owner", 1)
	if got := s.try(t, owner, loginstore.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	alice := From("alice", 2)
	s.fail(t, alice, 10)
	for i := range 1500 {
		s.try(t, From(fmt.Sprint("random", i), 1_000_000+i), loginstore.Failed)
	}
	counters := 0
	for _, line := range s.lines(t, loginstore.Filter{}) {
		if line != "known in 10.0.0.1/32" {
			counters++
		}
	}
	if counters > 300+3 {
		t.Errorf("%d counters are kept", counters)
	}
	if got := s.try(t, alice, loginstore.Failed); got != "32s" {
		t.Errorf("the counter of alice has been forgotten: %s", got)
	}
	for range 5 {
		if got := s.try(t, owner, loginstore.Succeeded); got != "ok" {
			t.Fatal("the owner is held up where it is known")
		}
	}
	for range 5 {
		s.expect(t, owner, "ok")
	}
	s.expect(t, owner, "1s")
	tested := 0
	for i := range 100 { // no counters are left for these, so they share one
		if s.try(t, From(fmt.Sprint("user", i), 3), loginstore.Failed) == "ok" {
			tested++
		}
	}
	if tested > 5 {
		t.Errorf("%d passwords were tested from one network with 100 names", tested)
	}
	s.Advance(4 * time.Hour)
	s.expect(t, From("new", 4), "ok")
}

// BoundedTurns fills a store of 300 counters by attempts that cost no password:
// networks ask for a turn at the gate of an account under attack. It checks
// that this does not hold up users that log in elsewhere, from a network where
// they are new.
func BoundedTurns(t *testing.T, s Subject) {
	t.Helper()
	for n := range 20 {
		s.expect(t, From("alice", n), "ok")
	}
	owner := From("alice", 30)
	s.expect(t, owner, "30s")
	for n := range 3000 {
		if got := s.try(t, From("alice", 1_000+n), loginstore.Failed); got == "ok" {
			t.Fatal("the account's gate is open")
		}
	}
	if n := len(s.lines(t, loginstore.Filter{})); n > 300/2+3 {
		t.Errorf("refusals have made %d counters", n)
	}
	for n := range 50 { // users that have failed nothing
		s.expect(t, From(fmt.Sprint("user", n), 10_000+n), "ok")
	}
	s.Advance(30 * time.Second) // a turn that was given is kept
	if got := s.try(t, owner, loginstore.Succeeded); got != "ok" {
		t.Error(got)
	}
	for n := range 100 { // fill the store, so that accounts and networks share their counters
		s.try(t, From(fmt.Sprint("random", n), 20_000+n), loginstore.Failed)
	}
	for n := range 3000 {
		s.try(t, From("alice", 30_000+n), loginstore.Failed)
	}
	s.expect(t, From("bob", 40_000), "ok")
}
