package logins

import (
	"cmp"
	"errors"
	"time"
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

// Gate lets a number of attempts pass at once, and then one at a time. What it
// has not let pass it catches up on, at the same pace.
type Gate struct {
	Burst int
	Every time.Duration
}

func (c Curve) withDefaults() Curve {
	c.Free = cmp.Or(c.Free, 5)
	c.FirstWait, c.LongestWait = cmp.Or(c.FirstWait, time.Second), cmp.Or(c.LongestWait, 15*time.Minute)
	c.Network = c.Network.or(Gate{100, 10 * time.Second})
	c.Account = c.Account.or(Gate{20, 30 * time.Second})
	c.LongestTurn, c.Forget = cmp.Or(c.LongestTurn, time.Hour), cmp.Or(c.Forget, c.LongestWait)
	c.KnownFor = cmp.Or(c.KnownFor, 90*24*time.Hour)
	return c
}

func (g Gate) or(other Gate) Gate {
	return Gate{cmp.Or(g.Burst, other.Burst), cmp.Or(g.Every, other.Every)}
}

// The bounds of a curve's times: a network is not more exact, and ten years are
// for ever.
const (
	minTime = time.Millisecond
	maxTime = 10 * 365 * 24 * time.Hour
)

// check says what is wrong with a curve that has its defaults.
func (c Curve) check() error {
	for _, d := range []time.Duration{
		c.FirstWait, c.LongestWait, c.Network.Every, c.Account.Every, c.LongestTurn, c.Forget, c.KnownFor,
	} {
		if d < minTime || d > maxTime {
			return errors.New("logins: the times of a Curve must be from a millisecond to ten years; leave one out for its default")
		}
	}
	switch {
	case c.Free < 0 || c.Network.Burst < 0 || c.Account.Burst < 0:
		return errors.New("logins: Free and Burst must be positive; leave them out for their defaults")
	case c.FirstWait > c.LongestWait:
		return errors.New("logins: FirstWait must not be longer than LongestWait")
	case c.Account.Every > c.LongestTurn:
		return errors.New("logins: LongestTurn must not be shorter than Account.Every")
	case c.LongestWait > c.Forget:
		return errors.New("logins: Forget must not be shorter than LongestWait, or a pause would be worth more guesses than the waits")
	case c.Network.depth() >= maxTime || c.Account.depth() >= maxTime:
		return errors.New("logins: the Burst of a Gate times its Every must be less than ten years")
	}
	return nil
}

// depth is how long a gate that is just shut takes to be as it was at first. It
// does not overflow.
func (g Gate) depth() time.Duration {
	if int64(g.Burst) > int64(maxTime/g.Every) {
		return maxTime
	}
	return time.Duration(g.Burst) * g.Every
}

// Wait is how long an account has to wait in a network after so many wrong
// passwords there.
func (c Curve) Wait(failures int64) time.Duration {
	if failures < int64(c.Free) {
		return 0
	}
	wait := c.FirstWait
	for n := int64(c.Free); n < failures && wait < c.LongestWait; n++ {
		wait *= 2 // of ten years at most, so that it does not overflow
	}
	return min(wait, c.LongestWait)
}

// steepest is the number of wrong passwords from which on the wait is the
// longest.
func (c Curve) steepest() int64 {
	n := int64(c.Free)
	for wait := c.FirstWait; wait < c.LongestWait; wait *= 2 {
		n++
	}
	return n
}

// renewal is how old the note of a login may be before it is written anew.
func (c Curve) renewal() time.Duration { return c.KnownFor / 30 }
