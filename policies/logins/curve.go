package logins

import (
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Curve says how long wrong passwords make an attacker wait. A field that is
// zero has its default.
//
// A user who has logged in from a network before is known there, and is held to
// Free, FirstWait and LongestWait alone. Attempts on the same name from
// elsewhere, or on other names from the same network, do not make the user
// wait. A name is known to the letter: a login of Alice does not make alice
// known. All other attempts are also held to the two gates.
type Curve struct {
	// Free is the number of wrong passwords that an account may have from a
	// network before it has to wait. Default: 5.
	Free int

	// FirstWait is the wait after the last free one. Each wrong password after
	// that doubles it, up to LongestWait. Defaults: 1 second, 15 minutes.
	FirstWait, LongestWait time.Duration

	// The gate of a network lets NetworkBurst attempts pass at once, and then
	// one every NetworkEvery, over all accounts that are not known there.
	// Attempts that it held back catch up at the same pace. Defaults: 100, 10
	// seconds.
	NetworkBurst int
	NetworkEvery time.Duration

	// The gate of an account does the same for the attempts on it, over all
	// networks where it is not known. A network that finds the gate shut is
	// given a turn, which no other can take from it. Defaults: 20, 30 seconds.
	AccountBurst int
	AccountEvery time.Duration

	// LongestTurn bounds the time until a turn. When so many networks try one
	// account that it would be longer, turns come more often than AccountEvery,
	// so that the owner gets in from a new network too. Default: 1 hour.
	LongestTurn time.Duration

	// Forget is the time without a wrong password after which one of an account
	// in a network is forgotten, and then the next one. A right password clears
	// none. Forget must not be shorter than LongestWait, or pausing would be
	// rewarded. Default: LongestWait.
	Forget time.Duration

	// KnownFor is the time for which a user stays known in a network after the
	// last login there. Logins are noted once in a thirtieth of it. Default: 90
	// days.
	KnownFor time.Duration
}

// rules returns the curve with its defaults, as the stores take it.
func (c Curve) rules() loginstore.Curve {
	return loginstore.Curve{
		Free: c.Free, FirstWait: c.FirstWait, LongestWait: c.LongestWait,
		Network:     loginstore.Gate{Burst: c.NetworkBurst, Every: c.NetworkEvery},
		Account:     loginstore.Gate{Burst: c.AccountBurst, Every: c.AccountEvery},
		LongestTurn: c.LongestTurn, Forget: c.Forget, KnownFor: c.KnownFor,
	}.WithDefaults()
}
