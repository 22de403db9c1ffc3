package openapiginauth_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/openapiginauth"
	"github.com/ginauth/ginauth/policies"
)

var keys = ginauth.AuthenticationClasses(byKey{})

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestRoutesAndOperations compares what Gin and the document list.
func TestRoutesAndOperations(t *testing.T) {
	r, auth := engine(keys)
	early := gin.New().Group("") // belongs to another engine
	early.GET("/notes", ok)
	for _, path := range []string{"/notes", "/notes/:id", "/notes/:id/files/*path", `/jobs\:run`, "/metrics", "/secret"} {
		r.GET(path, ok)
	}
	r.HEAD("/notes", ok)
	r.HEAD("/ping", ok)
	r.OPTIONS("/secret", ok)
	r.Any("/any", ok)
	doc := document(t, "GET /notes", "GET /notes/{noteID}", "GET /notes/{note}/files/{file}", "GET /jobs:run", "POST /any", "PUT /notes", "GET /notes/")
	equal(t, "findings", apply(t, doc, auth, openapiginauth.Config{Undocumented: []string{"/metrics", "GET /gone"}}),
		`Undocumented names "GET /gone", which is no route without an operation; remove it`,
		"PUT /notes: no route serves this operation of the document",
		"GET /notes/: no route serves this operation of the document",
		"HEAD /ping: the document has no operation for this route",
		"GET /secret: the document has no operation for this route",
	)
	if got := security(t, doc.Paths.Value("/notes/{note}/files/{file}").Get); got != `[{"Key":[]}]` {
		t.Errorf("the catch-all: %s", got)
	}
}

// TestBasePath checks which routes a document with a server is about.
func TestBasePath(t *testing.T) {
	r, auth := engine(keys)
	r.GET("/api/v1/notes", ok)
	r.GET("/api/v10/notes", ok)
	r.GET("/health", ok)
	for _, row := range []struct {
		name     string
		server   string
		config   []openapiginauth.Config
		findings []string
	}{
		{"relative", "/api/v1", nil, nil},
		{"absolute", "https://example.com/api/v1/", nil, nil},
		{"a proxy adds a path", "https://example.com/notes-service", []openapiginauth.Config{{BasePath: "/api/v1/"}}, nil},
		{"none", "", nil, []string{"GET /api/v1/notes: the document has no operation for this route", "GET /api/v10/notes: the document has no operation for this route",
			"GET /health: the document has no operation for this route", "GET /notes: no route serves this operation of the document"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc := document(t, "GET /notes")
			if row.server != "" {
				doc.Servers = openapi3.Servers{{URL: row.server}}
			}
			equal(t, "findings", apply(t, doc, auth, row.config...), row.findings...)
		})
	}
}

// TestDeclaredStays checks that Apply fills in only what is missing.
func TestDeclaredStays(t *testing.T) {
	r, auth := engine(keys, ginauth.RateLimitHeaders(), ginauth.ThrottleClasses(policies.AnonRate("5/min")))
	r.GET("/notes/:id", ok)
	doc := load(t, `{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/notes/{id}": {"get": {
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
		"responses": {
			"200": {"description": "ok", "headers": {"RateLimit": {"description": "mine", "schema": {"type": "string"}}}},
			"403": {"description": "mine"}, "429": {"$ref": "#/components/responses/Slow"}}}}},
		"components": {"responses": {"Slow": {"description": "mine"}},
			"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "x-key", "description": "mine"}}}}`)
	equal(t, "findings", apply(t, doc, auth))
	got := encode(t, doc)
	if strings.Count(got, "mine") != 4 || strings.Contains(got, "GuardTooManyRequests") || strings.Contains(got, "GuardForbidden") {
		t.Errorf("what was declared has changed: %s", got)
	}
	if !strings.Contains(got, "GuardRateLimit-Policy") || !strings.Contains(got, "GuardServiceUnavailable") {
		t.Errorf("what was missing still is: %s", got)
	}
}

// TestChangedPolicy compares a document with the policies of a later program.
func TestChangedPolicy(t *testing.T) {
	build := func(options ...ginauth.Option) *ginauth.Auth {
		r, auth := engine(options...)
		r.GET("/notes", ok)
		return auth
	}
	doc := document(t, "GET /notes")
	apply(t, doc, build(keys, ginauth.PermissionClasses(policies.IsAdminUser), ginauth.ThrottleClasses(policies.AnonRate("5/min")), ginauth.RateLimitHeaders()))
	for _, row := range []struct {
		name    string
		options []ginauth.Option
		want    []string
	}{
		{"open", []ginauth.Option{ginauth.PermissionClasses(policies.AllowAny)}, []string{
			"components.responses.GuardForbidden is not used",
			"components.responses.GuardServiceUnavailable is not used",
			"components.responses.GuardTooManyRequests is not used",
			"components.headers.GuardRateLimit is not used",
			"components.headers.GuardRateLimit-Policy is not used",
			`GET /notes: the security is [{"Key":[]}], the policy asks for []`,
			"GET /notes: answers with 200 do not have the header RateLimit",
			"GET /notes: answers with 200 do not have the header RateLimit-Policy",
			"GET /notes: the policy never answers 403",
			"GET /notes: the policy never answers 429",
			"GET /notes: the policy never answers 503",
		}},
		{"problems", []ginauth.Option{keys, ginauth.ErrorRenderer(ginauth.RenderProblem), ginauth.PermissionClasses(policies.IsAdminUser),
			ginauth.ThrottleClasses(policies.AnonRate("5/min")), ginauth.RateLimitHeaders()}, []string{
			"components.responses.GuardForbidden is missing, or not what the policies answer",
			"components.responses.GuardServiceUnavailable is missing, or not what the policies answer",
			"components.responses.GuardTooManyRequests is missing, or not what the policies answer",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			later := build(row.options...)
			equal(t, "drift", drift(t, load(t, encode(t, doc)), later), row.want...)
			apply(t, load(t, encode(t, doc)), later)
		})
	}
}

