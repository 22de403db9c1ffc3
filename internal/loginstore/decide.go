package loginstore

import "time"

// state holds what the decision about an attempt depends on: three counters,
// and the time until which the user is known in the network. This file makes
// the decisions for the stores that decide in Go; policies/redislogins makes
// the same ones in Lua.
type state struct {
	pair, account, network counter
	known                  int64
	noTurn                 bool // the store has no room for the counter of a turn
}

// at returns the counter of the i-th key of an attempt.
func (s *state) at(i int) *counter { return [...]*counter{&s.pair, &s.account, &s.network}[i] }

func (s *state) age(now int64, curve Curve) {
	s.pair.agePair(now, curve)
	s.account.ageGate(now, curve.Account, curve.LongestTurn+curve.Account.Every)
	s.network.ageGate(now, curve.Network, curve.Network.Every)
	if s.known <= now {
		s.known = 0
	}
	s.rest(now, curve)
}

// rest clears the counters that no longer hold anything back.
func (s *state) rest(now int64, curve Curve) {
	for i := range 3 {
		s.at(i).rest(now, s.expires(i, curve))
	}
}

// expires returns the time from which the counter of the i-th key no longer
// matters.
func (s *state) expires(i int, curve Curve) int64 {
	switch i {
	case 0:
		return s.pair.pairExpires(curve)
	case 1:
		return s.account.gateExpires(curve.Account)
	}
	return s.network.gateExpires(curve.Network)
}

// reserve decides about an attempt.
func (s *state) reserve(now int64, curve Curve) (r Reservation) {
	s.age(now, curve)
	r.At, r.Known = now, s.known > 0
	r.Verdict, r.Wait = s.hold(now, curve, r.Known)
	switch r.Verdict {
	case Reserved:
		recent := s.known-now > microseconds(curve.KnownFor-curve.renewal())
		r.Reusable = r.Known && recent && s.pair.level(now, curve) < int64(curve.Free)
		s.admit(now, &r)
	case Refused:
		s.refuse(r.Known)
	}
	return r
}

// hold decides whether anything holds an attempt back, and for how long. An
// attempt that the account's gate holds back gets a turn. Only an attempt that
// is not refused is told to wait for others.
func (s *state) hold(now int64, curve Curve, known bool) (Verdict, time.Duration) {
	p, held := &s.pair, s.pair.next
	if !known {
		held = max(held, s.network.next, p.turn)
	}
	switch {
	case held > now:
		return refusedUntil(held, now)
	case !known && p.turn == 0 && s.account.next > now:
		turn := min(s.account.next, now+microseconds(curve.LongestTurn))
		if !s.noTurn {
			s.account.next, s.account.last = turn+microseconds(curve.Account.Every), now
			p.giveTurn(now, turn, curve)
		}
		return refusedUntil(turn, now)
	case p.crowded(now, curve) || !known && s.gatesCrowd(now, curve):
		return Crowded, 0
	}
	return Reserved, 0
}

func refusedUntil(next, now int64) (Verdict, time.Duration) {
	return Refused, time.Duration(next-now) * time.Microsecond
}

func (s *state) gatesCrowd(now int64, curve Curve) bool {
	if s.network.crowds(now, curve.Network) {
		return true
	}
	if s.pair.turn > 0 { // a turn admits one attempt
		return s.pair.held() > 0
	}
	return s.account.crowds(now, curve.Account)
}

// admit takes the places of an attempt whose password may be tested.
func (s *state) admit(now int64, r *Reservation) {
	s.pair.take(now)
	if r.Known {
		return
	}
	s.network.take(now)
	if r.Turn = s.pair.turn > 0; !r.Turn {
		s.account.take(now)
	}
}

// refuse counts an attempt whose password is not tested, in the counters that
// exist. It creates no counter.
func (s *state) refuse(known bool) {
	for i := range 3 {
		if c := s.at(i); *c != (counter{}) {
			c.refused++
		}
		if known {
			return // the gates were not asked
		}
	}
}

// settle counts the outcome of an attempt that was reserved. A right password
// gives its own places back, and clears no failure.
func (s *state) settle(now int64, r Reservation, outcome Outcome, curve Curve) {
	s.age(now, curve)
	if s.pair.leave(r.At) && outcome == Failed {
		s.pair.fail(now, 1, curve)
	}
	if !r.Known {
		if s.network.leave(r.At) && outcome == Failed {
			s.network.pass(now, 1, curve.Network)
		}
		s.settleAccount(now, r, outcome, curve)
	}
	if outcome == Succeeded {
		s.known = now + microseconds(curve.KnownFor)
	}
	s.rest(now, curve)
}

// settleAccount is settle for the account's gate, which a turn has already
// passed. An attempt that could not be tested keeps its turn.
func (s *state) settleAccount(now int64, r Reservation, outcome Outcome, curve Curve) {
	switch {
	case !r.Turn:
		if s.account.leave(r.At) && outcome == Failed {
			s.account.pass(now, 1, curve.Account)
		}
	case outcome != Untested:
		s.pair.turn = 0
		if outcome == Failed && s.account != (counter{}) {
			s.account.failed, s.account.last = s.account.failed+1, now
		}
	}
}

// public returns the counter as operators see it.
func (c *counter) public(key Key) Counter {
	return Counter{
		Key: key, Failed: c.failed, Pending: c.held(), Refused: c.refused,
		Last: instant(c.last), Next: instant(max(c.next, c.turn)),
	}
}

// instant returns a time as operators see it. Zero stands for none.
func instant(microseconds int64) time.Time {
	if microseconds <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds).UTC()
}
