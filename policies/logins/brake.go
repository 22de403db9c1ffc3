package logins

import (
	"context"
	"sync"
	"time"
)

const (
	freeRefusals = 100                   // answered at once in a burst
	refusalEvery = 10 * time.Millisecond // between two refusals after it
	longestHold  = 4 * time.Second       // shorter than the client's patience, and than a server's own timeouts
	mostHeld     = 1000                  // refusals that wait at once; each is a request in memory
)

// brake slows down refusals once there are many. A refusal is so cheap that
// clients that send another guess at once would otherwise keep the processors
// busy, at the expense of all other requests. The zero value is ready for use.
type brake struct {
	mu   sync.Mutex
	next time.Time // when the next refusal is due; in the past after a pause
	held int
}

// hold waits until a refusal is due, at most for longestHold or until the
// context ends.
func (b *brake) hold(ctx context.Context) {
	wait, ok := b.enter(time.Now())
	if !ok {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
}

// enter returns how long a refusal has to wait. It reports false if the refusal
// need not wait, or too many do already.
func (b *brake) enter(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if earliest := now.Add(-freeRefusals * refusalEvery); b.next.Before(earliest) {
		b.next = earliest
	}
	wait = min(b.next.Add(refusalEvery).Sub(now), longestHold)
	if wait < longestHold {
		b.next = b.next.Add(refusalEvery)
	}
	if wait <= 0 || b.held == mostHeld {
		return 0, false
	}
	b.held++
	return wait, true
}