// TestScopes checks where scopes stand.
func TestScopes(t *testing.T) {
	db := database(t)
	r, auth := engine(ginauth.AuthenticationClasses(policies.AccessToken(db), policies.OAuth2Token(db)))
	auth.With(r, permit(policies.Any(policies.HasScope("a"), policies.HasScope("b")), policies.HasScope("c"))...).GET("/scoped", ok)
	r.GET("/unscoped", ok)
	doc := document(t, "GET /scoped", "GET /unscoped")
	apply(t, doc, auth)
	scoped, unscoped := doc.Paths.Value("/scoped").Get, doc.Paths.Value("/unscoped").Get
	if got := security(t, scoped) + encode(t, scoped.Extensions); got != `[{"AccessToken":[]},{"OAuth2Token":[]}]{"x-token-scopes":[["a","b"],["c"]]}` {
		t.Errorf("3.0: %s", got)
	}
	if got := security(t, unscoped) + encode(t, unscoped.Extensions); got != `[{"AccessToken":[]}]null` {
		t.Errorf("3.0, without scopes: %s", got)
	}

	doc = document(t, "GET /scoped", "GET /unscoped")
	doc.Components = &openapi3.Components{SecuritySchemes: openapi3.SecuritySchemes{}}
	for _, name := range []string{"AccessToken", "OAuth2Token"} {
		doc.Components.SecuritySchemes[name] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{Type: "oauth2", Flows: &openapi3.OAuthFlows{
			ClientCredentials: &openapi3.OAuthFlow{TokenURL: "https://login.example.com/token", Scopes: map[string]string{"a": "A", "b": "B", "c": "C"}}}}}
	}
	equal(t, "findings", apply(t, doc, auth))
	if got := security(t, doc.Paths.Value("/scoped").Get); got != `[{"AccessToken":["a","c"]},{"AccessToken":["b","c"]},{"OAuth2Token":["a","c"]},{"OAuth2Token":["b","c"]}]` {
		t.Errorf("oauth2: %s", got)
	}
}

// TestContradictions checks what Apply refuses to write, and reports.
func TestContradictions(t *testing.T) {
	r := gin.New()
	early := r.Group("/early")
	auth := ginauth.New(r, keys)
	early.GET("/x", ok)
	r.GET("/notes", ok)
	auth.With(r, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.IsAuthenticated)).GET("/closed", ok)
	doc := document(t, "GET /early/x", "GET /notes", "GET /closed")
	doc.Components = &openapi3.Components{SecuritySchemes: openapi3.SecuritySchemes{
		"Key": {Value: &openapi3.SecurityScheme{Type: "apiKey", In: "query", Name: "key"}}}}
	doc.Paths.Value("/notes").Get.Security = &openapi3.SecurityRequirements{}
	findings, err := openapiginauth.Apply(doc, auth)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "findings", lines(findings),
		"components.securitySchemes.Key is apiKey query key, the policies say apiKey header X-Key; rename it or correct it",
		"GET /closed: the policy refuses every request, which security cannot say",
		"GET /early/x: the route has no guard, so nothing is known of its security",
		`GET /notes: the security is [], the policy asks for [{"Key":[]}]`)
	for path, want := range map[string]string{"/early/x": "undeclared", "/closed": "undeclared", "/notes": `[{"Key":[]}]`} {
		if got := security(t, doc.Paths.Value(path).Get); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	_, auth := engine()
	invalid := document(t)
	invalid.Info = nil
	server := document(t, "GET /x")
	server.Servers = openapi3.Servers{{URL: "https://[::1/"}}
	for name, call := range map[string]func() ([]ginauth.Finding, error){
		"no document": func() ([]ginauth.Finding, error) { return openapiginauth.Apply(nil, auth) },
		"no Auth":     func() ([]ginauth.Finding, error) { return openapiginauth.Drift(invalid, nil) },
		"two configs": func() ([]ginauth.Finding, error) {
			return openapiginauth.Drift(document(t), auth, openapiginauth.Config{}, openapiginauth.Config{})
		},
		"invalid":    func() ([]ginauth.Finding, error) { return openapiginauth.Apply(invalid, auth) },
		"bad server": func() ([]ginauth.Finding, error) { return openapiginauth.Apply(server, auth) },
	} {
		if findings, err := call(); err == nil || !strings.HasPrefix(err.Error(), "openapiginauth: ") {
			t.Errorf("%s: %v, %v", name, findings, err)
		}
	}
}

// TestVersions checks that documents of later versions are valid too.
func TestVersions(t *testing.T) {
	for _, version := range []string{"3.0.0", "3.0.3", "3.1.0", "3.2.0"} {
		r, auth := engine(keys, ginauth.ThrottleClasses(policies.AnonRate("5/min")))
		r.GET("/notes", ok)
		doc := document(t, http.MethodGet+" /notes")
		doc.OpenAPI = version
		equal(t, version, apply(t, doc, auth))
		if err := doc.Validate(context.Background()); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}
