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

	// Network limits the attempts from one network, over all accounts that are
	// not known there. Default: 100 at once, then one every 10 seconds.
	Network Gate

	// Account limits the attempts on one account, over all networks where it is
	// not known. A network that finds the gate shut is given a turn, which no
	// other can take from it. Default: 20 at once, then one every 30 seconds.
	Account Gate

	// LongestTurn bounds the time until a turn. When so many networks try one
	// account that it would be longer, turns come more often than Account says,
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

// Gate lets Burst attempts pass at once, and then one every Every. Attempts
// that it held back catch up at the same pace:
//
//	Gate{Burst: 20, Every: 30 * time.Second}
type Gate = loginstore.Gate
