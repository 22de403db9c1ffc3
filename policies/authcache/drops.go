package authcache

import (
	"sync"
	"sync/atomic"

	"github.com/ginauth/ginauth/internal/announcement"
)

// moment is the number of announcements that a process has heard of.
type moment uint64

// drops remembers what has been announced, and when: an answer counts if it was
// asked for after everything that concerns it. So an announcement need not find
// the answers that it ends, those that a request is waiting for among them, and
// however many come, the memory stays the same. The zero value is ready for
// use. It is safe for concurrent use.
type drops struct {
	mu    sync.Mutex // serializes writers
	last  atomic.Uint64
	whole atomic.Uint64 // the last one that concerned everything
	slots [announcement.Slots]atomic.Uint64
}

// hear notes an announcement.
func (d *drops) hear(message string) {
	slots, ok := announcement.Read(message)
	d.mu.Lock()
	defer d.mu.Unlock()
	// Before the slots: an answer that is asked for from now on is newer.
	n := d.last.Add(1)
	if !ok {
		d.whole.Store(n)
		return
	}
	for _, slot := range slots {
		d.slots[slot].Store(n)
	}
}

func (d *drops) moment() moment { return moment(d.last.Load()) }

// silent reports whether nothing about the slots has been announced since the
// moment; nil stands for all slots.
func (d *drops) silent(since moment, slots []uint16) bool {
	if slots == nil {
		return d.moment() == since
	}
	for _, slot := range slots {
		if d.slots[slot].Load() > uint64(since) {
			return false
		}
	}
	return d.whole.Load() <= uint64(since)
}
