package logintest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/logins"
)

// theCurve is the table of docs/logins.md.
func theCurve(t *testing.T, s Subject) {
	alice := From("alice", 1)
	for range 5 {
		s.expect(t, alice, "ok")
	}
	for _, wait := range []string{"1s", "2s", "4s", "8s", "16s", "32s", "1m4s", "2m8s", "4m16s", "8m32s", "15m0s", "15m0s", "15m0s"} {
		s.expect(t, alice, wait)
		d, err := time.ParseDuration(wait)
		if err != nil {
			t.Fatal(err)
		}
		s.Advance(d - time.Microsecond)
		s.expect(t, alice, "1µs") // to refuse it again has made the wait no longer
		s.Advance(time.Microsecond)
		s.expect(t, alice, "ok")
	}
	s.expect(t, From("bob", 1), "ok")
	s.expect(t, From("alice", 2), "ok")
}

// oneWaitOnePassword: once the free ones are used up, one password is tested after each wait, however many come; the others wait for its
// outcome.
func oneWaitOnePassword(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 6)
	s.Advance(2 * time.Second)
	first, verdict := s.reserve(t, alice)
	if verdict != "ok" {
		t.Fatal(verdict)
	}
	for range 3 {
		s.expect(t, alice, "crowded")
	}
	s.Advance(time.Second) // the hash takes as long
	s.settle(t, first, logins.Failed)
	s.expect(t, alice, "4s") // since then

	s.Advance(4 * time.Second)
	first, _ = s.reserve(t, alice)
	s.expect(t, alice, "crowded")
	s.settle(t, first, logins.Succeeded)
	s.expect(t, alice, "ok") // a right one costs the others nothing
	s.expect(t, alice, "8s")
}

// rightPasswordClearsNothing: nobody knows whose the failures were. They are forgotten one by one.
func rightPasswordClearsNothing(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 3)
	if got := s.try(t, alice, logins.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	s.expectLines(t, logins.Filter{Account: &alice.Account},
		"account failed 3 pending 0 refused 0", "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 3 pending 0 refused 0")
	for range 10 { // every one of them logs in, and none gives a guess
		if got := s.try(t, alice, logins.Succeeded); got != "ok" {
			t.Fatal(got)
		}
	}
	s.Advance(45 * time.Minute)
	if got := s.try(t, alice, logins.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	for range 5 {
		s.expect(t, alice, "ok")
	}
	s.expect(t, alice, "1s")
}

// lookAlikes: what is tried on names that fold to one counts together; what a login makes known is its own name.
func lookAlikes(t *testing.T, s Subject) {
	victim, attacker := From("alice", 1), From("Alice", 1)
	tested := 0
	for range 400 {
		if got := s.try(t, attacker, logins.Succeeded); got != "ok" && got != "1s" {
			t.Fatal(got)
		}
		if s.try(t, victim, logins.Failed) == "ok" {
			tested++
		}
	}
	if tested != 5 {
		t.Errorf("%d of 400 guesses were tested beside logins of a look-alike", tested)
	}
	for n := range 20 { // the account's gate is shut, and stays so for the victim's name where the look-alike is known
		s.try(t, From("alice", 100+n), logins.Failed)
	}
	elsewhere := From("Alice", 50)
	s.Advance(11 * time.Minute) // so that the look-alike is let in once
	for n := range 20 {
		if n == 1 {
			if got := s.try(t, elsewhere, logins.Succeeded); got != "ok" {
				t.Fatal(got)
			}
		}
		s.try(t, From("alice", 200+n), logins.Failed)
	}
	if r, _ := s.reserve(t, elsewhere); !r.Known || r.Verdict != logins.Reserved {
		t.Errorf("the look-alike is not known where it has logged in: %+v", r)
	}
	if r, _ := s.reserve(t, From("alice", 50)); r.Known || r.Verdict != logins.Refused {
		t.Errorf("the name is known where its look-alike has logged in: %+v", r)
	}
	if r, verdict := s.reserve(t, elsewhere); r.Verdict != logins.Reserved {
		t.Errorf("the turn of the one holds the other: %s", verdict)
	}
}

// successBesideGuesses: whoever shares a network with the user gets no more guesses for each of its logins.
func successBesideGuesses(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.try(t, alice, logins.Succeeded)
	tested := 0
	for range 400 {
		s.try(t, alice, logins.Succeeded)
		if s.try(t, alice, logins.Failed) == "ok" {
			tested++
		}
	}
	if tested != 5 {
		t.Errorf("%d of 400 guesses were tested beside right passwords", tested)
	}
	for range 24 * 60 { // a day, a guess each minute
		s.Advance(time.Minute)
		s.try(t, alice, logins.Succeeded)
		if s.try(t, alice, logins.Failed) == "ok" {
			tested++
		}
	}
	if tested > 110 {
		t.Errorf("%d were tested in a day", tested)
	}
}

// forgotten: one in a quarter of an hour without a failure, not without a refusal.
func forgotten(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 20)
	s.Advance(15*time.Minute - time.Microsecond)
	s.expect(t, alice, "1µs")
	s.Advance(time.Microsecond)
	s.expect(t, alice, "ok")
	s.expect(t, alice, "15m0s")
	s.Advance(10*15*time.Minute - time.Microsecond)
	s.expect(t, alice, "ok") // nine were forgotten, six were left
	s.expect(t, alice, "4s")
	s.Advance(7*15*time.Minute - time.Microsecond)
	if lines := s.lines(t, logins.Filter{}); len(lines) != 1 {
		t.Errorf("%q are left", lines)
	}
	s.Advance(time.Microsecond)
	if lines := s.lines(t, logins.Filter{}); len(lines) > 0 {
		t.Errorf("%q are left", lines)
	}
	for range 5 {
		s.expect(t, alice, "ok")
	}
	s.expect(t, alice, "1s")
}

