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
// asked for after everything that concerns it. So an announcement need not find
// the answers that it ends, those that a request is waiting for among them, and
// however many come, the memory stays the same. It is safe for concurrent use.
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

// moment returns the moment from which on an answer that is asked for now knows
// everything. A replica may not have yet what was just announced.
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
