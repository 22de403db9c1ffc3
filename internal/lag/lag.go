// Package lag holds the greatest lag of this process's read replicas.
package lag

import (
	"sync/atomic"
	"time"
)

var greatest atomic.Int64

// Note records that a replica may lag by d.
func Note(d time.Duration) {
	for {
		known := greatest.Load()
		if int64(d) <= known || greatest.CompareAndSwap(known, int64(d)) {
			return
		}
	}
}

// Greatest returns the greatest lag, or 0 if there are no replicas.
func Greatest() time.Duration { return time.Duration(greatest.Load()) }
