package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	"github.com/swaggo/swag"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/openapiginauth"
)

var update = flag.Bool("update", false, "write openapi.json")

// newTestAPI returns the API with the users of package people.
func newTestAPI(t *testing.T) (http.Handler, *ginauth.Auth) {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db, models.Scopes{"notes": {}})
	if err := db.AutoMigrate(&Note{}); err != nil {
		t.Fatal(err)
	}
	return newAPI(db)
}

// generated returns the document that swaggo generates, in OpenAPI 3.
func generated(t *testing.T) *openapi3.T {
	t.Helper()
	parser := swag.New(swag.SetDebugger(log.New(io.Discard, "", 0)))
	if err := parser.ParseAPI(".", "main.go", 1); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(parser.GetSwagger())
	if err != nil {
		t.Fatal(err)
	}
	var old openapi2.T
	if err := json.Unmarshal(encoded, &old); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestDocument checks that openapi.json is what swaggo and the policies say.
func TestDocument(t *testing.T) {
	_, auth := newTestAPI(t)
	doc := generated(t)
	findings, err := openapiginauth.Apply(doc, auth)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range findings {
		t.Error(finding)
	}
	encoded, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	encoded = append(encoded, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", encoded, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(encoded, document) {
		t.Error("openapi.json differs; run go test ./example -update, and review what has changed")
	}
}

// TestDrift is what a test of a program looks like that has a document and does
// not generate it.
func TestDrift(t *testing.T) {
	_, auth := newTestAPI(t)
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	drift, err := openapiginauth.Drift(doc, auth)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range drift {
		t.Error(finding)
	}
}

// TestServed checks that clients get the document, and what it says of a route.
func TestServed(t *testing.T) {
	api, auth := newTestAPI(t)
	for _, finding := range auth.Check() {
		t.Error(finding)
	}
	for path, want := range map[string]int{"/openapi.json": 200, "/api/v1/notes": 401, "/api/v1/notes/1": 401, "/api/v1/count": 200} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
