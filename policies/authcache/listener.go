package authcache

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/announcement"
)

// Channel carries announcements of revocations between servers: PostgreSQL's
// (database.NewChannel) or Redis' (package policies/redischannel).
type Channel interface {
	// Listen connects to the channel and calls joined once nothing that is
	// announced from then on will be missed, and heard for each announcement.
	// It returns when the context ends or the connection is lost, at the latest
	// some seconds after the channel has fallen silent, and always with an
	// error. It does not reconnect. Both functions return at once.
	Listen(ctx context.Context, joined func(), heard func(message string)) error
}

// Listener hears what is revoked on any server, and makes the caches of this
// process drop it; see [Config]. One serves all caches of a process, with one
// connection.
//
//   - While the channel is cut, caches keep their answers for MaxStaleness, and
//     the Listener reconnects after a random wait, of 5 seconds at most. When it
//     has joined the channel, it drops everything that it may have missed the
//     end of, that is all caches.
//   - An announcement can only drop what a cache keeps. It holds no secret, and
//     names no user.
//   - The memory that it needs does not depend on what it hears.
//
// A channel that is cut, and that is joined again, is logged to [slog.Default].
type Listener struct {
	drops  drops
	cancel context.CancelFunc
	done   chan struct{}
}

// NewListener starts to listen, in the background. It does not wait for the
// channel. It panics if the channel is nil.
func NewListener(channel Channel) *Listener {
	if channel == nil {
		panic("authcache: NewListener was given no channel")
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Listener{drops: drops{began: time.Now()}, cancel: cancel, done: make(chan struct{})}
	go l.run(ctx, channel)
	return l
}

// Close ends the connection and waits for that. Caches keep their answers for
// MaxStaleness from then on. It always returns nil.
func (l *Listener) Close() error {
	l.cancel()
	<-l.done
	return nil
}

// The waits between two connections: the first, and the longest. A connection
// that has lasted for the longest counts as a success.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// cutEvery is how often a channel that is cut is logged.
const cutEvery = time.Minute

func (l *Listener) run(ctx context.Context, channel Channel) {
	defer close(l.done)
	var cut alarm.Alarm
	wait, logged := firstWait, false
	joined := func() {
		l.drops.hear(announcement.Everything)
		if logged {
			slog.Info("ginauth: revocations on other servers are heard again")
		}
		logged = false
	}
	for ctx.Err() == nil {
		began := time.Now()
		err := channel.Listen(ctx, joined, l.drops.hear)
		if ctx.Err() != nil {
			return
		}
		if _, due := cut.Ring(cutEvery); due && err != nil {
			logged = true
			slog.Warn("ginauth: revocations on other servers are not heard; "+
				"caches refuse what was revoked after their MaxStaleness", alarm.Cause(err))
		}
		if time.Since(began) >= longestWait {
			wait = firstWait
		}
		sleep(ctx, wait/2+rand.N(wait/2)) //nolint:gosec // not a secret
		wait = min(2*wait, longestWait)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// moment and silent are those of drops. Without a Listener nothing is heard.
func (l *Listener) moment() moment {
	if l == nil {
		return 0
	}
	return l.drops.moment()
}

func (l *Listener) silent(since moment, slots []uint16) bool {
	return l == nil || l.drops.silent(since, slots)
}
