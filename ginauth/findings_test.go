package ginauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// findings returns what Check finds, without the declaring lines in brackets.
func findings(auth *ginauth.Auth) (all []string) {
	for _, f := range auth.Check() {
		all = append(all, f.String())
	}
	return all
}

func corsMiddleware(c *gin.Context)    { c.Next() }
func AllowCORS() gin.HandlerFunc       { return func(c *gin.Context) { c.Next() } }
func corsairMiddleware(c *gin.Context) { c.Next() }
func preflight(c *gin.Context)         { c.AbortWithStatus(http.StatusNoContent) }
func scorsese(c *gin.Context)          { c.Next() }
func unnamed() gin.HandlerFunc         { return func(c *gin.Context) { c.Next() } }
func (byHeader) Cors(c *gin.Context)   { c.Next() }
func enable_cors_headers(*gin.Context) {}

// TestCheckFindsMiddlewareBehindTheGuard checks middleware that answers
// requests itself, or may.
func TestCheckFindsMiddlewareBehindTheGuard(t *testing.T) {
	noRoute := func(auth *ginauth.Auth) { auth.NoRoute(public) }
	for name, row := range map[string]struct {
		declare func(engine *gin.Engine, auth *ginauth.Auth)
		want    []string // parts of the findings
	}{
		"none": {func(*gin.Engine, *ginauth.Auth) {}, nil},
		"CORS": {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(corsMiddleware) },
			[]string{"* (no route): github.com/ginauth/ginauth/ginauth_test.corsMiddleware stands behind the guard"}},
		"CORS, a closure": {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(AllowCORS()) }, []string{"AllowCORS"}},
		"CORS, a method":  {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(byHeader{}.Cors) }, []string{"byHeader.Cors"}},
		"CORS, spelt so":  {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(enable_cors_headers) }, []string{"enable_cors_headers"}},
		"CORS, NoRoute":   {func(e *gin.Engine, a *ginauth.Auth) { e.Use(corsMiddleware); noRoute(a) }, []string{"corsMiddleware"}},
		"CORS of a group": {func(e *gin.Engine, a *ginauth.Auth) {
			group := a.Group(e, "/api", members)
			group.Use(corsMiddleware)
			group.GET("/a", ok)
			group.GET("/b", ok)
		}, []string{"GET /api/a: github.com/ginauth/ginauth/ginauth_test.corsMiddleware stands behind the guard"}},
		"CORS of a route":      {func(e *gin.Engine, _ *ginauth.Auth) { e.GET("/a", corsMiddleware, ok) }, []string{"GET /a: "}},
		"a handler called so":  {func(e *gin.Engine, _ *ginauth.Auth) { e.OPTIONS("/a", corsMiddleware) }, nil},
		"not CORS, of a group": {func(e *gin.Engine, _ *ginauth.Auth) { e.GET("/a", corsairMiddleware, scorsese, preflight, ok) }, nil},
		"some middleware": {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(preflight, corsairMiddleware, unnamed()) },
			[]string{"* (no route): middleware was added to the engine after ginauth.New: github.com/ginauth/ginauth/ginauth_test.preflight, "}},
		"some middleware, NoRoute": {func(e *gin.Engine, a *ginauth.Auth) { e.Use(preflight, unnamed()); noRoute(a) }, nil},
		"both": {func(e *gin.Engine, _ *ginauth.Auth) { e.Use(preflight, corsMiddleware) },
			[]string{"middleware was added to the engine after ginauth.New: github.com/ginauth/ginauth/ginauth_test.preflight. ", "corsMiddleware stands"}},
	} {
		engine := gin.New()
		engine.Use(AllowCORS()) // in front of the guard, where it belongs
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
		row.declare(engine, auth)
		engine.GET("/x", ok)
		got := findings(auth)
		if len(got) != len(row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
			continue
		}
		for i, part := range row.want {
			if !strings.Contains(got[i], part) {
				t.Errorf("%s: %q, want %q", name, got[i], part)
			}
		}
	}
}

