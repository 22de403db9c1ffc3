package loginstore

import (
	"cmp"
	"errors"
	"time"
)

// Curve is the Curve of package policies/logins, which documents its fields.
type Curve struct {
	Free                   int
	FirstWait, LongestWait time.Duration
	Network, Account       Gate
	LongestTurn            time.Duration
	Forget                 time.Duration
	KnownFor               time.Duration
}

// Gate lets Burst attempts pass at once, and then one every Every. Attempts
// that it held back catch up at the same pace.
type Gate struct {
	Burst int
	Every time.Duration
}

// WithDefaults returns the curve with its defaults.
func (c Curve) WithDefaults() Curve {
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

// minTime and maxTime bound the times of a curve: a network is no more exact,
// and ten years are for ever.
const (
	minTime = time.Millisecond
	maxTime = 10 * 365 * 24 * time.Hour
)

// Check reports what is wrong with a curve that has its defaults.
func (c Curve) Check() error {
	for _, d := range []time.Duration{
		c.FirstWait, c.LongestWait, c.Network.Every, c.Account.Every, c.LongestTurn, c.Forget, c.KnownFor,
	} {
		if d < minTime || d > maxTime {
			return errors.New("logins: the times of a Curve must be from a millisecond to ten years; " +
				"leave one out for its default")
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
		return errors.New("logins: Forget must not be shorter than LongestWait, " +
			"or a pause would be worth more guesses than the waits")
	case c.Network.depth() >= maxTime || c.Account.depth() >= maxTime:
		return errors.New("logins: the Burst of a Gate times its Every must be less than ten years")
	}
	return nil
}

// depth returns the time that a gate that has just shut needs to recover its
// burst. It does not overflow.
func (g Gate) depth() time.Duration {
	if int64(g.Burst) > int64(maxTime/g.Every) {
		return maxTime
	}
	return time.Duration(g.Burst) * g.Every
}

// Wait returns the wait of an account in a network after a number of wrong
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

// steepest returns the number of wrong passwords from which the wait is the
// longest.
func (c Curve) steepest() int64 {
	n := int64(c.Free)
	for wait := c.FirstWait; wait < c.LongestWait; wait *= 2 {
		n++
	}
	return n
}

// renewal returns the age from which the note of a login is written anew.
func (c Curve) renewal() time.Duration { return c.KnownFor / 30 }
