package loginstore

import "time"

// counter is the state of a counter. Times are in microseconds since 1970. The
// zero value is one that has counted nothing.
type counter struct {
	failed  int64 // of an account in a network those that were not forgotten at last; of a gate since the counter was made
	refused int64 // not tested, since the counter was made
	next    int64 // when the next attempt is let pass
	last    int64 // the last failure, or the last turn that was given
	turn    int64 // of an account in a network: its turn at the account's gate; 0: none

	// The places of attempts that are being tested: those taken since rotated,
	// and those from before.
	fresh, stale, rotated int64
}

// lease is how long a place is kept for an attempt at least. One that is not
// settled within twice as long counts as failed.
const lease = int64(time.Minute / time.Microsecond)

func microseconds(d time.Duration) int64 { return d.Microseconds() }

func (c *counter) held() int64 { return c.fresh + c.stale }

// age brings a counter up to date. It calls lapse with a number of places that
// have lapsed, and when. What it does depends on the time alone, not on how
// often it has been called.
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

// moveBack is for a clock that was put back: what was changed later than it is
// now was changed before. The times are put back by as much, so that nobody
// waits for the difference, and nothing that has failed is forgotten.
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

// leave gives a place back that was taken at a time. It reports whether there
// was one: else it has lapsed, or the counter was reset.
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

// rest clears a counter that holds nothing back any more.
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

// agePair is age for the counter of an account in a network. A wait is at most
// the curve's own of its kind, whatever curve it was made by.
func (c *counter) agePair(now int64, curve Curve) {
	c.age(now, func(at, n int64) { c.fail(at, n, curve) })
	c.next = min(c.next, c.last+microseconds(curve.Wait(c.failed)))
	c.turn = min(c.turn, c.last+microseconds(curve.LongestTurn+curve.Account.Every))
	if now >= c.turn+microseconds(curve.Forget) {
		c.turn = 0
	}
}

// level is how many failures count.
func (c *counter) level(now int64, curve Curve) int64 {
	return max(0, c.failed-max(0, now-c.last)/microseconds(curve.Forget))
}

// fail counts failures. What does not make the wait any longer is not counted.
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

// pairExpires is when the counter of an account in a network does not matter
// any more.
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

// ageGate is age for the counter of a gate that is at most longest from open.
func (c *counter) ageGate(now int64, g Gate, longest time.Duration) {
	c.age(now, func(at, n int64) { c.pass(at, n, g) })
	c.next = min(c.next, c.last+microseconds(longest))
}

// pass counts failures that a gate has let pass.
func (c *counter) pass(now, n int64, g Gate) {
	c.next = g.from(c.next, now) + n*microseconds(g.Every)
	c.failed, c.last = c.failed+n, now
}

// from is when a gate has let pass what it lets pass at once.
func (g Gate) from(next, now int64) int64 {
	return max(next, now-microseconds(g.Every)*int64(g.Burst-1))
}

// crowds reports whether a gate would be shut if all that are being tested
// failed.
func (c *counter) crowds(now int64, g Gate) bool {
	return g.from(c.next, now)+c.held()*microseconds(g.Every) > now
}

// gateExpires is when the counter of a gate does not matter any more.
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
