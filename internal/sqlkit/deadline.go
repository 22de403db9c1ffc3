package sqlkit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Timeout bounds how long a statement waits for the database. It is a setting
// of a database, a GORM plugin, and read whenever a statement begins.
type Timeout time.Duration

// DefaultTimeout bounds the statements of databases without a setting.
const DefaultTimeout Timeout = Timeout(2 * time.Second)

const timeoutPlugin = "ginauth:timeout"

// Name implements [gorm.Plugin].
func (Timeout) Name() string { return timeoutPlugin }

// Initialize implements [gorm.Plugin].
func (Timeout) Initialize(*gorm.DB) error { return nil }

// TimeoutOf returns how long statements wait for a database.
func TimeoutOf(db *gorm.DB) time.Duration {
	if t, ok := db.Plugins[timeoutPlugin].(Timeout); ok {
		return time.Duration(t)
	}
	return time.Duration(DefaultTimeout)
}

// Unbounded returns a context under which statements take as long as they need:
// those of migrations, commands and clean-ups, which no client waits for.
func Unbounded(ctx context.Context) context.Context {
	return context.WithValue(ctx, unbounded{}, true)
}

type unbounded struct{}

// deadline bounds a wait for the database, including the wait for a connection
// of the pool. Its context ends with the caller's, or when the wait has lasted
// for the timeout without a break.
type deadline struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: unbounded
	limit  time.Duration
}

// within begins a wait. The caller must end it.
func within(ctx context.Context, db *gorm.DB) deadline {
	if ctx.Value(unbounded{}) != nil {
		return deadline{ctx: ctx}
	}
	limit := TimeoutOf(db)
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(late(limit)) })
	return deadline{ctx, cancel, timer, limit}
}

// pause stops the clock while the caller is busy with something else.
func (d *deadline) pause() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// resume starts the clock again, from zero.
func (d *deadline) resume() {
	if d.timer != nil {
		d.timer.Reset(d.limit)
	}
}

// end ends the wait. It returns the error of what was waited for, or that the
// wait was too long, which each driver reports in words of its own.
func (d *deadline) end(err error) error {
	if d.timer == nil {
		return err
	}
	d.timer.Stop()
	if why, ok := errors.AsType[late](context.Cause(d.ctx)); ok && err != nil {
		err = why
	}
	d.cancel(nil)
	return err
}

// late is the error of a statement that took longer than the timeout.
type late time.Duration

func (l late) Error() string {
	return fmt.Sprintf("the database did not answer within %v", time.Duration(l))
}

// Unwrap makes it a [context.DeadlineExceeded].
func (late) Unwrap() error { return context.DeadlineExceeded }
