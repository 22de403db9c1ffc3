package batches_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ginauth/ginauth/internal/batches"
)

// TestRun checks the sum, the pauses and the end.
func TestRun(t *testing.T) {
	errStep := errors.New("step")
	for _, row := range []struct {
		name      string
		oneWriter bool
		steps     int // after which there are no more rows
		fails     int // the step that fails; 0: none
		cancelled int // the step during which the context ends; 0: none
		deleted   int64
		took      time.Duration // of steps of 10 ms
		err       error
	}{
		{"nothing", false, 1, 0, 0, 1, 10 * time.Millisecond, nil},
		{"three steps", false, 3, 0, 0, 3, 40 * time.Millisecond, nil},
		{"three steps on SQLite", true, 3, 0, 0, 3, 80 * time.Millisecond, nil},
		{"a failure", false, 3, 2, 0, 2, 25 * time.Millisecond, errStep},
		{"the end of the context", true, 3, 0, 2, 2, 45 * time.Millisecond, context.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			began, n := time.Now(), 0
			deleted, err := batches.Run(ctx, row.oneWriter, func(context.Context) (int64, bool, error) {
				n++
				time.Sleep(10 * time.Millisecond)
				if n == row.cancelled {
					cancel()
				}
				if n == row.fails {
					return 1, true, errStep
				}
				return 1, n < row.steps, nil
			})
			cancel()
			if took := time.Since(began); deleted != row.deleted || took != row.took || !errors.Is(err, row.err) {
				t.Errorf("%s: %d, %v, %v", row.name, deleted, took, err)
			}
		})
	}
}
