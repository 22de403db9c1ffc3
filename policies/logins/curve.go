package logins

import (
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

// Curve is how long wrong passwords make an attacker wait. The zero value of a
// field is its default.
//
// A user that has logged in from a network before is known there, and is held
// to Free, FirstWait and LongestWait alone: whatever is done to its name from
// elsewhere, or to other names from its own network, does not make it wait.
// Known is the name to the letter: that Alice has logged in says nothing about
// alice. Any other attempt is held to the two gates besides.
type Curve struct {
	// Free is how many wrong passwords an account may have from a network
	// before it has to wait. Default: 5.
	Free int

	// FirstWait is the time to wait after the last free one; each one that
	// follows doubles it, up to LongestWait. Defaults: 1 second, 15 minutes.
	FirstWait, LongestWait time.Duration

	// Network holds what one network tries, over all accounts that are not
	// known there. Default: 100 at once, then one every 10 seconds.
	Network Gate

	// Account holds what is tried on one account, over all networks where it is
	// not known. Default: 20 at once, then one every 30 seconds. A network that
	// finds it shut is given a turn, which no other can take from it.
	Account Gate

	// LongestTurn is how long a turn may be away. Where so many networks try
	// one account that it would be longer, they come more often than Account
	// says, so that the owner gets in from a new network too. Default: 1 hour.
	LongestTurn time.Duration

	// Forget is how long it takes until one wrong password of an account in a
	// network is forgotten, if there is none meanwhile; then the next one. A
	// right password clears none. It must not be shorter than LongestWait, or
	// pausing would be rewarded. Default: LongestWait.
	Forget time.Duration

	// KnownFor is how long after its last login a user is known in a network.
	// Logins are noted once in a thirtieth of that time. Default: 90 days.
	KnownFor time.Duration
}

// Gate lets Burst attempts pass at once, and then one every Every. Attempts
// that it held back catch up at the same pace:
//
//	Gate{Burst: 20, Every: 30 * time.Second}
type Gate = loginstore.Gate
