package openapiginauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/openapiginauth"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// note is a model of the application.
type note struct {
	ID      int64
	OwnerID int64
}

func (note) ModelLabel() string { return "core.note" }

// database returns a database in a file, with the users of package people.
func database(t *testing.T) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	return db
}

func ok(c *gin.Context) { c.Status(http.StatusOK) }

// engine returns an engine, whose guard has these options, and its Auth.
func engine(options ...ginauth.Option) (*gin.Engine, *ginauth.Auth) {
	r := gin.New()
	return r, ginauth.New(r, options...)
}

// document returns a document with the operations, such as "GET /notes/{id}".
// Each declares the status 200.
func document(t *testing.T, operations ...string) *openapi3.T {
	t.Helper()
	paths := map[string]map[string]any{}
	for _, name := range operations {
		method, path, _ := strings.Cut(name, " ")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		op := map[string]any{"responses": map[string]any{"200": map[string]any{"description": "ok"}}}
		var parameters []any
		for segment := range strings.SplitSeq(path, "{") {
			if parameter, _, found := strings.Cut(segment, "}"); found {
				parameters = append(parameters, map[string]any{"name": parameter, "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
			}
		}
		if parameters != nil {
			op["parameters"] = parameters
		}
		paths[path][strings.ToLower(method)] = op
	}
	return load(t, encode(t, map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "test", "version": "1"}, "paths": paths}))
}

func encode(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func load(t *testing.T, text string) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// apply writes the policies into a document, twice: the second time there must
// be nothing to write, also after the document was stored.
func apply(t *testing.T, doc *openapi3.T, auth *ginauth.Auth, config ...openapiginauth.Config) []string {
	t.Helper()
	findings, err := openapiginauth.Apply(doc, auth, config...)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range drift(t, load(t, encode(t, doc)), auth, config...) {
		if !slices.ContainsFunc(findings, func(f ginauth.Finding) bool { return f.String() == finding }) {
			t.Errorf("after Apply: %s", finding)
		}
	}
	return lines(findings)
}

func drift(t *testing.T, doc *openapi3.T, auth *ginauth.Auth, config ...openapiginauth.Config) []string {
	t.Helper()
	before := encode(t, doc)
	findings, err := openapiginauth.Drift(doc, auth, config...)
	if err != nil {
		t.Fatal(err)
	}
	if encode(t, doc) != before {
		t.Error("Drift has changed the document")
	}
	return lines(findings)
}

func lines(findings []ginauth.Finding) (all []string) {
	for _, finding := range findings {
		all = append(all, finding.String())
	}
	return all
}

// statuses returns those that an operation declares beside 200.
func statuses(op *openapi3.Operation) string {
	var all []string
	for status := range op.Responses.Map() {
		if status != "200" {
			all = append(all, status)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// security returns the security of an operation, as the document has it.
func security(t *testing.T, op *openapi3.Operation) string {
	t.Helper()
	if op.Security == nil {
		return "undeclared"
	}
	return encode(t, op.Security)
}

// refusals remembers the answers of the guard. Those of handlers take no time.
type refusals struct{ statuses []int }

func (*refusals) ObservesPasses() bool { return true }

func (r *refusals) Observe(_ context.Context, e ginauth.Event) {
	if (e.Kind == ginauth.RequestRefused || e.Kind == ginauth.RequestFailed) && e.Duration > 0 {
		r.statuses = append(r.statuses, e.Status)
	}
}

func ExampleDrift() {
	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(byKey{}))
	r.GET("/notes/:id", ok)
	auth.With(r, ginauth.PermissionClasses(ginauth.Public("asked by the load balancer"))).GET("/health", ok)

	doc, err := openapi3.NewLoader().LoadFromFile("testdata/notes.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	findings, err := openapiginauth.Drift(doc, auth)
	for _, finding := range findings {
		fmt.Println(finding)
	}
	fmt.Println(err)
	// Output:
	// GET /health: the document has no operation for this route
	// GET /notes/{noteID}: the security is [], the policy asks for [{"Key":[]}]
	// <nil>
}

// byKey takes a key in a header of its own.
type byKey struct{}

func (byKey) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.ErrNoCredentials
}

func (byKey) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Accepts: func(string) []ginauth.Alternative {
		return []ginauth.Alternative{{Credentials: []ginauth.Credential{{Name: "Key", Header: "X-Key"}}}}
	}}
}
