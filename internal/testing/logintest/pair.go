package logintest

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// theCurve checks the table of docs/logins.md.
func theCurve(t *testing.T, s Subject) {
	alice := From("alice", 1)
	for range 5 {
		s.expect(t, alice, "ok")
	}
	for _, wait := range []string{
		"1s", "2s", "4s", "8s", "16s", "32s", "1m4s", "2m8s", "4m16s", "8m32s", "15m0s", "15m0s", "15m0s",
	} {
		s.expect(t, alice, wait)
		d, err := time.ParseDuration(wait)
		if err != nil {
			t.Fatal(err)
		}
		s.Advance(d - time.Microsecond)
		s.expect(t, alice, "1µs") // refusing it again did not extend the wait
		s.Advance(time.Microsecond)
		s.expect(t, alice, "ok")
	}
	s.expect(t, From("bob", 1), "ok")
	s.expect(t, From("alice", 2), "ok")
}

// oneWaitOnePassword checks that once the free attempts are used up, one
// password is tested after each wait, however many attempts come; the others
// wait for its outcome.
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
	s.settle(t, first, loginstore.Failed)
	s.expect(t, alice, "4s") // since then

	s.Advance(4 * time.Second)
	first, _ = s.reserve(t, alice)
	s.expect(t, alice, "crowded")
	s.settle(t, first, loginstore.Succeeded)
	s.expect(t, alice, "ok") // a right password costs the others nothing
	s.expect(t, alice, "8s")
}

// rightPasswordClearsNothing checks that a login does not clear the failures,
// because it is unknown which client made them. They are forgotten one by one.
func rightPasswordClearsNothing(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 3)
	if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	s.expectLines(t, loginstore.Filter{Account: &alice.Account},
		"account failed 3 pending 0 refused 0", "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 3 pending 0 refused 0")
	for range 10 { // every one of them logs in, and none allows a further guess
		if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
			t.Fatal(got)
		}
	}
	s.Advance(45 * time.Minute)
	if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	for range 5 {
		s.expect(t, alice, "ok")
	}
	s.expect(t, alice, "1s")
}

// lookAlikes checks that attempts on names that fold to one count together,
// while a login makes only its own name known.
func lookAlikes(t *testing.T, s Subject) {
	victim, attacker := From("alice", 1), From("Alice", 1)
	tested := 0
	for range 400 {
		if got := s.try(t, attacker, loginstore.Succeeded); got != "ok" && got != "1s" {
			t.Fatal(got)
		}
		if s.try(t, victim, loginstore.Failed) == "ok" {
			tested++
		}
	}
	if tested != 5 {
		t.Errorf("%d of 400 guesses were tested beside logins of a look-alike", tested)
	}
	// the account's gate is shut, and stays shut for the victim's name where
	// the look-alike is known
	for n := range 20 {
		s.try(t, From("alice", 100+n), loginstore.Failed)
	}
	elsewhere := From("Alice", 50)
	s.Advance(11 * time.Minute) // so that the look-alike is let in once
	for n := range 20 {
		if n == 1 {
			if got := s.try(t, elsewhere, loginstore.Succeeded); got != "ok" {
				t.Fatal(got)
			}
		}
		s.try(t, From("alice", 200+n), loginstore.Failed)
	}
	if r, _ := s.reserve(t, elsewhere); !r.Known || r.Verdict != loginstore.Reserved {
		t.Errorf("the look-alike is not known where it has logged in: %+v", r)
	}
	if r, _ := s.reserve(t, From("alice", 50)); r.Known || r.Verdict != loginstore.Refused {
		t.Errorf("the name is known where its look-alike has logged in: %+v", r)
	}
	if r, verdict := s.reserve(t, elsewhere); r.Verdict != loginstore.Reserved {
		t.Errorf("the turn of the one holds the other: %s", verdict)
	}
}

// successBesideGuesses checks that a client that shares a network with the user
// gets no more guesses for each of the user's logins.
func successBesideGuesses(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.try(t, alice, loginstore.Succeeded)
	tested := 0
	for range 400 {
		s.try(t, alice, loginstore.Succeeded)
		if s.try(t, alice, loginstore.Failed) == "ok" {
			tested++
		}
	}
	if tested != 5 {
		t.Errorf("%d of 400 guesses were tested beside right passwords", tested)
	}
	for range 24 * 60 { // a day, with a guess each minute
		s.Advance(time.Minute)
		s.try(t, alice, loginstore.Succeeded)
		if s.try(t, alice, loginstore.Failed) == "ok" {
			tested++
		}
	}
	if tested > 110 {
		t.Errorf("%d were tested in a day", tested)
	}
}

// forgotten checks that one failure is forgotten for each quarter of an hour
// without a failure; refusals do not matter.
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
	if lines := s.lines(t, loginstore.Filter{}); len(lines) != 1 {
		t.Errorf("%q are left", lines)
	}
	s.Advance(time.Microsecond)
	if lines := s.lines(t, loginstore.Filter{}); len(lines) > 0 {
		t.Errorf("%q are left", lines)
	}
	for range 5 {
		s.expect(t, alice, "ok")
	}
	s.expect(t, alice, "1s")
}

// untested tests a failure of ours, which costs the client nothing.
func untested(t *testing.T, s Subject) {
	alice := From("alice", 1)
	for range 30 {
		if got := s.try(t, alice, loginstore.Untested); got != "ok" {
			t.Fatal(got)
		}
	}
	s.fail(t, alice, 6)
	s.Advance(2 * time.Second)
	for range 3 {
		if got := s.try(t, alice, loginstore.Untested); got != "ok" {
			t.Fatalf("after a wait: %s", got)
		}
	}
	s.expect(t, alice, "ok")
	s.expect(t, alice, "4s")
	s.expectLines(t, loginstore.Filter{},
		"account failed 7 pending 0 refused 2",
		"network 10.0.0.1/32 failed 7 pending 0 refused 2",
		"pair 10.0.0.1/32 failed 7 pending 0 refused 2")
}

// abandoned tests an attempt that is never settled because its process has
// ended: it counts as failed after two minutes.
func abandoned(t *testing.T, s Subject) {
	alice := From("alice", 1)
	var last loginstore.Reservation
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
	s.settle(t, last, loginstore.Failed) // late, and it has already been counted
	s.expectLines(t, loginstore.Filter{Account: &alice.Account},
		"account failed 6 pending 0 refused 2",
		"pair 10.0.0.1/32 failed 6 pending 0 refused 2")

	bob := From("bob", 2)
	for range 5 {
		s.reserve(t, bob)
	}
	s.Advance(10 * time.Minute) // without a request meanwhile
	s.expect(t, bob, "ok")
	s.expect(t, bob, "2s")
}

// placesLapse checks that each place lapses by itself, even where others are
// taken and left all the time.
func placesLapse(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.try(t, alice, loginstore.Succeeded)
	for range 4 {
		s.reserve(t, alice) // and never settle it
	}
	for range 8 {
		if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
			t.Fatal(got)
		}
		s.Advance(15 * time.Second)
	}
	ofAlice := loginstore.Filter{Account: &alice.Account}
	s.expectLines(t, ofAlice, "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 0 pending 4 refused 0")
	if got := s.try(t, alice, loginstore.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	s.expectLines(t, ofAlice, "known in 10.0.0.1/32", "pair 10.0.0.1/32 failed 4 pending 0 refused 0")
}
