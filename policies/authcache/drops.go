package authcache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/lag"
)

// moment is a number of nanoseconds since a Listener began, by a clock that is
// never put back.
type moment int64

// drops remembers what has been announced, and when: an answer counts if it was
// asked for after everything that concerns it. An announcement thus ends answers
// without finding them, including those still being fetched, and memory does not
// grow with their number. It is safe for concurrent use.
type drops struct {
	began time.Time

	mu    sync.Mutex // serializes writers
	last  atomic.Int64
	whole atomic.Int64 // the last one that concerned everything
	slots [announcement.Slots]atomic.Int64
}

// hear notes an announcement.
func (d *drops) hear(message string) {
	slots, ok := announcement.Read(message)
	d.mu.Lock()
	defer d.mu.Unlock()
	// Before the slots: an answer that is asked for from now on is newer.
	now := max(1, int64(time.Since(d.began)))
	d.last.Store(now)
	if !ok {
		d.whole.Store(now)
		return
	}
	for _, slot := range slots {
		d.slots[slot].Store(now)
	}
}

// moment returns a time such that an answer asked for now reflects every
// announcement before it: now less the greatest lag.
func (d *drops) moment() moment { return moment(time.Since(d.began) - lag.Greatest()) }

// silent reports whether nothing about the slots has been announced since the
// moment; nil stands for all slots.
func (d *drops) silent(since moment, slots []uint16) bool {
	if slots == nil {
		return before(&d.last, since)
	}
	for _, slot := range slots {
		if !before(&d.slots[slot], since) {
			return false
		}
	}
	return before(&d.whole, since)
}

// before reports whether an announcement was heard before the moment, or never.
func before(heard *atomic.Int64, since moment) bool {
	at := heard.Load()
	return at == 0 || at < int64(since)
}
