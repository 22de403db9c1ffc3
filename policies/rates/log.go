package rates

import "time"

// log is the log of one key: slots in the order of their times, in a ring
// whose length is a power of two. The zero value is an empty log.
type log struct {
	slots  []slot
	head   uint8 // the index of the oldest slot
	used   uint8
	total  int           // the requests of all slots
	opened time.Duration // when the newest slot's first request came
	inline [4]slot       // where slots begin, so that most logs are one piece of memory
}

// slot is one request, or several that came close together. It counts as old as
// the newest of them.
type slot struct {
	at    time.Duration
	count uint32
}

// take decides about one more request at now, and stores it if it is admitted.
func (l *log) take(now time.Duration, rate Rate) Tally {
	now = l.notBefore(now)
	tally := l.look(now, rate)
	if tally.Admitted {
		l.add(now, rate)
	}
	return tally
}

// notBefore returns now, or the time of the newest request: another caller may
// have overtaken this one, because the clock was read before the lock was
// taken.
func (l *log) notBefore(now time.Duration) time.Duration {
	if l.used > 0 {
		return max(now, l.newest().at)
	}
	return now
}

// look decides about one more request at now, and drops those that are too old
// to count. It writes to no slot, so that a copy of the log can be looked at.
func (l *log) look(now time.Duration, rate Rate) Tally {
	l.expire(now - rate.Period)
	tally := Tally{Admitted: l.total < rate.Limit, Stored: l.total}
	if l.used > 0 {
		tally.Oldest = now - l.slots[l.head].at
	}
	if !tally.Admitted {
		tally.Wait = l.wait(now, rate)
	}
	return tally
}

// add stores a request.
func (l *log) add(now time.Duration, rate Rate) {
	l.total++
	if l.used > 0 && now-l.opened < rate.slotWidth() {
		newest := l.newest()
		newest.at = now
		newest.count++
		return
	}
	l.push(slot{now, 1})
	l.opened = now
}

// wait returns the time until the log holds fewer requests than the limit.
func (l *log) wait(now time.Duration, rate Rate) time.Duration {
	if rate.Limit == 0 {
		return 0
	}
	var last slot
	for i, left := uint8(0), l.total; left >= rate.Limit; i++ {
		last = l.slots[l.index(i)]
		left -= int(last.count)
	}
	return last.at + rate.Period - now
}

// expire drops the slots that are not after the given time.
func (l *log) expire(until time.Duration) {
	for l.used > 0 && l.slots[l.head].at <= until {
		l.total -= int(l.slots[l.head].count)
		l.head = l.index(1)
		l.used--
	}
}

func (l *log) push(s slot) {
	switch {
	case l.used == maxSlots:
		l.mergeOldest()
	case int(l.used) == len(l.slots):
		l.grow()
	}
	l.slots[l.index(l.used)] = s
	l.used++
}

// mergeOldest makes room. It is needed only if classes with limits above and
// below 64 share a log, and errs towards refusing.
func (l *log) mergeOldest() {
	oldest := l.slots[l.head].count
	l.head = l.index(1)
	l.used--
	l.slots[l.head].count += oldest
}

func (l *log) grow() {
	if l.slots == nil {
		l.slots = l.inline[:]
		return
	}
	slots := make([]slot, 2*len(l.slots))
	n := copy(slots, l.slots[l.head:])
	copy(slots[n:], l.slots[:l.head])
	l.slots, l.head = slots, 0
}

func (l *log) newest() *slot { return &l.slots[l.index(l.used-1)] }

// index returns the position of the i-th oldest slot.
func (l *log) index(i uint8) uint8 { return (l.head + i) & uint8(len(l.slots)-1) }
