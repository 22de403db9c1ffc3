package ginauth

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// routeID is a route as Gin lists it: the method, and the full path with its
// parameters' names.
type routeID struct{ method, path string }

// routeOf returns the route of a path that may have escaped colons: Gin lists
// /notes\:sync as that until it serves its first request, and as /notes:sync
// from then on.
func routeOf(method, path string) routeID {
	return routeID{method, strings.ReplaceAll(path, `\:`, ":")}
}

// annotations holds the declarations of [Auth.Route]. Requests read a map that
// does not change: the first declaration after a request copies it.
type annotations struct {
	mu       sync.Mutex
	all      map[routeID]*annotation
	snapshot atomic.Pointer[map[routeID]*annotation] // nil, or all, which must not change any more
}

func (t *annotations) add(id routeID, note *annotation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if other := t.all[id]; other != nil {
		panic("ginauth: " + id.method + " " + id.path + " has already been annotated, at " +
			other.source.String())
	}
	if t.all == nil || t.snapshot.Load() != nil {
		all := make(map[routeID]*annotation, len(t.all)+1)
		maps.Copy(all, t.all)
		t.all = all
		t.snapshot.Store(nil)
	}
	t.all[id] = note
}

// current returns all annotations, in a map that does not change.
func (t *annotations) current() map[routeID]*annotation {
	if table := t.snapshot.Load(); table != nil {
		return *table
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.all
	t.snapshot.Store(&all)
	return all
}

// empty reports whether nothing is annotated.
func (t *annotations) empty() bool { return len(t.current()) == 0 }

// override returns the binding of an annotated route, or b for any other.
func (t *annotations) override(b *binding, id routeID) *binding {
	if note := t.of(id); note != nil {
		return note.apply(b)
	}
	return b
}

// of returns the annotation of a route, or nil. That of GET applies to HEAD,
// which is GET without a body, unless HEAD has its own.
func (t *annotations) of(id routeID) *annotation {
	table := t.current()
	if note := table[id]; note != nil || id.method != http.MethodHead {
		return note
	}
	return table[routeID{http.MethodGet, id.path}]
}

type annotation struct {
	rules  []Rule
	source declaration
	merged atomic.Pointer[binding] // the newest one with the rules applied; each leads to an older one
}

// Route annotates one route that other code registers on a guarded group,
// before or after this call, such as a generated router or a library that takes
// the engine. method and path are as Gin lists them, e.g. "GET", "/notes/:id".
// The rules replace those of the route's group. A route that does not exist is
// a finding of [Auth.Check]. A colon that is escaped for Gin, as in
// "/notes\\:sync", may be written escaped or plain.
//
// An annotation of GET also applies to HEAD on the same path, which StaticFS
// and others register with it, unless HEAD has an annotation of its own. Other
// methods keep the policy of their group.
//
// Route panics if the route has already been annotated, if the method is not in
// capitals, or if the path does not begin with a slash. Middleware before the
// guard must not change the request's method.
func (a *Auth) Route(method, path string, rules ...Rule) {
	a.mustBeMade()
	if strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || method == "" || !strings.HasPrefix(path, "/") {
		panic("ginauth: Route takes a method and a full path as Gin lists them, such as GET and /notes/:id, " +
			"not " + method + " " + path)
	}
	policy{}.merge(rules) // panics now, not on a request
	a.annotated.add(routeOf(method, path), &annotation{rules: rules, source: caller()})
}

// NoRoute annotates requests that match no route, if the application may answer
// them itself: with NoRoute and NoMethod handlers, or with middleware added to
// the engine after [New]. Without an annotation the defaults apply to them. If
// the application does not answer them, they get Gin's plain 404 and 405, which
// no policy guards.
//
// The NoRoute handlers also answer requests for a file that StaticFS does not
// find. Such a request must satisfy the static route's policy and then this
// one.
func (a *Auth) NoRoute(rules ...Rule) {
	a.mustBeMade()
	a.unmatched.Store(a.bind(a.defaults.merge(rules), caller()))
}

// apply returns the binding of a group with the rules applied. It is made once
// for each of the few groups on which other code has registered the route.
func (n *annotation) apply(b *binding) *binding {
	var made *binding
	for {
		newest := n.merged.Load()
		for m := newest; m != nil; m = m.older {
			if m.group == b {
				return m
			}
		}
		if made == nil {
			made = b.auth.bind(b.policy.merge(n.rules), n.source)
		}
		made.group, made.older = b, newest
		if n.merged.CompareAndSwap(newest, made) {
			return made
		}
	}
}

// unmatchedBinding returns the policy of requests that match no route, or nil
// if the application does not answer them.
func (a *Auth) unmatchedBinding() *binding {
	if !a.servesUnmatched() {
		return nil
	}
	if b := a.unmatched.Load(); b != nil {
		return b
	}
	return a.root
}
