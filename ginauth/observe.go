package ginauth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/alarm"
)

// Observers adds observers. Each receives every [Event], in the order given,
// besides the [Logger]. Observers panics if one of them is nil.
func Observers(first Observer, more ...Observer) Option {
	all := append([]Observer{first}, more...)
	for _, o := range all {
		if isNothing(o) {
			panic("ginauth: Observers was given nil; leave it out to observe nothing")
		}
	}
	return setting(func(a *Auth) {
		for _, o := range all {
			p, ok := o.(PassObserver)
			passes := ok && p.ObservesPasses()
			a.events.observers = append(a.events.observers, observer{o, passes})
			a.events.passes = a.events.passes || passes
		}
	})
}

type observer struct {
	Observer
	passes bool
}

// events tells the log and the observers of an Auth.
type events struct {
	log       eventLog
	observers []observer
	passes    bool // one of the observers is told of requests that pass
}

// unguarded receives the events of requests that no guard has decided about,
// and of no request at all.
var unguarded events

// Emit sends an event to the observers and the log. Handlers that issue, rotate
// or revoke credentials of their own call it; the packages of this module call
// it for theirs.
//
// The context is the *gin.Context of a request, or that of [Context], or one
// derived from either. By it Emit finds the [Auth], and sets the fields about
// the request, and the time and the subject if they are zero. Without one, the
// event goes to [slog.Default] only. Hosts, users and databases are removed
// from the cause.
func Emit(ctx context.Context, e Event) {
	o := originOf(ctx)
	events := o.events()
	line, heard := events.hears(ctx, &e)
	if !heard {
		return
	}
	e.Cause = alarm.Redact(e.Cause)
	events.emit(ctx, o, e, line)
}

// hears decides whether an event is logged, and whether anything wants it.
func (s *events) hears(ctx context.Context, e *Event) (l line, heard bool) {
	l = s.log.lineFor(ctx, e)
	return l, l.due || len(s.observers) > 0
}

// emit completes an event and tells it.
func (s *events) emit(ctx context.Context, o *origin, e Event, l line) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	o.describe(&e)
	if len(s.observers) > 0 {
		ctx = o.told(ctx)
	}
	for _, observer := range s.observers {
		if e.Kind != RequestPassed || observer.passes {
			s.tell(ctx, observer, e)
		}
	}
	if l.due {
		s.log.write(ctx, l, &e)
	}
}

// tell calls an observer. A panic must neither answer the request nor let it
// pass, nor keep the event from the other observers.
func (s *events) tell(ctx context.Context, o observer, e Event) {
	defer func() {
		if p := recover(); p != nil {
			s.log.panicked(ctx, o.Observer, p, debug.Stack())
		}
	}()
	o.Observe(ctx, e)
}

// record tells the answer to a request that does not pass.
func (b *binding) record(c *gin.Context, answer *Error, took time.Duration, d *decision) {
	ctx, events := c.Request.Context(), &b.auth.events
	e := Event{Kind: kindOf(answer), Status: answer.Status, Code: answer.Code, Duration: took}
	l, heard := events.hears(ctx, &e)
	if !heard {
		return
	}
	if d.isLogged() {
		l.decision = d.steps()
	}
	cause := answer.Err
	if by, ok := cause.(refusedBy); ok { //nolint:errorlint // the outermost is the class of the route
		e.Class, cause = Name(by.class), by.err
	}
	if cause != nil {
		e.Cause = alarm.CauseText(cause)
	}
	events.emit(ctx, originIn(c), e, l)
}

// admit tells that a request passes. If there are observers, it prepares the
// request for the events of its handlers: it replaces c.Request, and returns
// the one before, and otherwise nil.
func (b *binding) admit(c *gin.Context, took time.Duration, d *decision) (before *http.Request) {
	o, events := originIn(c), &b.auth.events
	if len(events.observers) > 0 {
		before = c.Request
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), originKey{}, o))
	}
	if events.passes || d.isLogged() {
		l := line{due: d.isLogged(), level: slog.LevelDebug, decision: d.steps()}
		events.emit(c.Request.Context(), o, Event{Kind: RequestPassed, Duration: took}, l)
	}
	return before
}

// since returns the time since began, or 0 if that is zero.
func since(began time.Time) time.Duration {
	if began.IsZero() {
		return 0
	}
	return time.Since(began)
}

// kindOf returns what an answer is to the operator.
func kindOf(e *Error) EventKind {
	switch {
	case e.Status >= http.StatusInternalServerError && errors.Is(e, context.Canceled):
		return RequestCanceled
	case e.Status >= http.StatusInternalServerError:
		return RequestFailed
	case e.Status == http.StatusTooManyRequests:
		return RequestThrottled
	}
	return RequestRefused
}
