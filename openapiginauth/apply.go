package openapiginauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// Config configures [Apply] and [Drift].
type Config struct {
	// BasePath is what the paths of the engine begin with and those of the
	// document lack, such as "/api/v1". Routes elsewhere are not the
	// document's. Default: the path of the document's first server.
	BasePath string

	// Undocumented are routes that the document leaves out on purpose, as Gin
	// lists them: "GET /metrics", or "/metrics" for all methods.
	Undocumented []string
}

// Apply writes the policies of auth into a document, and validates the result.
// Call it when all routes are registered. It returns, sorted by path, what it
// could not write:
//   - operations that no route serves;
//   - routes without an operation, except HEAD beside GET, OPTIONS, CONNECT and
//     TRACE, and all but one of the methods that Gin's Any registers;
//   - routes without a guard, and routes whose policy refuses every request,
//     which OpenAPI cannot express;
//   - authenticators that do not describe their credentials, see
//     [ginauth.AuthenticatorTraits];
//   - security schemes of the document that contradict the policies;
//   - security of an operation that contradicted its policy. It was replaced.
//
// Operations and routes match if their method and path do, whatever the names
// of the path parameters. What Apply wrote before, it may change: responses
// that refer to components whose name begins with "Guard". A second call
// changes nothing.
//
// The error is that of the validation, or says what is wrong with the arguments.
// Apply must not be called concurrently with other uses of the document.
func Apply(doc *openapi3.T, auth *ginauth.Auth, config ...Config) ([]ginauth.Finding, error) {
	w, err := run(doc, auth, config, false)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("openapiginauth: Apply: the document is not valid: %w", err)
	}
	return sorted(w.problems), nil
}

// Drift returns how a document differs from the policies: what [Apply] would
// write, and what it would return. It changes nothing. Call it in a test, with
// the document that clients get:
//
//	drift, err := openapiginauth.Drift(doc, auth)
func Drift(doc *openapi3.T, auth *ginauth.Auth, config ...Config) ([]ginauth.Finding, error) {
	w, err := run(doc, auth, config, true)
	if err != nil {
		return nil, err
	}
	return sorted(append(w.problems, w.changes...)), nil
}

// writer writes policies into a document.
type writer struct {
	doc      *openapi3.T
	config   Config
	dry      bool // nothing is written
	problems []ginauth.Finding
	changes  []ginauth.Finding

	routes  []ginauth.Description
	names   map[ginauth.Credential]string // of the security schemes
	schemes openapi3.SecuritySchemes      // those that the document declares, or is to declare
}

func run(doc *openapi3.T, auth *ginauth.Auth, config []Config, dry bool) (*writer, error) {
	switch {
	case doc == nil:
		return nil, errors.New("openapiginauth: the document is nil; a Loader of kin-openapi returns one")
	case auth == nil:
		return nil, errors.New("openapiginauth: the Auth is nil; ginauth.New returns one")
	case len(config) > 1:
		return nil, errors.New("openapiginauth: there is more than one config")
	}
	w := &writer{doc: doc, dry: dry, routes: auth.Describe()}
	if len(config) == 1 {
		w.config = config[0]
	}
	if w.doc.Components == nil {
		w.change("", "", "the document has no components", func() { doc.Components = &openapi3.Components{} })
	}
	operations, err := w.operations()
	if err != nil {
		return nil, err
	}
	w.compareRoutes(operations)
	w.nameSchemes(operations)
	for _, op := range operations {
		if op.route != nil && op.route.Guarded {
			w.security(op)
			w.responses(op)
		}
	}
	w.sharedResponses(operations)
	return w, nil
}

// change makes a change of the document, unless nothing is to be written.
func (w *writer) change(method, path, message string, make func()) {
	w.changes = append(w.changes, ginauth.Finding{Method: method, Path: path, Message: message})
	if !w.dry {
		make()
	}
}

func (w *writer) problem(method, path, format string, args ...any) {
	w.problems = append(w.problems, ginauth.Finding{Method: method, Path: path, Message: fmt.Sprintf(format, args...)})
}

func sorted(findings []ginauth.Finding) []ginauth.Finding {
	slices.SortStableFunc(findings, func(x, y ginauth.Finding) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	return findings
}
