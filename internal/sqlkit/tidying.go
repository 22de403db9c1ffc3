package sqlkit

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/alarm"
)

// Tidying handles failures of a write that a request makes in passing, such as
// replacing an old hash. Such a failure must not fail the request: a standby is
// read-only. It is logged, at most once in tidyingEvery.
type Tidying struct{ alarm alarm.Alarm }

const tidyingEvery = time.Minute

// Failed logs a failure through db; what names the attempted write. It ignores
// failures caused by a client that went away.
func (t *Tidying) Failed(ctx context.Context, db *gorm.DB, what string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	if n, due := t.alarm.Ring(tidyingEvery); due {
		// Formatted here: GORM's logger for slog does not format.
		db.Logger.Error(ctx, fmt.Sprintf("ginauth: %s: %s; the request continues without it "+
			"(%d more since this was last logged)", what, alarm.CauseText(err), n-1))
	}
}
