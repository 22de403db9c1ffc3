package models

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
)

// ErrBusy says that a password was not hashed, since too many others were before it (see [HashingLimits]). It is no refusal. The
// error that is ErrBusy has a method RetryAfter() time.Duration, which becomes the Retry-After of a 503.
var ErrBusy = errors.New("models: too many passwords are waiting to be hashed")

// HashingLimits bounds the work of hashing passwords, which is slow and takes much memory by design, so that a flood of logins can
// exhaust neither. The limits hold for all that use one [gorm.DB] or a session of it: Basic, every login endpoint, API keys with
// slow hashes. It is a GORM plugin, for other limits than the defaults:
//
//	err := db.Use(models.HashingLimits{Concurrent: 2})
//
// Memory is at most Concurrent times that of a hash, about 19 MiB with the default hasher, and what Go has not collected yet.
type HashingLimits struct {
	Concurrent int           // hashes at once; default: GOMAXPROCS
	Queue      int           // callers that wait their turn, more are refused with ErrBusy at once; default: 64 times Concurrent
	Wait       time.Duration // how long they wait before they are refused, and Retry-After; default: 5 seconds
}

const hashingPlugin = "ginauth:hashing_limits"

// Name is the plugin's name.
func (HashingLimits) Name() string { return hashingPlugin }

// Initialize refuses negative limits, and those that come too late.
func (l HashingLimits) Initialize(db *gorm.DB) error {
	if l.Concurrent < 0 || l.Queue < 0 || l.Wait < 0 {
		return errors.New("models: HashingLimits must not be negative; leave a limit out for its default")
	}
	return setting.Late(db, hashingPlugin, "models: HashingLimits", hashersReaders)
}

func (l HashingLimits) withDefaults() HashingLimits {
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

// hashing is where all passwords of a database are hashed. It is safe for concurrent use.
type hashing struct {
	limits  HashingLimits
	places  chan struct{} // one for each hash that may be computed at once
	waiting atomic.Int64
	level   level
}

// newHashing reads the limits of a database.
func newHashing(db *gorm.DB) *hashing {
	limits, _ := setting.Of[HashingLimits](db, hashingPlugin)
	limits = limits.withDefaults()
	return &hashing{limits: limits, places: make(chan struct{}, limits.Concurrent)}
}

// hashingOf returns the one of db, the same for all its sessions.
func hashingOf(db *gorm.DB) *hashing { return sharedOf(db).hashing }

// inTurn calls f, which computes a hash, when its turn has come. It returns an error, and does not call f, if that is too late.
func (h *hashing) inTurn(ctx context.Context, f func()) error {
	if err := h.enter(ctx); err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	defer func() { <-h.places }()
	f()
	return nil
}

// enter takes a place, in the order of the calls.
func (h *hashing) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(h.limits.Queue) {
		return busy{h.limits.Wait}
	}
	timeout := time.NewTimer(h.limits.Wait)
	defer timeout.Stop()
	select {
	case h.places <- struct{}{}:
		return nil
	case <-timeout.C:
		return busy{h.limits.Wait}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// busy is ErrBusy with the time after which to try again.
type busy struct{ wait time.Duration }

func (busy) Error() string               { return ErrBusy.Error() }
func (busy) Is(target error) bool        { return target == ErrBusy }
func (b busy) RetryAfter() time.Duration { return b.wait }