// TestOneDeclarationIsOneFinding checks that the number of its routes does not
// matter.
func TestOneDeclarationIsOneFinding(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine) // refuses every request
	for i := range 30 {
		engine.GET(fmt.Sprintf("/r/%02d", i), ok)
	}
	group := auth.Group(engine, "/g", ginauth.Object(byPath{}), ginauth.AuthenticationClasses(byHeader{}))
	group.GET("/a", ok)
	group.GET("/b", ok)
	auth.With(engine, members, ginauth.NoAuthentication()).GET("/s", ok)
	got := findings(auth)
	want := []string{
		"GET /g/a: document by owner finds no object: the path has no parameter :owner (declared at ginauth/findings_test.go:88, also for another route)",
		"GET /r/00: IsAuthenticated refuses every request: the route has no authentication classes (declared at ginauth/findings_test.go:84, also for 29 other routes)",
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestAFindingAboutAllMethodsNamesPOST checks that the finding names a method
// that an endpoint serves.
func TestAFindingAboutAllMethodsNamesPOST(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine) // refuses every request
	engine.Any("/login", ok)
	got := fmt.Sprint(findings(auth))
	if !strings.HasPrefix(got, "[POST /login: IsAuthenticated refuses") || !strings.HasSuffix(got, "also for 8 other routes)]") {
		t.Error(got)
	}
}

// TestRulesAboutObjectsWithoutUsers checks that a class which needs a user for
// objects is not said to refuse requests: it lets those pass that concern none.
func TestRulesAboutObjectsWithoutUsers(t *testing.T) {
	owners := keeping{losing{permission{"Owners", anyone.allow}, ruled{anyone}}}
	owned := demanding{owners}
	engine, auth := newEngine()
	auth.With(engine, ginauth.PermissionClasses(owned), ginauth.NoAuthentication(), ginauth.NoObject()).GET("/x", ok)
	want := "[GET /x: Owners refuses every request about an object: the route has no authentication classes]"
	if got := fmt.Sprint(bare(findings(auth))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if code := do(engine, "GET", "/x", "").Code; code != 200 {
		t.Errorf("answered %d", code)
	}
}

type demanding struct{ keeping }

func (d demanding) Describe() ginauth.PermissionTraits {
	traits := d.keeping.Describe()
	traits.RequiresUser = true
	return traits
}

// TestUnguardedRoutesAreFindingsEach checks routes for which no declaration is
// to blame.
func TestUnguardedRoutesAreFindingsEach(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{}))
	early.GET("/a", ok)
	early.GET("/b", ok)
	if got := findings(auth); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// TestAnAnnotationOfAnEscapedColon checks the annotation before and after Gin's
// first request, when Gin removes the backslash from its routes.
func TestAnAnnotationOfAnEscapedColon(t *testing.T) {
	for _, annotated := range []string{`/notes/:id/x\:sync`, `/notes/:id/x:sync`} {
		engine, auth := newEngine()
		auth.With(engine, public).POST(`/notes/:id/x\:sync`, ok)
		auth.Route("POST", annotated, admins)
		for range 2 {
			if got := findings(auth); len(got) > 0 {
				t.Errorf("%s: %q", annotated, got)
			}
			if table := auth.Routes(); table[0].Path != "/notes/:id/x:sync" || fmt.Sprint(table[0].Permissions) != "[Admin]" {
				t.Errorf("%s: the table has\n%s", annotated, table)
			}
			checkAccess(t, engine, []access{{"POST", "/notes/1/x:sync", "", 401}, {"POST", "/notes/1/x:sync", "alice", 403}})
		}
		auth.With(engine, public).POST(`/late\:x`, ok) // Gin leaves its backslash
		auth.Route("POST", "/late:x", admins)
		checkAccess(t, engine, []access{{"POST", `/late\:x`, "", 401}})
	}
}

