package logins

import "time"

// SetClock replaces the database's clock. Nothing is written or deleted by
// itself any more, at another time than that clock's.
func (s *DatabaseStore) SetClock(now func() time.Time) {
	s.now = func() int64 { return now().UnixMicro() }
	s.pruning.Store(true)
	s.flushing = true
}

// Normalised is the text of which [AccountOf] takes the digest.
var Normalised = normalised

// Lines is how many lines of attempts there are.
func (l *Logins) Lines() int {
	l.site.queue.mu.Lock()
	defer l.site.queue.mu.Unlock()
	return len(l.site.queue.lines)
}
