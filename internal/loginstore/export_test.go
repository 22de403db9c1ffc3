package loginstore

import "time"

// SetClock replaces the database's clock. Rows are then written and deleted
// only on demand, since the timers go by another clock.
func (s *DatabaseStore) SetClock(now func() time.Time) {
	s.now = func() int64 { return now().UnixMicro() }
	s.pruning.Store(true)
	s.flushing = true
}

// Normalised returns the text whose digest [AccountOf] returns.
var Normalised = normalised
