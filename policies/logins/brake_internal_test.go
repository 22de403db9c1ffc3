package logins

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheBrake checks how long refusals wait, of one client after another and
// of many at once.
func TestTheBrake(t *testing.T) {
	for _, row := range []struct {
		name       string
		already    int           // refusals before
		pause      time.Duration // since then
		clients    int           // at once
		least, all time.Duration // until the first is answered, and until all are
	}{
		{"few", 0, 0, freeRefusals, 0, 0},
		{"one more", freeRefusals, 0, 1, refusalEvery, refusalEvery},
		{"many", 0, 0, freeRefusals + 100, 0, 100 * refusalEvery},
		{"more than may wait their turn", freeRefusals, 0, 900, refusalEvery, longestHold},
		{"more than may wait", freeRefusals, 0, mostHeld + 1, 0, longestHold},
		{"one after a pause", freeRefusals, refusalEvery, 1, 0, 0},
		{"many after a long pause", freeRefusals, time.Hour, freeRefusals + 1, 0, refusalEvery},
	} {
		synctest.Test(t, func(t *testing.T) {
			var b brake
			for range row.already {
				b.hold(t.Context())
			}
			time.Sleep(row.pause)
			began, least := time.Now(), longestHold
			var mu sync.Mutex
			var group sync.WaitGroup
			for range row.clients {
				group.Go(func() {
					b.hold(t.Context())
					mu.Lock()
					defer mu.Unlock()
					least = min(least, time.Since(began))
				})
			}
			group.Wait()
			if all := time.Since(began); least != row.least || all != row.all || b.held != 0 {
				t.Errorf("%s: the first after %v, all after %v, %d held; want %v, %v", row.name, least, all, b.held, row.least, row.all)
			}
		})
	}
}

// TestTheBrakeLetsGo checks that a client that goes away does not wait.
func TestTheBrakeLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b brake
		for range freeRefusals {
			b.hold(t.Context())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if began := time.Now(); true {
			b.hold(ctx)
			if time.Since(began) != 0 || b.held != 0 {
				t.Errorf("held for %v, %d still are", time.Since(began), b.held)
			}
		}
	})
}
