package logins

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
)

const (
	patience = 5 * time.Second // bounds how long an attempt waits while others are being tested
	minPause = 10 * time.Millisecond
	maxPause = 320 * time.Millisecond
)

// queue holds the attempts of this process that wait for a place. Those on one
// account from one network form a line, in which one at a time asks the store:
// a long line makes no more requests than a single attempt.
type queue struct {
	store loginstore.Store
	curve loginstore.Curve
	limit time.Duration   // bounds each question to the store
	keeps bool            // whether places are kept for the next attempt, because settling takes time
	fault func(err error) // receives the error of a place that could not be given back

	mu    sync.Mutex
	lines map[loginstore.Key]*line
}

// newQueue returns the queue of a store.
func newQueue(store loginstore.Store, curve loginstore.Curve, limit time.Duration, fault func(err error)) *queue {
	_, inMemory := store.(*loginstore.MemoryStore)
	return &queue{
		store: store, curve: curve, limit: min(limit, loginstore.Timeout),
		keeps: !inMemory, fault: fault, lines: map[loginstore.Key]*line{},
	}
}

// line holds the attempts on one account from one network.
type line struct {
	key     loginstore.Key
	asking  bool    // an attempt asks the store, or has been told to
	crowded *waiter // the attempt that asks, while it waits for a free place
	waiting []*waiter
	spare   []*place
	left    chan struct{} // tells the attempt that asks of a place given back
}

// waiter is an attempt in a line. It receives one answer: a place, or nil if it
// is to ask the store itself. A place may be a failure.
type waiter struct {
	attempt loginstore.Attempt
	told    chan *place
}

// enter returns a place for an attempt, or one with a refused reservation. The
// caller must leave it.
func (q *queue) enter(ctx context.Context, a loginstore.Attempt) (p *place, err error) {
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
		return p, p.failed
	}
	defer func() {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			q.giveUp(l, err)
		} else {
			q.next(l)
		}
	}()
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

// ask asks the store, again and again while the attempts being tested could use
// up all allowed failures. Each answer has a timeout of its own, which tells a
// failure of the store from the end of the wait.
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
	ctx, cancel := context.WithTimeout(ctx, q.limit)
	defer cancel()
	return q.store.Reserve(ctx, a, q.curve)
}

// resume ends the time in which the attempt that asks may be handed a place. It
// returns the place that the attempt was handed, if any.
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

// desert takes an attempt out of its line. If the attempt has its answer
// already, desert returns that.
func (q *queue) desert(l *line, w *waiter) (p *place, told bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return nil, false
	}
	return <-w.told, true
}

// next lets the next attempt in the line ask the store.
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

// giveUp fails all attempts in a line, because the store has not answered the
// first of them in time. Each of the others would wait as long, one after the
// other.
func (q *queue) giveUp(l *line, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.crowded = nil
	for _, w := range l.waiting {
		w.told <- &place{failed: err}
	}
	l.waiting, l.asking = nil, false
	q.close(l)
}

// close removes a line if it is empty. The caller holds the lock.
func (q *queue) close(l *line) {
	if !l.asking && len(l.waiting) == 0 && len(l.spare) == 0 {
		delete(q.lines, l.key)
	}
}