// untested is a failure of ours, which costs the client nothing.
func untested(t *testing.T, s Subject) {
	alice := From("alice", 1)
	for range 30 {
		if got := s.try(t, alice, logins.Untested); got != "ok" {
			t.Fatal(got)
		}
	}
	s.fail(t, alice, 6)
	s.Advance(2 * time.Second)
	for range 3 {
		if got := s.try(t, alice, logins.Untested); got != "ok" {
			t.Fatalf("after a wait: %s", got)
		}
	}
	s.expect(t, alice, "ok")
	s.expect(t, alice, "4s")
	s.expectLines(t, logins.Filter{}, "account failed 7 pending 0 refused 2", "network 10.0.0.1/32 failed 7 pending 0 refused 2",
		"pair 10.0.0.1/32 failed 7 pending 0 refused 2")
}

// abandoned is what is never settled, since a process has ended: it counts as failed after two minutes.
func abandoned(t *testing.T, s Subject) {
	alice := From("alice", 1)
	var last logins.Reservation
	for range 5 {
		last, _ = s.reserve(t, alice)
	}
	s.expect(t, alice, "crowded")
	s.Advance(2*time.Minute - time.Microsecond)
	s.expect(t, alice, "crowded")
	s.Advance(time.Microsecond)
	s.expect(t, alice, "1s")
	s.Advance(time.Second)
	s.expect(t, alice, "ok")
	s.expect(t, alice, "2s")
	s.settle(t, last, logins.Failed) // after all, but it has been counted
	s.expectLines(t, logins.Filter{Account: &alice.Account}, "account failed 6 pending 0 refused 2", "pair 10.0.0.1/32 failed 6 pending 0 refused 2")

	bob := From("bob", 2)
	for range 5 {
		s.reserve(t, bob)
	}
	s.Advance(10 * time.Minute) // nobody has asked meanwhile
	s.expect(t, bob, "ok")
	s.expect(t, bob, "2s")
}

