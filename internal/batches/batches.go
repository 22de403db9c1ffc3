// Package batches deletes many rows in small steps.
package batches

import (
	"context"
	"time"
)

// Size bounds the rows that one step looks at and locks. A step of this size
// takes some 10 ms, and other transactions wait for one step at most.
const Size = 500

// poll is how long SQLite waits at most before it looks again whether the
// database is still locked, in the first 100 ms.
const poll = 25 * time.Millisecond

// Run calls step until it reports that there are no more rows, and returns how
// many were deleted. After each step it pauses for half as long as the step
// took, to leave the machine to others. Where the database has one writer at a
// time, as on SQLite, it pauses long enough for one that waits to see that the
// database is free.
func Run(
	ctx context.Context, oneWriter bool, step func(ctx context.Context) (n int64, more bool, err error),
) (deleted int64, err error) {
	for {
		began := time.Now()
		n, more, err := step(ctx)
		deleted += n
		if err != nil || !more {
			return deleted, err
		}
		pause := time.Since(began) / 2
		if oneWriter {
			pause = max(pause, poll)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return deleted, context.Cause(ctx)
		case <-timer.C:
		}
	}
}
