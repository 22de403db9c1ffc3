package logins

import "time"

// SetClock replaces the database's clock.
func (s *DatabaseStore) SetClock(now func() time.Time) {
	s.now = func() int64 { return now().UnixMicro() }
}

// Normalised is the text of which [AccountOf] takes the digest.
var Normalised = normalised

// PruneNow makes that the next [DatabaseStore.Settle] deletes what does not matter any more.
func (s *DatabaseStore) PruneNow() { s.pruned.Store(0) }