// placesLapse, each by itself, also where others are taken and left all the time.
func placesLapse(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.try(t, alice, logins.Succeeded)
	for range 4 {
		s.reserve(t, alice) // and never settle it
	}
	for range 8 {
		if got := s.try(t, alice, logins.Succeeded); got != "ok" {
			t.Fatal(got)
		}
		s.Advance(15 * time.Second)
	}
	s.expectLines(t, logins.Filter{Account: &alice.Account}, "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 0 pending 4 refused 0")
	if got := s.try(t, alice, logins.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	s.expectLines(t, logins.Filter{Account: &alice.Account}, "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 4 pending 0 refused 0")
}

// crowded: no more are tested at once than may fail; the others are told to wait for them.
func crowded(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 3)
	one, _ := s.reserve(t, alice)
	two, _ := s.reserve(t, alice)
	s.expect(t, alice, "crowded")
	s.settle(t, one, logins.Succeeded)
	s.expectLines(t, logins.Filter{Network: &alice.Network}, "known in 10.0.0.1/32",
		"network 10.0.0.1/32 failed 3 pending 1 refused 0", "pair 10.0.0.1/32 failed 3 pending 1 refused 0")
	s.expect(t, alice, "ok")
	s.expect(t, alice, "crowded")
	s.settle(t, two, logins.Failed)
	s.expect(t, alice, "1s")
	s.expectLines(t, logins.Filter{Network: &alice.Network}, "known in 10.0.0.1/32",
		"network 10.0.0.1/32 failed 4 pending 0 refused 0", "pair 10.0.0.1/32 failed 5 pending 0 refused 1")
}

// crowdedGates: nobody is refused because others are being tested.
func crowdedGates(t *testing.T, s Subject) {
	var open []logins.Reservation
	for n := range 20 {
		r, verdict := s.reserve(t, From("alice", n))
		if verdict != "ok" {
			t.Fatal(verdict)
		}
		open = append(open, r)
	}
	s.expect(t, From("alice", 100), "crowded")
	s.settle(t, open[0], logins.Succeeded)
	if got := s.try(t, From("alice", 100), logins.Succeeded); got != "ok" {
		t.Error(got)
	}
	for _, r := range open[1:] {
		s.settle(t, r, logins.Failed)
	}
	s.expect(t, From("alice", 101), "ok")
	s.expect(t, From("alice", 102), "30s")

	for n := range 100 {
		if _, verdict := s.reserve(t, From(fmt.Sprint("user", n), 70)); verdict != "ok" {
			t.Fatal(verdict)
		}
	}
	s.expect(t, From("bob", 70), "crowded")
}

// clockPutBack, as when another server takes over: nobody waits for longer than before, and nobody gets more guesses.
func clockPutBack(t *testing.T, s Subject) {
	for n := range 22 {
		s.try(t, From("alice", n), logins.Failed)
	}
	s.fail(t, From("bob", 100), 20)
	before := map[logins.Attempt]string{}
	for _, a := range []logins.Attempt{From("alice", 21), From("bob", 100)} {
		_, before[a] = s.reserve(t, a)
	}
	for range 5 {
		s.Advance(-48 * time.Hour)
		if got := s.try(t, From("bob", 100), logins.Failed); got != before[From("bob", 100)] {
			t.Errorf("bob has to wait %s after the clock was put back, and %s before", got, before[From("bob", 100)])
		}
	}
	s.Advance(15 * time.Minute)
	s.expect(t, From("bob", 100), "ok")
	s.expect(t, From("bob", 100), "15m0s")
}

// clockHoldsNobody: a clock that is put back makes nobody wait who has failed nothing, at any of the three counters, however far it is
// put back; and a burst is no larger for it.
func clockHoldsNobody(t *testing.T, s Subject) {
	name := 0
	for _, back := range []time.Duration{time.Second, time.Minute, 10 * time.Minute, time.Hour, 48 * time.Hour} {
		name++
		attempt := func(n int) logins.Attempt { return From(fmt.Sprint("user", name), name*1000+n) }
		s.expect(t, attempt(1), "ok")
		s.expect(t, attempt(2), "ok")
		s.Advance(-back)
		for n := range 18 {
			if got := s.try(t, attempt(1+n), logins.Failed); got != "ok" {
				t.Errorf("%s after the clock was put back by %v", got, back)
			}
		}
		s.expect(t, attempt(19), "30s")
		s.Advance(-back)
		s.expect(t, attempt(20), "1m0s")
		s.expect(t, attempt(19), "30s")
	}
}
