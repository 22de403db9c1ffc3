package prune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

const (
	leaseName  = "prune"
	leaseTime  = 5 * time.Minute // after which another process takes over from one that has died
	leaseRenew = time.Minute
	retryAfter = time.Minute // after a failure, or the end of the process

	releaseTimeout = 2 * time.Second
)

// errLost is the cause of a run's end when another process has taken over, as
// after a pause of this one.
var errLost = errors.New("prune: another process has taken over")

// Every calls [Expired] once an interval until ctx is done. Of all processes
// that call it on one database, one at a time does so, once an interval for all
// of them; another takes over when that process ends. They agree by a row of
// ginauth_lease, which [models.Migrate] creates, and which also outlasts a
// restart. The first run is at once, unless the last was less than an interval
// ago.
//
// Every blocks, so a server starts it in a goroutine. When ctx is done it
// interrupts the statement that is running and gives the lease away, for which
// it needs the database.
//
// Failures, and panics, are logged and repeated a minute later. Every panics at
// once if the interval is not positive, if a duration in the config is one that
// [Expired] refuses, or if the database cannot have users.
func Every(ctx context.Context, db *gorm.DB, interval time.Duration, config ...Config) {
	c := wiring.Config("prune: Every", config).withDefaults("prune: Every")
	if interval <= 0 {
		panic("prune: Every: the interval must be positive")
	}
	_, err := models.UsersOf(db)
	wiring.Check("prune: Every", err)
	r := runner{lease: newLease(db, leaseName), config: c, interval: interval}
	for ctx.Err() == nil {
		wait, err := r.turn(ctx)
		if err != nil && ctx.Err() == nil {
			r.complain(ctx, err)
			wait = min(interval, retryAfter)
		}
		// Processes that wait for the same time need not all ask at once.
		timer := time.NewTimer(wait + rand.N(time.Second)) //nolint:gosec // not a secret
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// runner is what [Every] works with.
type runner struct {
	lease
	config   Config
	interval time.Duration
}

// turn runs once if it is this process's turn, and returns how long to wait for
// the next.
func (r runner) turn(ctx context.Context) (wait time.Duration, err error) {
	defer func() { err = cmp.Or(recovered(recover()), err) }()
	taken, wait, err := r.take(ctx, leaseTime)
	if err != nil || !taken {
		return wait, err
	}
	next := min(r.interval, retryAfter)
	defer func() { err = errors.Join(err, r.release(ctx, next)) }()
	began := time.Now()
	deleted, err := r.run(ctx)
	if err != nil {
		return 0, err
	}
	next = r.interval
	r.config.Logger.LogAttrs(ctx, slog.LevelInfo, "expired rows were deleted",
		append(deleted.attributes(), slog.Duration("took", time.Since(began)))...)
	return r.interval, nil
}

// complain logs why rows were not deleted.
func (r runner) complain(ctx context.Context, err error) {
	attributes := []slog.Attr{alarm.Cause(err)}
	if p, ok := errors.AsType[*panicked](err); ok {
		attributes = append(attributes, slog.String("stack", string(p.stack)))
	}
	r.config.Logger.LogAttrs(ctx, slog.LevelError, "expired rows were not deleted", attributes...)
}

// panicked is the error for a panic.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

// recovered returns an error for what recover has returned, or nil.
func recovered(value any) error {
	if value == nil {
		return nil
	}
	return &panicked{value, debug.Stack()}
}

// release makes the lease free after a time, also if ctx is done.
func (r runner) release(ctx context.Context, after time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_, err := r.keep(ctx, after)
	return err
}

// run is [Expired] as long as this process has the lease.
func (r runner) run(ctx context.Context) (Deleted, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		defer func() { stop(recovered(recover())) }()
		for held := true; held && ctx.Err() == nil; {
			select {
			case <-ctx.Done():
			case <-time.After(leaseRenew):
				var err error
				if held, err = r.keep(ctx, leaseTime); err != nil {
					held = true // as far as is known
				}
			}
		}
		stop(errLost)
	}()
	return run(ctx, r.db, r.config)
}

func (d Deleted) attributes() []slog.Attr {
	return []slog.Attr{
		slog.Int64("sessions", d.Sessions), slog.Int64("jwts", d.JWTs), slog.Int64("families", d.Families),
		slog.Int64("access_tokens", d.AccessTokens), slog.Int64("login_failures", d.LoginFailures),
		slog.Int64("audit", d.Audit), slog.Int64("api_key_limits", d.APIKeyLimits),
	}
}
