package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ginauth/ginauth/internal/alarm"
)

// answerLasts is how long one look at the dependencies serves all requests.
const answerLasts = 500 * time.Millisecond

// readiness asks what a server depends on.
type readiness struct {
	timeout      time.Duration
	log          *slog.Logger
	dependencies []*dependency // by name

	mu   sync.Mutex
	last *look
}

// dependency is something that a server cannot do without.
type dependency struct {
	name string
	ask  func(ctx context.Context) error
	busy atomic.Bool // with a question whose time is over
}

// look is one look at all dependencies.
type look struct {
	done   chan struct{} // closed when the rest is set
	at     time.Time
	failed []string
}

type failure struct {
	name string
	err  error
}

// failed returns the names of the dependencies that have failed. It waits for
// the timeout at most.
func (r *readiness) failed() []string {
	r.mu.Lock()
	l := r.last
	if l == nil || l.outdated() {
		before := l
		l = &look{done: make(chan struct{})}
		r.last = l
		go r.look(l, before)
	}
	r.mu.Unlock()
	<-l.done
	return l.failed
}

func (l *look) outdated() bool {
	select {
	case <-l.done:
		return time.Since(l.at) >= answerLasts
	default:
		return false
	}
}

// look asks all dependencies at once, and logs if others have failed than
// before.
func (r *readiness) look(l, before *look) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	answers := make([]error, len(r.dependencies))
	var wg sync.WaitGroup
	for i, d := range r.dependencies {
		wg.Go(func() { answers[i] = d.answer(ctx) })
	}
	wg.Wait()
	var failures []failure
	for i, err := range answers {
		if err != nil {
			failures = append(failures, failure{r.dependencies[i].name, err})
			l.failed = append(l.failed, r.dependencies[i].name)
		}
	}
	l.at = time.Now()
	close(l.done)
	var known []string
	if before != nil {
		known = before.failed
	}
	switch {
	case slices.Equal(known, l.failed):
	case len(l.failed) > 0:
		r.log.LogAttrs(ctx, slog.LevelError, "the server is not ready", slog.String("cause", summary(failures)))
	default:
		r.log.LogAttrs(ctx, slog.LevelInfo, "the server is ready again")
	}
}

// errUnanswered is the failure of a dependency that ignores that its time is
// over. It is not asked again until it has answered.
var errUnanswered = errors.New("has not answered an earlier question")

// answer asks, and waits until ctx is done at most.
func (d *dependency) answer(ctx context.Context) error {
	if !d.busy.CompareAndSwap(false, true) {
		return errUnanswered
	}
	answered := make(chan error, 1)
	go func() {
		err := d.call(ctx)
		d.busy.Store(false)
		answered <- err
	}()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call asks. A panic is a failure, because nothing else would catch it here.
func (d *dependency) call(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return d.ask(ctx)
}

// summary is what the log says of the dependencies that failed.
func summary(failures []failure) string {
	lines := make([]string, len(failures))
	for i, f := range failures {
		lines[i] = f.name + ": " + alarm.CauseText(f.err)
	}
	return strings.Join(lines, "; ")
}
