// Package alarm keeps a failure that repeats from filling the log, and says what
// caused it.
package alarm

import (
	"sync"
	"time"
)

// Alarm is due when something first fails, and then at most once in a stretch
// of time, however often it fails. The zero value is ready for use. An Alarm is
// safe for concurrent use.
type Alarm struct {
	mu       sync.Mutex
	next     time.Time // when it is due again
	failures int       // since it was last due
}

// Ring counts a failure, and reports whether it is to be logged. If it is, n is
// the number of failures since the last one that was logged, this one included.
// Failures are not due again until every has passed.
func (a *Alarm) Ring(every time.Duration) (n int, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures++
	now := time.Now()
	if now.Before(a.next) {
		return 0, false
	}
	n, a.failures, a.next = a.failures, 0, now.Add(every)
	return n, true
}
