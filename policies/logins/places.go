package logins

import (
	"context"
	"slices"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

const (
	keepSpare = 500 * time.Millisecond // how long an unused place is kept for the next right password
	keepInUse = time.Second            // how long a place is handed on, before other processes have a chance
)

// place is a reservation in use, possibly by one attempt after another.
type place struct {
	loginstore.Reservation
	since  time.Time   // when the store granted it
	drop   *time.Timer // gives a spare place back
	failed error       // the store did not answer, and granted nothing
}

// leave reports the outcome of an attempt to the store, unless the place can be
// kept for another attempt.
func (q *queue) leave(ctx context.Context, p *place, outcome loginstore.Outcome) error {
	if outcome == loginstore.Succeeded && p.Reusable {
		if q.keeps && q.keep(p) {
			return nil
		}
		outcome = loginstore.Untested // nothing else needs writing
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.limit)
	defer cancel()
	err := q.store.Settle(ctx, p.Reservation, outcome, q.curve)
	if time.Since(p.since) < keepInUse || outcome != loginstore.Untested {
		q.wake(p.Attempt)
	}
	return err
}

// keep hands a place to an equal attempt that waits, or else keeps it for
// [keepSpare]. It reports false, and does neither, if the place has been in use
// for [keepInUse].
func (q *queue) keep(p *place) bool {
	if time.Since(p.since) >= keepInUse {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.line(p.Attempt)
	if l.crowded != nil && l.crowded.attempt == p.Attempt {
		l.crowded.told <- p
		l.crowded = nil
		return true
	}
	if i := slices.IndexFunc(l.waiting, func(w *waiter) bool { return w.attempt == p.Attempt }); i >= 0 {
		l.waiting[i].told <- p
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return true
	}
	l.spare = append(l.spare, p)
	p.drop = time.AfterFunc(keepSpare, func() { q.dropSpare(p) })
	return true
}

// dropSpare gives a spare place back, unless an attempt took it meanwhile.
func (q *queue) dropSpare(p *place) {
	q.mu.Lock()
	l := q.line(p.Attempt)
	i := slices.Index(l.spare, p)
	if i >= 0 {
		l.spare = slices.Delete(l.spare, i, i+1)
	}
	q.close(l)
	q.mu.Unlock()
	if i >= 0 {
		q.giveBack(p)
	}
}

// giveBack returns an unused place to the store.
func (q *queue) giveBack(p *place) {
	ctx, cancel := context.WithTimeout(context.Background(), q.limit)
	defer cancel()
	if err := q.store.Settle(ctx, p.Reservation, loginstore.Untested, q.curve); err != nil {
		q.fault(err)
	}
	q.wake(p.Attempt)
}

// wake tells the attempt that asks in a line that a place has been given back.
func (q *queue) wake(a loginstore.Attempt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.lines[a.Keys()[0]]; l != nil {
		select {
		case l.left <- struct{}{}:
		default:
		}
	}
}

// dropAll gives back the spare places of a line, and reports whether it had
// any. If not, the attempt that asks may be handed a place from now on.
func (q *queue) dropAll(l *line, w *waiter) bool {
	q.mu.Lock()
	spare := l.spare
	l.spare = nil
	if len(spare) == 0 {
		l.crowded = w
	}
	q.mu.Unlock()
	for _, p := range spare {
		p.drop.Stop()
		q.giveBack(p)
	}
	return len(spare) > 0
}
