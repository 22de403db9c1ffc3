package logins

import "time"

// counter is the state of a counter. Times are in microseconds since 1970. The zero value is one that has counted nothing.
type counter struct {
	failed, refused, pending int64
	next                     int64 // when the next attempt is let pass
	last                     int64 // the last attempt that was not refused
	known                    int64 // until when the account is known in the network
	turn                     bool  // next is a turn at the account's gate, which has been asked already
}

// trio are the counters of an attempt. What decides about it is here, for the stores that decide in Go; policies/redislogins has the
// same in Lua.
type trio struct{ pair, account, network counter }

const (
	abandoned   = int64(time.Minute / time.Microsecond) // after which a pending attempt counts as failed
	crowdedWait = time.Second
)

func microseconds(d time.Duration) int64 { return d.Microseconds() }

// age brings a counter up to date. A clock that was put back, or a curve that was made flatter, leaves no wait behind that is longer than
// the curve's.
func (c *counter) age(now int64, curve Curve) {
	c.last, c.next = min(c.last, now), min(c.next, now+microseconds(curve.longest()))
	if c.known <= now {
		c.known = 0
	}
	if c.pending > 0 && now-c.last > abandoned {
		c.failed, c.pending = c.failed+c.pending, 0
		c.next = max(c.next, c.last+microseconds(curve.Wait(c.failed)))
	}
	if now >= c.last+microseconds(curve.Forget) && now >= c.next {
		*c = counter{known: c.known}
	}
}

// expires is when a counter does not matter any more; 0 if it has counted nothing.
func (c *counter) expires(curve Curve) int64 {
	until := max(c.known, c.next)
	if c.last > 0 {
		until = max(until, c.last+microseconds(curve.Forget))
	}
	return until
}

// take lets an attempt pass a gate, or takes a turn at it.
func (c *counter) take(from int64, g Gate) {
	c.next = max(c.next, from-microseconds(g.Every)*int64(g.Burst-1)) + microseconds(g.Every)
}

// count counts an attempt as failed until it is known to be right.
func (c *counter) count(now int64) { c.failed, c.last = c.failed+1, now }

// giveBack takes that back, and the place at the gate.
func (c *counter) giveBack(now int64, g Gate) {
	if c.failed == 0 {
		return // reset meanwhile
	}
	c.failed--
	c.next -= microseconds(g.Every)
	if c.failed == 0 && c.refused == 0 && c.next <= now-microseconds(g.Every)*int64(g.Burst-1) {
		*c = counter{}
	}
}

// reserve decides about an attempt.
func (t *trio) reserve(now int64, final bool, curve Curve) (r Reservation) {
	t.pair.age(now, curve)
	t.account.age(now, curve)
	t.network.age(now, curve)
	r.Known = t.pair.known > 0
	if r.Verdict, r.Wait = t.hold(now, curve, r.Known); r.Verdict == Crowded && final {
		r.Verdict, r.Wait = Refused, crowdedWait
	}
	switch r.Verdict {
	case Reserved:
		t.admit(now, curve, r.Known)
	case Refused:
		t.refuse(r.Known)
	}
	return r
}

// hold says whether anything holds an attempt. One that the account's gate holds gets a turn.
func (t *trio) hold(now int64, curve Curve, known bool) (Verdict, time.Duration) {
	p, free := &t.pair, int64(curve.Free)
	switch {
	case p.next > now && (p.failed >= free || p.turn):
		return until(p.next, now)
	case p.failed < free && p.failed+p.pending >= free:
		return Crowded, 0
	case known:
		return Reserved, 0
	case t.network.next > now:
		return until(t.network.next, now)
	case t.account.next > now && !p.turn:
		turn := min(t.account.next, now+microseconds(curve.LongestTurn))
		t.account.next = turn + microseconds(curve.Account.Every)
		p.turn, p.next, p.last = true, max(p.next, turn), now
		return until(p.next, now)
	}
	return Reserved, 0
}

func until(next, now int64) (Verdict, time.Duration) {
	return Refused, time.Duration(next-now) * time.Microsecond
}

// admit counts an attempt whose password may be tested.
func (t *trio) admit(now int64, curve Curve, known bool) {
	p := &t.pair
	if !known {
		t.network.take(now, curve.Network)
		t.network.count(now)
		if !p.turn {
			t.account.take(now, curve.Account)
		}
		t.account.count(now)
		p.turn = false
	}
	p.pending++
	p.last = now
	if p.failed >= int64(curve.Free) {
		p.next = now + microseconds(curve.Wait(p.failed+p.pending))
	}
}

// refuse counts an attempt whose password is not tested, in the counters that there are: it makes none.
func (t *trio) refuse(known bool) {
	for _, c := range [...]*counter{&t.pair, &t.account, &t.network} {
		if *c != (counter{}) {
			c.refused++
		}
		if known {
			return // the gates were not asked
		}
	}
}

// settle says what became of an attempt that was reserved.
func (t *trio) settle(now int64, known bool, outcome Outcome, curve Curve) {
	p := &t.pair
	counted := p.pending > 0 // else it is taken for abandoned, or the counter has been reset
	if counted {
		p.pending--
	}
	switch {
	case outcome == Succeeded:
		*p = counter{pending: p.pending, last: p.last, known: now + microseconds(curve.KnownFor)}
		if p.pending == 0 {
			p.last = 0
		}
		if !known {
			t.account.giveBack(now, curve.Account)
			t.network.giveBack(now, curve.Network)
		}
	case !counted:
	case outcome == Untested:
		t.untested(now, known, curve)
	default:
		p.failed, p.last = p.failed+1, max(p.last, now)
		if wait := curve.Wait(p.failed); wait > 0 {
			p.next = max(p.next, now+microseconds(wait))
		}
	}
}

// untested gives an attempt back. It keeps its turn at the account's gate, which it may have waited for.
func (t *trio) untested(now int64, known bool, curve Curve) {
	p := &t.pair
	if p.pending == 0 || p.failed < int64(curve.Free) {
		p.next = min(p.next, now)
	}
	if known {
		return
	}
	p.turn = true
	t.account.failed = max(0, t.account.failed-1)
	t.network.giveBack(now, curve.Network)
}

// public is the state for operators.
func (c *counter) public(key Key) Counter {
	at := func(microseconds int64) time.Time {
		if microseconds == 0 {
			return time.Time{}
		}
		return time.UnixMicro(microseconds).UTC()
	}
	return Counter{Key: key, Failed: c.failed, Pending: c.pending, Refused: c.refused, Last: at(c.last), Next: at(c.next), Known: at(c.known)}
}
