package models

import (
	"context"
	"sync"
	"time"

	"gorm.io/gorm"
)

// tidying handles failures of a write that a request makes in passing, such as
// replacing an old hash. Such a failure must not fail the request: a standby is
// read-only. It is logged, at most once in tidyingEvery.
type tidying struct {
	mu     sync.Mutex
	next   time.Time // a failure from then on is logged
	silent int       // failures since the last one logged
}

const tidyingEvery = time.Minute

// failed logs a failure through db; what names the attempted write. It ignores
// failures caused by a client that went away.
func (t *tidying) failed(ctx context.Context, db *gorm.DB, what string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	at, silent := time.Now(), t.silent
	due := !at.Before(t.next)
	if due {
		t.next, t.silent = at.Add(tidyingEvery), 0
	} else {
		t.silent++
	}
	t.mu.Unlock()
	if due {
		db.Logger.Error(ctx, "ginauth: %s: %v; the request continues without it (%d more since this was last logged)", what, err, silent)
	}
}
