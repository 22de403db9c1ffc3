package ginauth_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// declare registers an application with every kind of annotation.
func declare(engine *gin.Engine, auth *ginauth.Auth) {
	api := engine.Group("/api")
	api.GET("/me", ok)
	auth.With(api, public).GET("/health", ok)
	notes := auth.Group(api, "/notes/:id", admins, ginauth.ThrottleClasses(never{}))
	notes.GET("", ok)
	notes.DELETE("", ok)
	notes.Group("/comments").GET("/*rest", ok)
	auth.Group(engine, "/", public, ginauth.NoAuthentication()).GET("/", ok)
	vendor(auth.Group(engine, "/vendor", members))
	auth.Route("GET", "/vendor/status", public)
	engine.NoRoute(ok)
}

func TestRouteTable(t *testing.T) {
	engine, auth := newEngine()
	declare(engine, auth)
	got := auth.Routes().String()
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the route table has changed; if it should, run go test ./ginauth -update\n%s", got)
	}
	if findings := auth.Check(); len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
}

// TestGinInternals fails when a new version of Gin keeps its routes in a way
// that chain.go cannot read.
func TestGinInternals(t *testing.T) {
	engine, auth := newEngine()
	declare(engine, auth)
	paths := []string{"/a", "/ab", "/abc/:x", "/abc/:x/y", "/abd/*z", "/q/:one/:two", "/q/:one/:two/three", "/ünï"}
	group := auth.Group(engine, "/deep", admins)
	for _, path := range paths {
		group.Any(path, ok)
	}
	table := auth.Routes()
	listed := func(r gin.RouteInfo) bool {
		return slices.ContainsFunc(table, func(info ginauth.RouteInfo) bool {
			return info.Method == r.Method && info.Path == r.Path && info.Handler == r.Handler && info.Guarded
		})
	}
	for _, r := range engine.Routes() {
		if !listed(r) {
			t.Errorf("%s %s is not listed as guarded", r.Method, r.Path)
		}
	}
	if len(table) != len(engine.Routes())+1 { // and the answer to unmatched requests
		t.Errorf("%d routes listed, Gin has %d", len(table), len(engine.Routes()))
	}
}

func TestCheck(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
	early.GET("/x", ok)
	auth.Route("GET", "/typo", public)
	auth.With(engine, ginauth.NoAuthentication()).GET("/closed", ok)
	engine.GET("/fine", ok)
	var got []string
	for _, f := range auth.Check() {
		got = append(got, f.String())
	}
	want := []string{
		"GET /closed: IsAuthenticated refuses every request: the route has no authentication classes",
		"GET /early/x: no guard",
		"GET /typo: annotated at ginauth/routes_test.go:",
	}
	if len(got) != len(want) {
		t.Fatalf("findings: %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("finding %d: %q, want %q", i, got[i], want[i])
		}
	}
	table := auth.Routes()
	if i := slices.IndexFunc(table, func(r ginauth.RouteInfo) bool { return r.Path == "/early/x" }); i < 0 || table[i].Guarded {
		t.Errorf("the unguarded route is not listed as such:\n%s", table)
	}
	checkAccess(t, engine, []access{{"GET", "/early/x", "", 200}}) // which is why Check matters
}
