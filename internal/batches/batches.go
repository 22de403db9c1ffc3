// Package batches deletes many rows in small steps.
package batches

import (
	"context"
	"time"
)

// Size bounds the rows that one step looks at and locks. A step of this size
// takes some 10 ms, and other transactions wait for one step at most.
const Size = 1000

// Run calls step until it reports that there are no more rows, and returns how
// many were deleted. After each step it pauses for as long as the step took, so
// that others get at least half of the time: on SQLite, where one transaction
// writes at a time, they would otherwise find the database locked whenever they
// look.
func Run(ctx context.Context, step func(ctx context.Context) (n int64, more bool, err error)) (deleted int64, err error) {
	for {
		began := time.Now()
		n, more, err := step(ctx)
		deleted += n
		if err != nil || !more {
			return deleted, err
		}
		timer := time.NewTimer(time.Since(began))
		select {
		case <-ctx.Done():
			timer.Stop()
			return deleted, context.Cause(ctx)
		case <-timer.C:
		}
	}
}
