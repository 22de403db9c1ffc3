package soak_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

var span = flag.Duration("soak", 2*time.Second, "how long to send requests")

func init() { gin.SetMode(gin.ReleaseMode) }

const (
	people  = 200_000 // addresses, and names
	stride  = 7919    // from the name of an address to that of the next
	workers = 8       // of each site
	// calm is a pause in which what the stores hold goes out of date, while a
	// few clients go on. It is twice the longest time that a setting of the
	// sites names.
	calm = 2 * time.Minute
	few  = 200
	warm = 20 * time.Second
	// What may differ: the moment in which counters and pools of buffers are seen.
	// Pages are not given back while one object in them is alive, so that what is
	// left after a flood, though little, is spread over more of them; the next
	// objects go there.
	spareLive       = 2 << 20
	sparePages      = 16 << 20
	spareGoroutines = 20
)

// usage is what a process takes after a collection of garbage.
type usage struct {
	live       uint64 // in bytes, of objects
	pages      uint64 // in bytes, of pages with such an object
	goroutines int
}

func use() usage {
	var stats runtime.MemStats
	for range 3 { // finalizers and pools need more than one
		debug.FreeOSMemory()
	}
	runtime.ReadMemStats(&stats)
	return usage{stats.HeapAlloc, stats.HeapInuse, runtime.NumGoroutine()}
}

func (u usage) String() string {
	return fmt.Sprintf("%.1f MiB on pages of %.1f MiB, %d goroutines", float64(u.live)/(1<<20), float64(u.pages)/(1<<20), u.goroutines)
}

// TestSoak measures before, at the end of the requests, and after a calm.
func TestSoak(t *testing.T) {
	sites := newSites(t)
	// Pools have their connections before the measurement, and caches hold the
	// few clients.
	during(t, sites, min(*span, warm), workers, func(n int) (address, name int) { return n % few, n % few })
	long := *span >= time.Minute
	rest := func() {
		during(t, sites, calm, 1, func(n int) (address, name int) {
			time.Sleep(time.Millisecond)
			return people + n%few, people + n%few
		})
	}
	if long {
		rest()
	}
	before := use()
	during(t, sites, *span, workers, func(n int) (address, name int) { return n % people, n * stride % people })
	peak := use()
	for _, s := range sites {
		t.Logf("%s: %d requests; %s", s.name, s.sent.Load(), s.statuses())
	}
	t.Logf("before: %s; at the end of %v: %s", before, *span, peak)
	if !long {
		return
	}
	rest()
	after := use()
	t.Logf("after: %s", after)
	if after.live > before.live+spareLive || after.pages > before.pages+sparePages ||
		after.goroutines > before.goroutines+spareGoroutines {
		t.Errorf("%s after the soak, %s before it", after, before)
	}
}

// during sends requests to all sites for a time.
func during(t *testing.T, sites []*site, span time.Duration, workers int, next func(n int) (address, name int)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var group sync.WaitGroup
	for _, s := range sites {
		var n atomic.Int64
		for range workers {
			group.Go(func() {
				for ctx.Err() == nil {
					address, name := next(int(n.Add(1)))
					s.send(t, address, name)
				}
			})
		}
	}
	group.Wait()
}

// counts counts answers by their status.
type counts struct {
	sent  atomic.Int64
	mu    sync.Mutex
	count map[int]int
}

func (c *counts) add(status int) {
	c.sent.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[status]++
}

func (c *counts) statuses() (text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []int
	for status := range c.count {
		all = append(all, status)
	}
	slices.Sort(all)
	for _, status := range all {
		text += fmt.Sprintf(" %d times %d", c.count[status], status)
	}
	return text
}
