package ginauth

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// origin is the request that events come from. It keeps no *gin.Context, which
// Gin uses for another request once this one has been answered, because events
// may come later than that.
type origin struct {
	auth     *Auth // nil if no guard has decided about the request
	request  *http.Request
	route    string
	identity Identity
	id       *requestID

	noted *Event // describes the request in its place, see WithoutRequest
}

// originIn returns the origin of the events of a request.
func originIn(c *gin.Context) *origin {
	o := &origin{request: c.Request, route: c.FullPath(), identity: current(c), id: requestIDOf(c)}
	if b := bindingOf(c); b != nil {
		o.auth = b.auth
	}
	return o
}

// originKey is the key of the origin in a context.
type originKey struct{}

// originOf returns the origin that a context leads to, or nil.
func originOf(ctx context.Context) *origin {
	if c, ok := ctx.Value(gin.ContextKey).(*gin.Context); ok {
		return originIn(c)
	}
	o, _ := ctx.Value(originKey{}).(*origin)
	return o
}

// Context returns the context of a request, c.Request.Context(), with what
// [Emit] needs. Give it to functions that emit events and take no
// *gin.Context, such as the methods of jwt.Issuer:
//
//	pair, err := issuer.Pair(ginauth.Context(c), login.User, login.Factors...)
//
// It may be used after the request has been answered. With [Observers], the
// guard puts it into c.Request, so that c.Request.Context() will do.
func Context(c *gin.Context) context.Context {
	return context.WithValue(c.Request.Context(), originKey{}, originIn(c))
}

// WithoutRequest returns a context from which [Emit] tells the same observers
// the same about the request as from ctx. It keeps neither the request, such as
// its body and header, nor a deadline or a value of ctx, such as a span. An
// [Observer] that keeps events until later, perhaps many, keeps it in place of
// the context that it is given.
func WithoutRequest(ctx context.Context) context.Context {
	o := originOf(ctx)
	if o == nil {
		return context.Background()
	}
	if o.request != nil {
		o = o.withoutRequest()
	}
	return context.WithValue(context.Background(), originKey{}, o)
}

func (o *origin) withoutRequest() *origin {
	var e Event
	o.describe(&e)
	for _, text := range []*string{&e.Subject, &e.Method, &e.RequestID} {
		*text = strings.Clone(*text) // a part of a longer text would keep all of it
	}
	return &origin{auth: o.auth, route: o.route, id: &requestID{text: e.RequestID}, noted: &e}
}

// told returns the context that observers are given: the request's, also where
// the caller has passed the *gin.Context or one derived from it, which by
// default do not lead to the values of the request's, such as its span. An
// [Emit] by the observer finds the same origin.
func (o *origin) told(ctx context.Context) context.Context {
	if c, ok := ctx.(*gin.Context); ok {
		ctx = c.Request.Context()
	}
	if o == nil || ctx.Value(originKey{}) == o {
		return ctx
	}
	return contextOfOrigin{ctx, o}
}

// contextOfOrigin adds an origin, and the values of its request, to a context.
type contextOfOrigin struct {
	context.Context
	origin *origin
}

// Value implements [context.Context].
func (c contextOfOrigin) Value(key any) any {
	switch key {
	case originKey{}:
		return c.origin
	case gin.ContextKey: // Gin may have given it to another request by now
		return nil
	}
	if value := c.Context.Value(key); value != nil {
		return value
	}
	return c.origin.request.Context().Value(key)
}

// events returns where the events of a request go.
func (o *origin) events() *events {
	if o == nil || o.auth == nil {
		return &unguarded
	}
	return &o.auth.events
}

// describe sets the fields of an event about its request that are zero.
func (o *origin) describe(e *Event) {
	if o == nil {
		return
	}
	e.Route, e.RequestID = o.route, o.id.String()
	if n := o.noted; n != nil {
		e.Subject, e.Method, e.Client = cmp.Or(e.Subject, n.Subject), n.Method, n.Client
		return
	}
	if e.Subject == "" {
		e.Subject = o.identity.Subject()
	}
	e.Method, e.Client = o.request.Method, clientAddress(o.auth, o.request)
}
