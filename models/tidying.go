package models

import (
	"context"
	"sync"
	"time"

	"gorm.io/gorm"
)

// tidying is a write that a request makes though it did not ask for one, such
// as replacing an old hash. It must not fail the request: a standby is
// read-only. What fails is logged, at most once in tidyingEvery.
type tidying struct {
	mu     sync.Mutex
	next   time.Time // when the next failure is logged
	silent int       // failures since the last that was logged
}

const tidyingEvery = time.Minute

// failed logs a failure through db, of which what says what was to be done. A
// failure that comes of the client's going away is not logged.
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
		db.Logger.Error(ctx, "ginauth: %s: %v; the request goes on without it, as %d have since this was last logged", what, err, silent)
	}
}
