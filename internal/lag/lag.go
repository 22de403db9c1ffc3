// Package lag knows how late the answers of this process's replicas may be.
package lag

import (
	"sync/atomic"
	"time"
)

var greatest atomic.Int64

// Allow notes that a replica may answer with what was true a while ago.
func Allow(d time.Duration) {
	for known := greatest.Load(); int64(d) > known && !greatest.CompareAndSwap(known, int64(d)); {
		known = greatest.Load()
	}
}

// Greatest returns the greatest age of an answer, or 0 if there are no
// replicas.
func Greatest() time.Duration { return time.Duration(greatest.Load()) }
