package logins

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

const (
	patience  = 5 * time.Second // bounds how long an attempt waits for others that are being tested
	minPause  = 10 * time.Millisecond
	maxPause  = 320 * time.Millisecond
	keepSpare = 500 * time.Millisecond // for which an unused place is kept for the next right password
	keepInUse = time.Second            // and one that is always in use, so that other processes have a chance
)

// queue holds the attempts of this process that wait for a place. Those on one
// account from one network form a line, in which one at a time asks the store.
// However many wait, they ask no more often than one would.
type queue struct {
	store loginstore.Store
	curve loginstore.Curve
	keeps bool            // whether places are kept for the next attempt, since settling them takes time
	fault func(err error) // receives the reason why a place could not be given back

	mu    sync.Mutex
	lines map[loginstore.Key]*line
}

// newQueue returns the queue of a store.
func newQueue(store loginstore.Store, curve loginstore.Curve, fault func(err error)) *queue {
	_, inMemory := store.(*loginstore.MemoryStore)
	return &queue{store: store, curve: curve, keeps: !inMemory, fault: fault, lines: map[loginstore.Key]*line{}}
}

// line holds the attempts on one account from one network.
type line struct {
	key     loginstore.Key
	asking  bool    // one asks the store, or has been told to
	crowded *waiter // the one that asks the store, while it waits for a place to be left
	waiting []*waiter
	spare   []*place
	left    chan struct{} // receives when a place has been given back, for the one that asks
}

// place is a reservation, and the time since which it has been in use.
type place struct {
	loginstore.Reservation
	since time.Time
	drop  *time.Timer // of a spare one
}

// waiter is an attempt in a line. It is told once: a place, or nil to ask the
// store itself.
type waiter struct {
	attempt loginstore.Attempt
	told    chan *place
}

// enter returns a place for an attempt, or one whose reservation is refused. The
// caller must leave it.
func (q *queue) enter(ctx context.Context, a loginstore.Attempt) (*place, error) {
	waits, cancel := context.WithTimeoutCause(ctx, patience, loginstore.Busy{})
	defer cancel()
	w := &waiter{attempt: a, told: make(chan *place, 1)}
	l, p, wait := q.join(w)
	if p == nil && wait {
		select {
		case p = <-w.told:
		case <-waits.Done():
			var told bool
			if p, told = q.desert(l, w); !told {
				return nil, context.Cause(waits)
			}
		}
	}
	if p != nil {
		return p, nil
	}
	defer q.next(l)
	return q.ask(ctx, waits, l, w)
}

// join puts an attempt in its line, unless there is a spare place. The first in
// the line does not wait.
func (q *queue) join(w *waiter) (l *line, p *place, wait bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l = q.line(w.attempt)
	if i := slices.IndexFunc(l.spare, func(p *place) bool { return p.Attempt == w.attempt }); i >= 0 {
		p = l.spare[i]
		p.drop.Stop()
		l.spare = slices.Delete(l.spare, i, i+1)
		return l, p, false
	}
	if !l.asking {
		l.asking = true
		return l, nil, false
	}
	l.waiting = append(l.waiting, w)
	return l, nil, true
}

// line returns the line of an attempt. The caller holds the lock.
func (q *queue) line(a loginstore.Attempt) *line {
	key := a.Keys()[0]
	l := q.lines[key]
	if l == nil {
		l = &line{key: key, left: make(chan struct{}, 1)}
		q.lines[key] = l
	}
	return l
}

// ask asks the store, and repeats it while as many are being tested as may fail.
// Each answer has a timeout of its own, which keeps failures of the store apart
// from the end of the wait.
func (q *queue) ask(ctx, waits context.Context, l *line, w *waiter) (*place, error) {
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		r, err := q.reserve(ctx, w.attempt)
		if err != nil || r.Verdict != loginstore.Crowded {
			return &place{Reservation: r, since: time.Now()}, err
		}
		if q.dropAll(l, w) {
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-l.left:
		case <-timer.C:
		case p := <-w.told:
			timer.Stop()
			return p, nil
		case <-waits.Done():
		}
		timer.Stop()
		if p := q.resume(l, w); p != nil {
			return p, nil
		}
		if waits.Err() != nil {
			return nil, context.Cause(waits)
		}
	}
}

func (q *queue) reserve(ctx context.Context, a loginstore.Attempt) (loginstore.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, loginstore.Timeout)
	defer cancel()
	return q.store.Reserve(ctx, a, q.curve)
}

// dropAll gives back the spare places of a line, and reports whether there were
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

// resume ends the time in which the attempt that asks may be handed a place. It
// returns the place that it has been handed, if any.
func (q *queue) resume(l *line, w *waiter) *place {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.crowded = nil
	select {
	case p := <-w.told:
		return p
	default:
		return nil
	}
}

// desert takes an attempt out of its line. If it is too late for that, it
// returns what the attempt has been told.
func (q *queue) desert(l *line, w *waiter) (p *place, told bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return nil, false
	}
	return <-w.told, true
}

// next lets the next in the line ask the store.
func (q *queue) next(l *line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.crowded = nil
	if len(l.waiting) > 0 {
		l.waiting[0].told <- nil
		l.waiting = slices.Delete(l.waiting, 0, 1)
		return
	}
	l.asking = false
	q.close(l)
}

// close removes a line that is empty. The caller holds the lock.
func (q *queue) close(l *line) {
	if !l.asking && len(l.waiting) == 0 && len(l.spare) == 0 {
		delete(q.lines, l.key)
	}
}

// leave reports the outcome of an attempt. A place that another attempt may have
// at once is kept for it.
func (q *queue) leave(ctx context.Context, p *place, outcome loginstore.Outcome) error {
	if outcome == loginstore.Succeeded && p.Reusable {
		if q.keeps && q.keep(p) {
			return nil
		}
		outcome = loginstore.Untested // there is nothing else to be written
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loginstore.Timeout)
	defer cancel()
	err := q.store.Settle(ctx, p.Reservation, outcome, q.curve)
	if time.Since(p.since) < keepInUse || outcome != loginstore.Untested {
		q.wake(p.Attempt)
	}
	return err
}

// keep hands a place to an attempt that waits for it, or keeps it for a while.
// It returns false, and does neither, if the place has been in use for long.
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

// dropSpare gives a spare place back, unless it has been taken meanwhile.
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

// giveBack gives back a place that is not in use.
func (q *queue) giveBack(p *place) {
	ctx, cancel := context.WithTimeout(context.Background(), loginstore.Timeout)
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
