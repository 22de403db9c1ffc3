package ginauth

import (
	"crypto/rand"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// requestIDHeader carries the id of a request, in requests and in answers.
const requestIDHeader = "X-Request-ID"

// RequestID returns the id of a request, which is in every [Event] and log
// record about it, and in the header X-Request-ID of answers with a status of
// 500 or more. It is the first of these:
//
//   - the answer's header X-Request-ID as middleware before the guard has set
//     it, such as gin-contrib/requestid;
//   - the request's header X-Request-ID, or else the trace id of its
//     traceparent (W3C Trace Context), if the peer is a trusted proxy, as
//     [ClientAddress] decides. Others could choose the id of another request;
//   - a random text.
//
// An id has at most 128 characters, which are ASCII letters, digits and
// "-_.:/+=@"; any other text is passed over.
func RequestID(c *gin.Context) string { return requestIDOf(c).String() }

// requestID is the id of a request, which is made up when it is first needed.
type requestID struct {
	once sync.Once
	text string
}

func (r *requestID) String() string {
	r.once.Do(func() {
		if r.text == "" {
			r.text = rand.Text()
		}
	})
	return r.text
}

// requestIDOf returns the id of a request, which it keeps in the context.
func requestIDOf(c *gin.Context) *requestID {
	if value, ok := c.Get(requestIDKey); ok {
		return value.(*requestID)
	}
	id := &requestID{text: givenRequestID(c)}
	// The origin is that of a request which Gin has passed to another route.
	if o, ok := c.Request.Context().Value(originKey{}).(*origin); ok {
		id = o.id
	}
	c.Set(requestIDKey, id)
	return id
}

// givenRequestID returns the id that middleware or a trusted proxy has given to
// a request, or "".
func givenRequestID(c *gin.Context) string {
	if id := c.Writer.Header().Get(requestIDHeader); isRequestID(id) {
		return id
	}
	b := bindingOf(c)
	if b == nil || !b.auth.proxies().isPeer(c.Request) {
		return ""
	}
	if id := c.Request.Header.Get(requestIDHeader); isRequestID(id) {
		return id
	}
	return traceID(c.Request.Header.Get("traceparent"))
}

const maxRequestID = 128

func isRequestID(text string) bool {
	return text != "" && len(text) <= maxRequestID && !strings.ContainsFunc(text, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("-_.:/+=@", r)
	})
}

// traceID returns the trace id of a traceparent, or "":
// 00-<32 hex digits>-<16 hex digits>-<2 hex digits>.
func traceID(traceparent string) string {
	parts := strings.Split(traceparent, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || len(parts[1]) != 32 || strings.Trim(parts[1], "0") == "" ||
		strings.ContainsFunc(parts[1], func(r rune) bool { return (r < 'a' || r > 'f') && (r < '0' || r > '9') }) {
		return ""
	}
	return parts[1]
}
