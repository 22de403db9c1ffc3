package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/ginauth/ginauth/internal/wiring"
)

// ErrBusy reports that a password was not hashed because too many others were
// waiting before it (see [Limits]). It is not a refusal. An error that matches
// ErrBusy has a method RetryAfter() time.Duration, which becomes the
// Retry-After of a 503.
var ErrBusy = errors.New("password: too many passwords are waiting to be hashed")

// Limits bounds the work of hashing, so that a flood of logins cannot exhaust
// the processor or the memory: hashing is slow and takes much memory by design.
// It uses at most Concurrent times the memory of the largest hash, new or
// stored, about 19 MiB with the default hasher, plus what Go has not collected
// yet.
type Limits struct {
	Concurrent int // hashes at once; default: GOMAXPROCS
	// maximum number of waiting callers; more get ErrBusy at once; default: 64
	// times Concurrent
	Queue int
	Wait  time.Duration // maximum wait before ErrBusy, and its Retry-After; default: 5 seconds
}

// Validate returns an error if a limit is negative.
func (l Limits) Validate() error {
	if l.Concurrent < 0 || l.Queue < 0 || l.Wait < 0 {
		return errors.New("must not be negative; leave a limit out for its default")
	}
	return nil
}

func (l Limits) withDefaults() Limits {
	if l.Concurrent == 0 {
		l.Concurrent = runtime.GOMAXPROCS(0)
	}
	if l.Queue == 0 {
		l.Queue = 64 * l.Concurrent
	}
	if l.Wait == 0 {
		l.Wait = 5 * time.Second
	}
	return l
}

// CheckerConfig configures [NewChecker].
type CheckerConfig struct {
	Limits Limits

	// KeepHashes makes [Checker.Check] return no replacements. Default: false.
	KeepHashes bool
}

// Checker makes and checks hashes within [Limits]. It is safe for concurrent
// use.
type Checker struct {
	hashers Hashers
	limits  Limits
	keep    bool
	places  chan struct{} // one for each hash that may be computed at once
	waiting atomic.Int64
	level   level
}

// NewChecker returns a Checker that verifies with all hashers and makes new
// hashes with the first. It panics if hashers is empty.
func NewChecker(hashers Hashers, config ...CheckerConfig) *Checker {
	c := wiring.Config("password: NewChecker", config)
	if len(hashers) == 0 {
		panic("password: NewChecker was given no hashers")
	}
	limits := c.Limits.withDefaults()
	return &Checker{
		hashers: hashers, limits: limits, keep: c.KeepHashes, places: make(chan struct{}, limits.Concurrent),
	}
}

// KeepsHashes reports whether stored hashes are left as they are (see
// [CheckerConfig]).
func (c *Checker) KeepsHashes() bool { return c.keep }

// Hashers returns the hashers.
func (c *Checker) Hashers() Hashers { return c.hashers }

// Result is the outcome of [Checker.Check].
type Result struct {
	OK bool // the password is right
	// a new hash, if the password is right and the first hasher would make
	// another one
	Replacement string
	Err         error // why the replacement could not be made
}

// Check compares a password with a hash when its turn has come. A wrong
// password costs the same for every value of encoded, including the empty
// string for an absent user: one hash of the preferred algorithm and one of
// each other that the Checker has met, with the strongest parameters met. The
// error is [ErrBusy] or the context's.
func (c *Checker) Check(ctx context.Context, password, encoded string) (r Result, err error) {
	err = c.InTurn(ctx, func() { r = c.check(password, encoded, c.keep) })
	return r, err
}

// Verify is [Checker.Check] without a replacement.
func (c *Checker) Verify(ctx context.Context, password, encoded string) (r Result, err error) {
	err = c.InTurn(ctx, func() { r = c.check(password, encoded, true) })
	return r, err
}

func (c *Checker) check(password, encoded string, keep bool) (r Result) {
	met := c.level.meet(c.hashers, encoded)
	r.OK = c.hashers.verify(password, encoded, met.floor(c.hashers))
	switch {
	case !r.OK:
		met.spend(c.hashers, password, encoded)
	case !keep && c.hashers.outdated(password, encoded):
		r.Replacement, r.Err = c.hashers.MakePassword(password)
	}
	return r
}

// Make returns a new hash of a password when its turn has come. For the empty
// password it returns a value that no password matches (see [MakeUnusable]).
// The error may also be [ErrBusy].
func (c *Checker) Make(ctx context.Context, password string) (encoded string, err error) {
	if password == "" {
		return MakeUnusable(), nil
	}
	var failed error
	err = c.InTurn(ctx, func() { encoded, failed = c.hashers.MakePassword(password) })
	return encoded, errors.Join(err, failed)
}

// InTurn calls f, which computes a hash, when its turn has come. If that is too
// late, it does not call f and returns [ErrBusy] or the context's error.
func (c *Checker) InTurn(ctx context.Context, f func()) error {
	if err := c.enter(ctx); err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	defer func() { <-c.places }()
	f()
	return nil
}

// enter takes a place, in the order of the calls.
func (c *Checker) enter(ctx context.Context) error {
	select {
	case c.places <- struct{}{}:
		return nil
	default:
	}
	defer c.waiting.Add(-1)
	if c.waiting.Add(1) > int64(c.limits.Queue) {
		return busy{c.limits.Wait}
	}
	timeout := time.NewTimer(c.limits.Wait)
	defer timeout.Stop()
	select {
	case c.places <- struct{}{}:
		return nil
	case <-timeout.C:
		return busy{c.limits.Wait}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// busy is ErrBusy with the time to wait before another attempt.
type busy struct{ wait time.Duration }

func (busy) Error() string               { return ErrBusy.Error() }
func (busy) Is(target error) bool        { return target == ErrBusy }
func (b busy) RetryAfter() time.Duration { return b.wait }
