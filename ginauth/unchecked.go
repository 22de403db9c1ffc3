package ginauth

import (
	"bufio"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

var errUnchecked = errors.New("the route has a rule about objects, but the handler answered without applying it: " +
	"declare ginauth.Object, call ginauth.CheckObject or policies.Filter, or declare ginauth.NoObject")

// RefuseUncheckedObjects decides what happens when a handler answers with a
// status below 400 although the rules about objects of its route were never
// asked. If refuse is true, the client gets a bare 500 instead; what the
// handler has done is not undone. If it is false, the answer is sent. Either is
// logged at level Error and counted; see [Auth.UncheckedObjects]. The default
// is true, or false if Gin is in release mode when [New] is called.
func RefuseUncheckedObjects(refuse bool) Option {
	return setting(func(a *Auth) { a.refuseUnchecked = refuse })
}

// UncheckedObjects returns the number of requests that handlers have answered
// although the rules about objects of their route were never asked. It is for
// the application's metrics: any number but zero shows a hole. DRF lets such
// requests pass silently.
func (a *Auth) UncheckedObjects() uint64 { return a.unchecked.Load() }

// watch runs the rest of the chain, and ensures that the rules about objects
// are asked before the answer.
func (b *binding) watch(c *gin.Context, state *objectState) {
	if !b.auth.refuseUnchecked {
		c.Next()
		if b.answeredUnchecked(c, state) {
			b.reportUnchecked(c)
		}
		return
	}
	w := &watchedWriter{ResponseWriter: c.Writer, before: maps.Clone(c.Writer.Header())}
	w.unchecked = func() bool { return b.answeredUnchecked(c, state) }
	w.refuse = func() {
		b.reportUnchecked(c)
		c.Writer = w.ResponseWriter     // the refusal is not judged
		defer func() { c.Writer = w }() // also if the renderer panics, which the handler may recover from
		b.refuse(c, ServerError(errUnchecked), 0, nil)
		c.Writer.WriteHeaderNow()
	}
	c.Writer = w
	c.Next()
	w.stands()
	if c.Writer == gin.ResponseWriter(w) {
		c.Writer = w.ResponseWriter
	}
}

// answeredUnchecked reports whether the handlers of a request answer, or are
// about to, without having asked the rules about objects. A request that Gin
// has passed to another route (HandleContext) belongs to that route.
func (b *binding) answeredUnchecked(c *gin.Context, state *objectState) bool {
	if value, _ := c.Get(objectKey); value != state {
		return false
	}
	return !state.checked.Load() && c.Writer.Status() < http.StatusBadRequest
}

func (b *binding) reportUnchecked(c *gin.Context) {
	b.auth.unchecked.Add(1)
	b.auth.events.log.log().LogAttrs(c.Request.Context(), slog.LevelError, "ginauth: "+errUnchecked.Error(),
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()),
		slog.String("declared", b.source.String()), slog.String("request_id", RequestID(c)))
}

// watchedWriter judges an answer when it begins. If the answer is refused, it
// drops what the handler writes.
type watchedWriter struct {
	gin.ResponseWriter
	before          http.Header // when the guard let the request pass
	unchecked       func() bool
	refuse          func()
	judged, refused bool
	dropped         http.Header // set by the handler after the refusal, such as trailers
}

// stands judges the answer, once, and reports whether it may be written.
func (w *watchedWriter) stands() bool {
	if !w.judged {
		w.judged = true
		if w.unchecked() {
			w.refused = true
			clear(w.ResponseWriter.Header())
			maps.Copy(w.ResponseWriter.Header(), w.before)
			w.refuse()
		}
	}
	return !w.refused
}

// Header returns the header of the answer or, after a refusal, one that is
// dropped.
func (w *watchedWriter) Header() http.Header {
	if !w.refused {
		return w.ResponseWriter.Header()
	}
	if w.dropped == nil {
		w.dropped = http.Header{}
	}
	return w.dropped
}

func (w *watchedWriter) WriteHeader(code int) {
	if !w.refused {
		w.ResponseWriter.WriteHeader(code)
	}
}

func (w *watchedWriter) WriteHeaderNow() {
	if w.stands() {
		w.ResponseWriter.WriteHeaderNow()
	}
}

func (w *watchedWriter) Write(data []byte) (int, error) {
	if !w.stands() {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}

func (w *watchedWriter) WriteString(s string) (int, error) {
	if !w.stands() {
		return len(s), nil
	}
	return w.ResponseWriter.WriteString(s)
}

func (w *watchedWriter) Flush() {
	if w.stands() {
		w.ResponseWriter.Flush()
	}
}

func (w *watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !w.stands() {
		return nil, nil, errUnchecked
	}
	return w.ResponseWriter.Hijack()
}

// Unwrap returns the underlying writer, for [http.ResponseController].
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
