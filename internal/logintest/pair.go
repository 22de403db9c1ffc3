package logintest

import (
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

// oneWaitOnePassword: once the free ones are used up, one password is tested after each wait, however many come.
func oneWaitOnePassword(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 6)
	s.Advance(2 * time.Second)
	first, verdict := s.reserve(t, alice)
	if verdict != "ok" {
		t.Fatal(verdict)
	}
	for range 3 {
		s.expect(t, alice, "4s")
	}
	s.Advance(time.Second) // the hash takes as long
	s.settle(t, first, logins.Failed)
	s.expect(t, alice, "4s") // since then
}

func rightPasswordClears(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 7)
	s.expect(t, alice, "4s")
	s.Advance(4 * time.Second)
	if got := s.try(t, alice, logins.Succeeded); got != "ok" {
		t.Fatal(got)
	}
	s.expectLines(t, logins.Filter{Account: &alice.Account},
		"account failed 7 pending 0 refused 3", "pair 10.0.0.1/32 failed 0 pending 0 refused 0 known")
	for range 5 {
		s.expect(t, alice, "ok")
	}
	s.expect(t, alice, "1s")
}

// forgotten: 24 hours after the last failure, not after the last refusal.
func forgotten(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 20)
	s.Advance(24*time.Hour - time.Microsecond)
	s.expect(t, alice, "ok") // and 15 minutes from now
	s.Advance(24*time.Hour - time.Microsecond)
	s.expect(t, alice, "ok")
	s.Advance(14 * time.Minute)
	s.expect(t, alice, "1m0s")
	s.Advance(24*time.Hour - 14*time.Minute)
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

// abandoned is what is never settled, since a process has ended: it counts as failed after a minute.
func abandoned(t *testing.T, s Subject) {
	alice := From("alice", 1)
	var last logins.Reservation
	for range 5 {
		last, _ = s.reserve(t, alice)
	}
	s.expect(t, alice, "crowded")
	s.Advance(time.Minute)
	s.expect(t, alice, "crowded")
	s.Advance(time.Microsecond)
	s.expect(t, alice, "ok")
	s.settle(t, last, logins.Failed) // after all
	s.expectLines(t, logins.Filter{Account: &alice.Account}, "account failed 6 pending 0 refused 0", "pair 10.0.0.1/32 failed 6 pending 0 refused 0")
}

// crowded: no more are tested at once than may fail; the others are told to wait for them, and refused if they cannot.
func crowded(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 3)
	one, _ := s.reserve(t, alice)
	two, _ := s.reserve(t, alice)
	s.expect(t, alice, "crowded")
	final := alice
	final.Final = true
	s.expect(t, final, "1s")
	s.settle(t, one, logins.Succeeded)
	s.expectLines(t, logins.Filter{Network: &alice.Network},
		"network 10.0.0.1/32 failed 4 pending 0 refused 1", "pair 10.0.0.1/32 failed 0 pending 1 refused 0 known")
	s.expect(t, alice, "ok")
	s.settle(t, two, logins.Failed)
	s.expectLines(t, logins.Filter{Network: &alice.Network},
		"network 10.0.0.1/32 failed 4 pending 0 refused 1", "pair 10.0.0.1/32 failed 2 pending 0 refused 0 known")
}

// clockPutBack, as when another server takes over: nobody waits for longer than the longest wait.
func clockPutBack(t *testing.T, s Subject) {
	for n := range 22 {
		s.try(t, From("alice", n), logins.Failed)
	}
	s.fail(t, From("bob", 100), 20)
	s.Advance(-48 * time.Hour)
	for _, a := range []logins.Attempt{From("alice", 50), From("alice", 21), From("bob", 100)} {
		if r, verdict := s.reserve(t, a); r.Verdict != logins.Refused || r.Wait > time.Hour+30*time.Second {
			t.Errorf("%s after the clock was put back by two days", verdict)
		}
	}
	s.Advance(time.Hour + 30*time.Second)
	s.expect(t, From("bob", 100), "ok")
}
