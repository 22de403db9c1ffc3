package openapiginauth

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// operation is one of the document, with the route that serves it.
type operation struct {
	*openapi3.Operation
	method, path string               // as in the document
	key          string               // see keyOf
	route        *ginauth.Description // nil: the engine has no such route
}

// operations returns the operations of the document, sorted by path and method.
func (w *writer) operations() (all []*operation, err error) {
	byKey := map[string]*ginauth.Description{}
	for i := range w.routes {
		byKey[keyOf(w.routes[i].Method, w.routes[i].Template)] = &w.routes[i]
	}
	for path, item := range w.doc.Paths.Map() {
		if item == nil {
			continue
		}
		for method, op := range item.Operations() {
			base, err := w.basePath(item, op)
			if err != nil {
				return nil, fmt.Errorf("openapiginauth: the server of %s %s: %w", method, path, err)
			}
			key := keyOf(method, base+path)
			all = append(all, &operation{op, method, path, key, byKey[key]})
		}
	}
	slices.SortFunc(all, func(x, y *operation) int {
		return cmp.Or(cmp.Compare(x.path, y.path), cmp.Compare(x.method, y.method))
	})
	return all, nil
}

// basePath returns what the engine's paths have before those of an operation.
func (w *writer) basePath(item *openapi3.PathItem, op *openapi3.Operation) (string, error) {
	servers := w.doc.Servers
	switch {
	case w.config.BasePath != "":
		return strings.TrimSuffix(w.config.BasePath, "/"), nil
	case op.Servers != nil && len(*op.Servers) > 0:
		servers = *op.Servers
	case len(item.Servers) > 0:
		servers = item.Servers
	}
	base, err := servers.BasePath()
	return strings.TrimSuffix(base, "/"), err
}

// parameters are those of a path.
var parameters = regexp.MustCompile(`\{[^{}]*\}`)

// keyOf returns what a route and an operation have in common: the method, and
// the path without the names of its parameters.
func keyOf(method, path string) string {
	return method + " " + parameters.ReplaceAllString(path, "{}")
}

// compareRoutes reports operations without a route, and routes without an
// operation.
func (w *writer) compareRoutes(operations []*operation) {
	documented := map[string]bool{}
	byAny := map[string]int{} // 1: a route that only Gin's Any registers, 2: one of its methods is documented
	for _, r := range w.routes {
		if r.Method == http.MethodConnect {
			byAny[r.Template+r.Handler] = 1
		}
	}
	for _, op := range operations {
		documented[op.key] = true
		if op.route != nil && byAny[op.route.Template+op.route.Handler] == 1 {
			byAny[op.route.Template+op.route.Handler] = 2
		}
		switch {
		case op.route == nil:
			w.problem(op.method, op.path, "no route serves this operation of the document")
		case !op.route.Guarded:
			w.problem(op.method, op.path, "the route has no guard, so nothing is known of its security")
		}
	}
	// The error of basePath has been returned, if there is an operation.
	base, _ := w.basePath(&openapi3.PathItem{}, &openapi3.Operation{})
	left := map[string]bool{}
	for _, name := range w.config.Undocumented {
		left[name] = true
	}
	for _, r := range w.routes {
		name := r.Method + " " + r.Path
		switch {
		case documented[keyOf(r.Method, r.Template)]:
			continue
		case left[name], left[r.Path]:
			undocumented := slices.Clone(w.config.Undocumented)
			w.config.Undocumented = slices.DeleteFunc(undocumented, func(s string) bool {
				return s == name || s == r.Path
			})
		case !strings.HasPrefix(r.Template, base+"/"), implied(r, documented), byAny[r.Template+r.Handler] == 2:
		default:
			w.problem(r.Method, r.Path, "the document has no operation for this route")
		}
	}
	for _, name := range w.config.Undocumented {
		w.problem("", "", "Undocumented names %q, which is no route without an operation; remove it", name)
	}
}

// implied reports whether a route need not be in a document: HEAD beside GET,
// methods that only Gin's Any registers, and answers to unmatched requests.
func implied(r ginauth.Description, documented map[string]bool) bool {
	switch r.Method {
	case http.MethodHead:
		return documented[keyOf(http.MethodGet, r.Template)]
	case http.MethodOptions, http.MethodConnect, http.MethodTrace, "*":
		return true
	}
	return false
}
