package logintest

import (
	"fmt"
	"testing"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// crowded checks that no more attempts are tested at once than may fail; the
// others are told to wait for them.
func crowded(t *testing.T, s Subject) {
	alice := From("alice", 1)
	s.fail(t, alice, 3)
	one, _ := s.reserve(t, alice)
	two, _ := s.reserve(t, alice)
	s.expect(t, alice, "crowded")
	s.settle(t, one, loginstore.Succeeded)
	s.expectLines(t, loginstore.Filter{Network: &alice.Network}, "known in 10.0.0.1/32",
		"network 10.0.0.1/32 failed 3 pending 1 refused 0", "pair 10.0.0.1/32 failed 3 pending 1 refused 0")
	s.expect(t, alice, "ok")
	s.expect(t, alice, "crowded")
	s.settle(t, two, loginstore.Failed)
	s.expect(t, alice, "1s")
	s.expectLines(t, loginstore.Filter{Network: &alice.Network}, "known in 10.0.0.1/32",
		"network 10.0.0.1/32 failed 4 pending 0 refused 0", "pair 10.0.0.1/32 failed 5 pending 0 refused 1")
}

// crowdedGates checks that no attempt is refused because others are being
// tested.
func crowdedGates(t *testing.T, s Subject) {
	var open []loginstore.Reservation
	for n := range 20 {
		r, verdict := s.reserve(t, From("alice", n))
		if verdict != "ok" {
			t.Fatal(verdict)
		}
		open = append(open, r)
	}
	s.expect(t, From("alice", 100), "crowded")
	s.settle(t, open[0], loginstore.Succeeded)
	if got := s.try(t, From("alice", 100), loginstore.Succeeded); got != "ok" {
		t.Error(got)
	}
	for _, r := range open[1:] {
		s.settle(t, r, loginstore.Failed)
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
