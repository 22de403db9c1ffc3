package handlers

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestReadiness follows a server whose store fails, hangs and comes back. Each
// step is asked for by ten requests at once.
func TestReadiness(t *testing.T) {
	down, hangs, ignores := errors.New("connection refused"), errors.New("hangs"), errors.New("ignores its time")
	synctest.Test(t, func(t *testing.T) {
		var now error
		var asked atomic.Int64
		var log bytes.Buffer
		r := readiness{timeout: time.Second, log: slog.New(plain{&log}), dependencies: []*dependency{
			{name: "database", ask: func(context.Context) error { return nil }},
			{name: "redis", ask: func(ctx context.Context) error {
				asked.Add(1)
				err := now
				switch err {
				case hangs:
					<-ctx.Done()
					return ctx.Err()
				case ignores:
					time.Sleep(10 * time.Second)
				}
				return err
			}},
		}}
		for _, row := range []struct {
			name   string
			after  time.Duration
			redis  error
			failed string
			asked  int64         // questions so far
			within time.Duration // until the answer
			log    string
		}{
			{"all is well", 0, nil, "", 1, 0, ""},
			{"an answer serves for half a second", answerLasts - 1, down, "", 1, 0, ""},
			{"refused", 1, down, "redis", 2, 0, "ERROR the server is not ready: redis: connection refused"},
			{"still refused, and not logged again", answerLasts, down, "redis", 3, 0, ""},
			{"back", answerLasts, nil, "", 4, 0, "INFO the server is ready again"},
			{"hangs", answerLasts, hangs, "redis", 5, time.Second, "ERROR the server is not ready: redis: context deadline exceeded"},
			{"back again", answerLasts, nil, "", 6, 0, "INFO the server is ready again"},
			{"does not stop", answerLasts, ignores, "redis", 7, time.Second, "ERROR the server is not ready: redis: context deadline exceeded"},
			{"is left alone until it does", answerLasts, nil, "redis", 7, 0, ""},
			{"back at last", time.Minute, nil, "", 8, 0, "INFO the server is ready again"},
		} {
			time.Sleep(row.after)
			now = row.redis
			began := time.Now()
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if failed := strings.Join(r.failed(), " "); failed != row.failed {
						t.Errorf("%s: failed are %q, want %q", row.name, failed, row.failed)
					}
				})
			}
			wg.Wait()
			if took := time.Since(began); took != row.within {
				t.Errorf("%s: answered after %s, want %s", row.name, took, row.within)
			}
			if n := asked.Load(); n != row.asked {
				t.Errorf("%s: asked %d times so far, want %d", row.name, n, row.asked)
			}
			synctest.Wait() // the log is written after the answer
			if line := strings.TrimSpace(log.String()); line != row.log {
				t.Errorf("%s: logged %q, want %q", row.name, line, row.log)
			}
			log.Reset()
		}
	})
}

// TestAPanicIsAFailure: nothing else would catch it, and the server would end.
func TestAPanicIsAFailure(t *testing.T) {
	d := &dependency{name: "redis", ask: func(context.Context) error { panic("no client") }}
	for range 2 {
		if err := d.answer(t.Context()); err == nil || err.Error() != "panic: no client" {
			t.Errorf("the answer is %v", err)
		}
	}
}

// plain writes the level, the message and the cause of a record.
type plain struct{ w *bytes.Buffer }

func (plain) Enabled(context.Context, slog.Level) bool { return true }
func (p plain) WithAttrs([]slog.Attr) slog.Handler     { return p }
func (p plain) WithGroup(string) slog.Handler          { return p }

func (p plain) Handle(_ context.Context, r slog.Record) error {
	p.w.WriteString(r.Level.String() + " " + r.Message)
	r.Attrs(func(a slog.Attr) bool {
		p.w.WriteString(": " + a.Value.String())
		return true
	})
	p.w.WriteString("\n")
	return nil
}
