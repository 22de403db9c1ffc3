package alarm_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ginauth/ginauth/internal/alarm"
)

func TestRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarm.Alarm
		for i, step := range []struct {
			after time.Duration
			n     int
			due   bool
		}{
			{0, 1, true},
			{0, 0, false},
			{time.Minute - 1, 0, false},
			{1, 3, true},
			{time.Hour, 1, true},
		} {
			time.Sleep(step.after)
			if n, due := a.Ring(time.Minute); n != step.n || due != step.due {
				t.Errorf("failure %d: %d %v, want %d %v", i, n, due, step.n, step.due)
			}
		}
	})
}

func TestRingAtOnce(t *testing.T) {
	var a alarm.Alarm
	var logged atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, due := a.Ring(time.Hour); due {
				logged.Add(1)
			}
		})
	}
	wg.Wait()
	if n := logged.Load(); n != 1 {
		t.Errorf("%d of 100 failures are due", n)
	}
}
