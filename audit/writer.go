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
)

// writer inserts rows, and tries again until they are in the table or it is
// stopped.
type writer struct {
	db     *gorm.DB
	insert string
	size   int // how many rows the next statement inserts, at most
	logger *slog.Logger

	ctx  context.Context //nolint:containedctx // it ends with the trail
	stop context.CancelCauseFunc
	done chan struct{}
	left int // how many rows were not written; read after done
}

func newWriter(db *gorm.DB, logger *slog.Logger) writer {
	ctx, stop := context.WithCancelCause(context.Background())
	return writer{db: db, insert: insertStatement(db), size: batchSize, logger: logger, ctx: ctx, stop: stop, done: make(chan struct{})}
}

// insist writes rows, however long it takes. After a failure it writes fewer at
// once: a slow database may have been too slow for that many.
func (w *writer) insist(rows []row) {
	failures := 0
	for len(rows) > 0 && w.ctx.Err() == nil {
		n := min(w.size, len(rows))
		err := w.write(rows[:n])
		if err == nil {
			if failures > 0 {
				w.logger.LogAttrs(w.ctx, slog.LevelInfo, "the audit trail is written again", slog.Int("failures", failures))
			}
			failures, rows, w.size = 0, rows[n:], min(2*w.size, batchSize)
			continue
		}
		failures, w.size = failures+1, max(n/2, 1)
		w.complain(err)
		select {
		case <-w.ctx.Done():
		case <-time.After(retryAfter):
		}
	}
	w.left += len(rows)
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
		source = "(SELECT value AS r FROM json_each(" + sqlkit.Placeholder(db, 1) + ")) WHERE true" // or ON is that of a join
	}
	return fmt.Sprintf(`INSERT INTO "ginauth_audit" (%s) SELECT %s FROM %s ON CONFLICT DO NOTHING`,
		strings.Join(names, ", "), strings.Join(values, ", "), source)
}
