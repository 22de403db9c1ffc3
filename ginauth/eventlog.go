package ginauth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ginauth/ginauth/internal/alarm"
)

// eventLog writes events to a logger. It stands behind every Auth, and before
// the observers: what it does not write, because of its level, costs nothing.
type eventLog struct {
	logger *slog.Logger // nil: slog.Default at the time of the event
	alarms sync.Map     // of failures, by what failed: *alarm.Alarm
}

// outageEvery is how often a server that fails every request says so at level
// Error.
const outageEvery = time.Second

// line says whether and how an event is logged.
type line struct {
	due      bool
	level    slog.Level
	failures int    // that it stands for
	decision string // what the guard has asked
}

// lineFor counts a failure, and decides whether an event is logged. Of the
// failures of an outage one a second is an Error that says how many there were;
// the others are at Debug.
func (l *eventLog) lineFor(ctx context.Context, e *Event) line {
	n := line{level: slog.LevelDebug}
	switch {
	case e.Kind == RequestPassed: // the guard writes it, with its decision
		return line{}
	case e.Kind == CredentialReused:
		n.level = slog.LevelWarn
	case e.Kind == RequestFailed && e.Status != http.StatusServiceUnavailable:
		n.level = slog.LevelError
	case e.Kind == RequestFailed, e.Kind == StoreFailed:
		var due bool
		if n.failures, due = l.alarm(e).Ring(outageEvery); due {
			n.level = slog.LevelError
		}
	}
	n.due = l.log().Enabled(ctx, n.level)
	return n
}

// alarm returns the alarm of an outage: one for requests, which most often fail
// for one reason, and one for each class that goes on without its store. There
// are as many as the program has classes.
func (l *eventLog) alarm(e *Event) *alarm.Alarm {
	key := ""
	if e.Kind == StoreFailed {
		key = e.Class + " " + e.Code
	}
	if known, ok := l.alarms.Load(key); ok {
		return known.(*alarm.Alarm)
	}
	made, _ := l.alarms.LoadOrStore(key, &alarm.Alarm{})
	return made.(*alarm.Alarm)
}

func (l *eventLog) log() *slog.Logger {
	if l.logger == nil {
		return slog.Default()
	}
	return l.logger
}

// write logs an event, without the fields that are zero.
func (l *eventLog) write(ctx context.Context, n line, e *Event) {
	attrs := make([]slog.Attr, 0, 16)
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	text("code", e.Code)
	if e.Method != "" {
		attrs = append(attrs, slog.String("method", e.Method), slog.String("route", e.Route))
	}
	text("subject", e.Subject)
	text("owner", e.Owner)
	text("credential", e.Credential)
	text("credential_id", e.CredentialID)
	text("family", e.Family)
	text("class", e.Class)
	text("cause", e.Cause)
	text("decision", n.decision)
	if n.failures > 1 {
		attrs = append(attrs, slog.Int("failures", n.failures))
	}
	if e.Client.IsValid() {
		text("client", e.Client.String())
	}
	text("request_id", e.RequestID)
	l.log().LogAttrs(ctx, n.level, strings.ReplaceAll(string(e.Kind), "_", " "), attrs...)
}

// panicked logs the panic of an observer. Its value may be anything, such as an
// error that names a host.
func (l *eventLog) panicked(ctx context.Context, o Observer, value any, stack []byte) {
	if _, due := l.alarm(&Event{Kind: StoreFailed, Class: "a panic of an observer"}).Ring(outageEvery); !due {
		return
	}
	l.log().LogAttrs(ctx, slog.LevelError, "ginauth: an observer panicked",
		slog.String("observer", fmt.Sprintf("%T", o)),
		alarm.Cause(fmt.Errorf("%v", value)), slog.String("stack", string(stack)))
}