// TestAnAnnotationOfGETHoldsForHEAD checks HEAD, which StaticFS registers in
// the same call, and which would reveal the length of what GET refuses.
func TestAnAnnotationOfGETHoldsForHEAD(t *testing.T) {
	engine, auth := newEngine()
	open := auth.With(engine, public)
	files := http.FS(fstest.MapFS{"a.txt": {Data: []byte("twelve bytes")}})
	open.StaticFS("/files", files)
	open.StaticFileFS("/file", "a.txt", files)
	open.Any("/any", ok)
	open.Match([]string{"GET", "HEAD"}, "/match", ok)
	open.StaticFS("/apart", files)
	auth.With(engine, admins).StaticFS("/opened", files)
	auth.Route("GET", "/files/*filepath", admins)
	auth.Route("GET", "/file", admins)
	auth.Route("GET", "/any", admins)
	auth.Route("GET", "/match", admins)
	auth.Route("GET", "/apart/*filepath", admins)
	auth.Route("HEAD", "/apart/*filepath", members)
	auth.Route("GET", "/opened/*filepath", public)
	rows := []access{
		{"HEAD", "/apart/a.txt", "", 401}, {"HEAD", "/apart/a.txt", "alice", 200}, {"GET", "/apart/a.txt", "alice", 403},
		{"HEAD", "/opened/a.txt", "", 200}, {"GET", "/opened/a.txt", "", 200},
		{"POST", "/any", "", 200}, {"OPTIONS", "/any", "", 200},
	}
	for _, target := range []string{"/files/a.txt", "/file", "/any", "/match"} {
		for _, method := range []string{"GET", "HEAD"} {
			rows = append(rows, access{method, target, "", 401}, access{method, target, "alice", 403}, access{method, target, "admin", 200})
		}
	}
	checkAccess(t, engine, rows)
	if w := do(engine, "HEAD", "/files/a.txt", "alice"); w.Header().Get("Content-Length") == "12" {
		t.Error("the length of the file is told")
	}
	for _, r := range auth.Routes() {
		if want := "Admin"; r.Method == "HEAD" && r.Path == "/files/*filepath" && fmt.Sprint(r.Permissions) != "["+want+"]" {
			t.Errorf("the table has %v for HEAD, want %s", r.Permissions, want)
		}
	}
	if got := findings(auth); len(got) > 0 {
		t.Errorf("findings: %q", got)
	}
}

// TestCheckFindsAHEADOfItsOwn checks that a HEAD with another handler is found,
// since an annotation of GET may not be meant for it.
func TestCheckFindsAHEADOfItsOwn(t *testing.T) {
	engine, auth := newEngine()
	engine.GET("/x", ok)
	engine.HEAD("/x", secretApp(new(int)))
	if got := findings(auth); len(got) > 0 {
		t.Errorf("without an annotation: %q", got)
	}
	auth.Route("GET", "/x", public)
	if got := findings(auth); len(got) != 1 || !strings.Contains(got[0], "HEAD /x: the annotation of GET applies to it") {
		t.Errorf("%q", got)
	}
	auth.Route("HEAD", "/x", admins)
	if got := findings(auth); len(got) > 0 {
		t.Errorf("annotated: %q", got)
	}
}

// adapted is not inlined, which would give each closure a name of its own.
//
//go:noinline
func adapted(h http.HandlerFunc) gin.HandlerFunc { return gin.WrapF(h) }

// TestHandlersOfOneName checks that closures of one function count as different
// handlers.
func TestHandlersOfOneName(t *testing.T) {
	get, head := func(w http.ResponseWriter, _ *http.Request) {}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	shared := adapted(get)
	for name, row := range map[string]struct {
		get, head gin.HandlerFunc
		want      int
	}{
		"two closures": {adapted(get), adapted(head), 1},
		"one closure":  {shared, shared, 0},
		"one function": {ok, ok, 0},
		"one method":   {byHeader{"X"}.Cors, byHeader{"X"}.Cors, 0},
	} {
		engine, auth := newEngine()
		engine.GET("/x", row.get)
		engine.HEAD("/x", row.head)
		auth.Route("GET", "/x", public)
		if got := findings(auth); len(got) != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
