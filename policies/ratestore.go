package policies

import (
	"context"
	"time"
)

// RateStore keeps logs of the requests that were let pass. There are two: [NewMemoryStore] for one process, and package
// policies/redisrate for many.
//
// Take decides whether one more request is within the rate, and stores it if so, in one atomic step: whatever the number of
// callers, no more than rate.Limit are admitted in any stretch of time as long as rate.Period. Only admitted requests are
// stored. A log of more than 64 requests may be kept as 64 groups, each of which counts as old as its newest request, so that a
// client may wait up to a 63rd of the period longer than it had to, never shorter. A key is always taken with one period, but
// not always with one limit.
//
// An error is a failure: nothing is known about the request. Implementations must be safe for concurrent use.
type RateStore interface {
	Take(ctx context.Context, key RateKey, rate Rate) (Tally, error)
}

// Tally is the answer of a [RateStore].
type Tally struct {
	Admitted bool
	Stored   int           // how many requests of the last period the log held before this one
	Oldest   time.Duration // the age of the oldest of them; zero if there were none

	// Wait is, for a refused request, the time until as many requests have left
	// the log as it takes for one more to be admitted: more than the oldest
	// alone, if a class with a higher limit has filled the log beyond this one's.
	// It is zero for an admitted request and for a limit of zero.
	Wait time.Duration
}

// maxSlots is how many groups a log is kept in.
const maxSlots = 64

// slotWidth is for how long after a slot's first request others join it, in whole microseconds, Redis' unit. The oldest slot
// that counts began less than a period and a width ago, so that 64 of them are enough.
func (r Rate) slotWidth() time.Duration {
	if r.Limit <= maxSlots {
		return 0
	}
	width := (r.Period + maxSlots - 2) / (maxSlots - 1)
	return (width + time.Microsecond - 1).Truncate(time.Microsecond)
}
