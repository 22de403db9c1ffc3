package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

const (
	batchSize  = 200
	retryAfter = time.Second
	// mostRefusals is how often the database may refuse a single row, for a
	// reason that might pass.
	mostRefusals = 10
)

// writer inserts rows, and tries again until they are in the table, the
// database has refused them for good, or it is stopped.
type writer struct {
	db     *gorm.DB
	insert string
	size   int // how many rows the next statement inserts, at most
	logger *slog.Logger
	pause  time.Duration    // before the next attempt
	refuse func(row, error) // is told of a row that is lost

	ctx  context.Context //nolint:containedctx // it ends with the trail
	stop context.CancelCauseFunc
	done chan struct{}
	left int64 // how many events were not written; read after done
}

func newWriter(db *gorm.DB, logger *slog.Logger, refuse func(row, error)) writer {
	ctx, stop := context.WithCancelCause(context.Background())
	return writer{db: db, insert: insertStatement(db), size: batchSize, logger: logger, pause: retryAfter,
		refuse: refuse, ctx: ctx, stop: stop, done: make(chan struct{})}
}

// insist writes rows, however long the database is away. After a failure it
// writes fewer at once: a slow database may have been too slow for that many,
// and of rows that it refuses the others are to be written. A row that it
// refuses for good is lost, so that those behind it are not.
func (w *writer) insist(rows []row) {
	failures, refusals := 0, 0
	for len(rows) > 0 && w.ctx.Err() == nil {
		n := min(w.size, len(rows))
		err := w.write(rows[:n])
		if err == nil {
			if failures > 0 {
				w.logger.LogAttrs(w.ctx, slog.LevelInfo, "the audit trail is written again",
					slog.Int("failures", failures))
			}
			failures, refusals, rows, w.size = 0, 0, rows[n:], min(2*w.size, batchSize)
			continue
		}
		why := refusalOf(err)
		if why != unanswered && n == 1 {
			refusals++
		}
		if n == 1 && (why == forGood || refusals >= mostRefusals) && w.ctx.Err() == nil {
			w.lose(rows[0], err)
			refusals, rows = 0, rows[1:]
			continue
		}
		failures, w.size = failures+1, max(n/2, 1)
		if why == forGood {
			continue // with fewer, until the row is found that is at fault
		}
		w.complain(err)
		select {
		case <-w.ctx.Done():
		case <-time.After(w.pause):
		}
	}
	for _, r := range rows {
		w.left += r.events
	}
}

// lose gives up a row that the database refuses.
func (w *writer) lose(r row, err error) {
	w.logger.LogAttrs(w.ctx, slog.LevelError, "the database refuses an event of the audit trail; it is lost",
		slog.String("kind", r.Kind), slog.String("id", r.ID), slog.String("request_id", r.RequestID), alarm.Cause(err))
	w.refuse(r, err)
}

// complain logs why rows were not written; insist waits between two attempts.
func (w *writer) complain(err error) {
	if w.ctx.Err() != nil {
		return
	}
	w.logger.LogAttrs(w.ctx, slog.LevelError, "the audit trail cannot be written; events wait", alarm.Cause(err))
}

// write inserts rows in one statement. Rows that it has inserted before, but was
// not told so, remain as they are.
func (w *writer) write(rows []row) (err error) {
	defer func() {
		if p := recover(); p != nil { // a plugin of the database's, or its driver
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = sqlkit.Exec(w.ctx, sqlkit.Pool(w.db), w.insert, string(list))
	return err
}

// insertStatement returns the statement that inserts a list of rows, which is a
// parameter. It needs no right but to insert.
func insertStatement(db *gorm.DB) string {
	names, values := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i] = `"` + c.name + `"`
		values[i] = fmt.Sprintf("CAST(r ->> '%s' AS %s)", c.name, c.typ(db))
	}
	source := "json_array_elements(CAST(" + sqlkit.Placeholder(db, 1) + " AS json)) AS l(r)"
	if db.Name() == "sqlite" {
		// Without WHERE the ON would be that of a join.
		source = "(SELECT value AS r FROM json_each(" + sqlkit.Placeholder(db, 1) + ")) WHERE true"
	}
	return fmt.Sprintf(`INSERT INTO "ginauth_audit" (%s) SELECT %s FROM %s ON CONFLICT DO NOTHING`,
		strings.Join(names, ", "), strings.Join(values, ", "), source)
}
