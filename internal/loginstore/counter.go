package loginstore

import "time"

// counter is the state of a counter. Times are in microseconds since 1970. The
// zero value has counted nothing.
type counter struct {
	// failed is the number of failures: of an account in a network those not
	// forgotten at the time last, of a gate all since the counter was created.
	failed int64

	refused int64 // attempts refused since the counter was created
	next    int64 // the time from which the next attempt passes
	last    int64 // the last failure, or the last turn that was given
	turn    int64 // of an account in a network: its turn at the account's gate, or 0

	// fresh and stale count the places of attempts that are being tested: those
	// taken since the time rotated, and those taken before.
	fresh, stale, rotated int64
}

// lease is the least time for which a place is kept for an attempt. An attempt
// that is not settled within twice that time counts as failed.
const lease = int64(time.Minute / time.Microsecond)

func microseconds(d time.Duration) int64 { return d.Microseconds() }

func (c *counter) held() int64 { return c.fresh + c.stale }

// age brings a counter up to date. It calls lapse with the number of places
// that have lapsed, and the time when they did. The result depends on the time
// alone, not on how often age has been called.
func (c *counter) age(now int64, lapse func(at, n int64)) {
	c.moveBack(now)
	for c.held() > 0 && now-c.rotated >= lease {
		n := c.stale
		c.stale, c.fresh, c.rotated = c.fresh, 0, c.rotated+lease
		if n > 0 {
			lapse(c.rotated, n)
		}
	}
}

// moveBack corrects a counter after the clock was put back, when its last
// change lies in the future. It puts the times back by as much, so that no
// client waits for the difference, and forgets no failure.
func (c *counter) moveBack(now int64) {
	if back := c.last - now; back > 0 {
		c.last, c.next = now, c.next-back
		if c.turn > 0 {
			c.turn -= back
		}
	}
	c.rotated = min(c.rotated, now)
}

// take takes a place.
func (c *counter) take(now int64) {
	if c.held() == 0 {
		c.rotated = now
	}
	c.fresh++
}

// leave gives back a place that was taken at a time. It returns false if there
// is none: the place has lapsed, or the counter was reset.
func (c *counter) leave(at int64) bool {
	switch {
	case at >= c.rotated && c.fresh > 0:
		c.fresh--
	case c.stale > 0:
		c.stale--
	default:
		return false
	}
	return true
}

// rest clears a counter that no longer holds anything back.
func (c *counter) rest(now, expires int64) {
	if c.held() > 0 {
		return
	}
	c.rotated = 0
	if expires <= now {
		*c = counter{}
	}
}

// The counter of an account in a network.

// agePair is age for the counter of an account in a network. A wait set by
// another curve is shortened to what this curve allows.
func (c *counter) agePair(now int64, curve Curve) {
	c.age(now, func(at, n int64) { c.fail(at, n, curve) })
	c.next = min(c.next, c.last+microseconds(curve.Wait(c.failed)))
	c.turn = min(c.turn, c.last+microseconds(curve.LongestTurn+curve.Account.Every))
	if now >= c.turn+microseconds(curve.Forget) {
		c.turn = 0
	}
}

// level returns the number of failures that still count.
func (c *counter) level(now int64, curve Curve) int64 {
	return max(0, c.failed-max(0, now-c.last)/microseconds(curve.Forget))
}

// fail counts failures, up to the number from which the wait no longer grows.
func (c *counter) fail(now, n int64, curve Curve) {
	c.failed, c.last = min(c.level(now, curve)+n, max(curve.steepest(), c.level(now, curve))), now
	c.next = now + microseconds(curve.Wait(c.failed))
}

// giveTurn sets the turn at the account's gate.
func (c *counter) giveTurn(now, turn int64, curve Curve) {
	c.failed, c.last, c.turn = c.level(now, curve), now, turn
}

// crowded reports whether as many are being tested as may fail: one, where a
// wait precedes each, or all that are free.
func (c *counter) crowded(now int64, curve Curve) bool {
	return c.held() >= max(1, int64(curve.Free)-c.level(now, curve))
}

// pairExpires returns the time from which the counter of an account in a
// network no longer matters.
func (c *counter) pairExpires(curve Curve) int64 {
	forget, until := microseconds(curve.Forget), int64(0)
	if c.failed > 0 {
		until = max(c.next, c.last+c.failed*forget)
	}
	if c.turn > 0 {
		until = max(until, c.turn+forget)
	}
	if c.held() > 0 {
		until = max(until, max(c.last, c.rotated+2*lease)+(c.failed+c.held())*forget)
	}
	return until
}

// The counter of a gate.

// ageGate is age for the counter of a gate that opens within longest.
func (c *counter) ageGate(now int64, g Gate, longest time.Duration) {
	c.age(now, func(at, n int64) { c.pass(at, n, g) })
	c.next = min(c.next, c.last+microseconds(longest))
}

// pass counts failures of attempts that a gate has admitted.
func (c *counter) pass(now, n int64, g Gate) {
	c.next = g.from(c.next, now) + n*microseconds(g.Every)
	c.failed, c.last = c.failed+n, now
}

// from returns the time from which a gate counts attempts: next, but no earlier
// than its burst allows.
func (g Gate) from(next, now int64) int64 {
	return max(next, now-microseconds(g.Every)*int64(g.Burst-1))
}

// crowds reports whether a gate would be shut if all that are being tested
// failed.
func (c *counter) crowds(now int64, g Gate) bool {
	return g.from(c.next, now)+c.held()*microseconds(g.Every) > now
}

// gateExpires returns the time from which the counter of a gate no longer
// matters.
func (c *counter) gateExpires(g Gate) int64 {
	if *c == (counter{}) {
		return 0
	}
	until := c.next + microseconds(g.Every)*int64(g.Burst-1)
	if c.held() > 0 {
		until = max(until, c.rotated+2*lease) + c.held()*microseconds(g.Every)
	}
	return until
}
