package ginauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// Verdict is what a policy says about a request before its handler runs.
type Verdict string

// The verdicts.
const (
	Allowed         Verdict = "yes"
	Refused         Verdict = "no"
	DependsOnObject Verdict = "depends" // on the object, which was not given, or which the handler loads
)

// Explanation says how the guard would decide a request, and why. It prints as
// a tree for people, and encodes as JSON.
type Explanation struct {
	Method  string  `json:"method"`
	Path    string  `json:"path"`    // of the request
	Subject string  `json:"subject"` // of the identity, as the log names it
	Verdict Verdict `json:"verdict"`
	Status  int     `json:"status"` // of the answer to a refused request; otherwise 0
	Route   string  `json:"route"`  // as Gin lists it; "" if no route matches
	Source  string  `json:"source"` // the line that declared the policy: dir/file.go:line
	Steps   []Step  `json:"steps"`
}

// Step is one question that the guard asks, in its order.
type Step struct {
	Kind    string `json:"kind"`    // "authentication", "token scopes", "permission", "throttle" or "object"
	Class   string `json:"class"`   // the [Name] of the class, or of the loader of the object
	Outcome string `json:"outcome"` // how the class answered, in the words that [Auth.Explain] lists
	Parts   []Step `json:"parts,omitempty"`
}

// Explain says how the guard would decide a request of an identity, nil for an
// anonymous one. It finds the route, asks the permissions, looks at the
// throttles, loads the object if the route declares one, and asks the
// permissions about it.
//
// It asks no authenticator, since the identity is given; on a route without
// authenticators the request is anonymous. No handler and no middleware runs, so
// a permission does not find what middleware stores in the context. Nothing is
// counted. The outcome of a step is one of:
//   - "yes" or "no";
//   - "failed: " and the cause;
//   - "not asked", for authenticators, and for a class that the guard would not
//     ask;
//   - for a [Peeker], "yes; 37 left of 100, more in 12s" or "no; more in 12s";
//   - "unknown", for a throttle that cannot tell, with the cause if it failed;
//   - "depends on the object".
//
// Throttles answer for this moment and for the RemoteAddr of the request;
// without it, those that count by address are unknown. A request that the engine
// redirects or does not route is explained as such, by the policy of
// [Auth.NoRoute] if there is one.
func (a *Auth) Explain(r *http.Request, id *Identity) Explanation {
	a.mustBeMade()
	if id == nil {
		id = &a.anonymous
	}
	x := Explanation{Method: r.Method, Path: r.URL.Path, Subject: id.Subject(), Steps: []Step{}}
	b, c, status := a.find(r)
	if b == nil {
		x.Verdict, x.Status = Refused, status
		return x
	}
	x.Route, x.Source = c.FullPath(), b.source.String()
	all := inspected{parts: true, throttles: true}
	found, verdict, e := b.inspect(c, id, all, func() (any, *Error) {
		if b.policy.objects.loader == nil {
			return nil, nil
		}
		return b.load(c)
	})
	x.conclude(b, c, found, verdict, e)
	return x
}

// Can says whether the caller of c may call a route, for handlers and templates
// that show only what the caller may do. The route is named as Gin lists it,
// such as "DELETE" and "/notes/:id". If obj is not nil, the permissions are
// asked about it, whether the route loads it or its handler does; if it is nil,
// the verdict for a route with rules about objects is at most
// [DependsOnObject].
//
// It asks no authenticator and no throttle: whether the caller's next request
// is throttled or its credential revoked by then, it does not know. A permission
// that reads path parameters finds none. The error is that of a permission that
// failed, or of a route that does not exist, and the verdict is then Refused.
func Can(c *gin.Context, method, path string, obj any) (Verdict, error) {
	b := bindingOf(c)
	if b == nil {
		return Refused, errors.New("ginauth: Can was called on a route without a guard")
	}
	auth, id := b.auth, current(c)
	asked := auth.bindingOfRoute(routeOf(method, path))
	if asked == nil {
		return Refused, fmt.Errorf("ginauth: there is no guarded route %s %s", method, path)
	}
	r := requestOf(c.Request.Context(), method, path)
	r.Host, r.RemoteAddr, r.TLS, r.Header = c.Request.Host, c.Request.RemoteAddr, c.Request.TLS, c.Request.Header
	about := auth.about(r, path, nil)
	about.Keys = c.Copy().Keys
	delete(about.Keys, objectKey)
	_, verdict, e := asked.inspect(about, &id, inspected{}, func() (any, *Error) { return obj, nil })
	if e != nil && e.Status >= http.StatusInternalServerError {
		return Refused, e
	}
	return verdict, nil
}

// ExplainRoute is [Auth.Explain] for any request of a route, which is named as
// Gin lists it, such as "DELETE" and "/notes/:id". The path parameters are
// unknown, no object is loaded and no throttle is looked at, so the verdict for
// a route with rules about objects is at most [DependsOnObject]. A route that
// does not exist or has no guard is Refused with the status 404.
func (a *Auth) ExplainRoute(ctx context.Context, method, path string, id *Identity) Explanation {
	a.mustBeMade()
	if id == nil {
		id = &a.anonymous
	}
	x := Explanation{
		Method: method, Path: path, Subject: id.Subject(),
		Verdict: Refused, Status: http.StatusNotFound, Steps: []Step{},
	}
	b := a.bindingOfRoute(routeOf(method, path))
	if b == nil {
		return x
	}
	x.Route, x.Source = path, b.source.String()
	c := a.about(requestOf(ctx, method, path), path, nil)
	noObject := func() (any, *Error) { return nil, nil }
	found, verdict, e := b.inspect(c, id, inspected{parts: true}, noObject)
	x.conclude(b, c, found, verdict, e)
	return x
}

// requestOf returns a request of a route, whose path stands for any.
func requestOf(ctx context.Context, method, path string) *http.Request {
	r := &http.Request{Method: method, URL: &url.URL{Path: path}, Header: http.Header{}, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	return r.WithContext(ctx)
}

// conclude records what an inspection has found.
func (x *Explanation) conclude(b *binding, c *gin.Context, found inspection, verdict Verdict, e *Error) {
	x.Verdict, x.Steps, x.Subject, x.Status = verdict, found.steps, found.id.Subject(), 0
	if e != nil {
		answer, _ := b.settle(c, e)
		x.Status = answer.Status
	}
}

// String returns the explanation as a tree.
func (x Explanation) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s as %s: %s", x.Method, x.Path, x.Subject, x.Verdict)
	if x.Status != 0 {
		fmt.Fprintf(&out, " (%d %s)", x.Status, http.StatusText(x.Status))
	}
	out.WriteByte('\n')
	if x.Source == "" {
		out.WriteString("  no route with a policy matches\n")
		return out.String()
	}
	route := x.Route
	if route == "" {
		route = noRoute
	}
	fmt.Fprintf(&out, "  route %s, declared at %s\n", route, x.Source)
	writeSteps(&out, x.Steps, "  ")
	return out.String()
}

func writeSteps(out *strings.Builder, steps []Step, indent string) {
	for _, s := range steps {
		name := strings.TrimSuffix(s.Kind+" "+s.Class, " ")
		fmt.Fprintf(out, "%s%s: %s\n", indent, name, s.Outcome)
		writeSteps(out, s.Parts, indent+"  ")
	}
}
