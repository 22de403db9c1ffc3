package ginauth_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

var (
	public  = ginauth.PermissionClasses(anyone)
	members = ginauth.PermissionClasses(member)
	admins  = ginauth.PermissionClasses(admin)
)

func TestPlainGroupsInheritTheNearestPolicy(t *testing.T) {
	engine, auth := newEngine()
	outer := auth.Group(engine, "/outer", admins)
	plain := outer.Group("/plain")
	plain.GET("/x", ok)
	inner := auth.Group(plain, "/inner", public)
	inner.GET("/x", ok)
	inner.Group("/deeper").GET("/x", ok)
	outer.GET("/x", ok)
	engine.Group("/other").GET("/x", ok)
	checkAccess(t, engine, []access{
		{"GET", "/outer/x", "", 401},
		{"GET", "/outer/x", "alice", 403},
		{"GET", "/outer/x", "admin", 200},
		{"GET", "/outer/plain/x", "alice", 403},
		{"GET", "/outer/plain/x", "admin", 200},
		{"GET", "/outer/plain/inner/x", "", 200},
		{"GET", "/outer/plain/inner/deeper/x", "", 200},
		{"GET", "/other/x", "", 401},
		{"GET", "/other/x", "alice", 200},
	})
}

func TestTwoGroupsOnOneBasePath(t *testing.T) {
	engine, auth := newEngine()
	open, closed := auth.Group(engine, "/", public), auth.Group(engine, "/", admins)
	open.GET("/a", ok)
	closed.GET("/b", ok)
	open.GET("/c", ok)
	checkAccess(t, engine, []access{
		{"GET", "/a", "", 200},
		{"GET", "/b", "", 401},
		{"GET", "/b", "alice", 403},
		{"GET", "/b", "admin", 200},
		{"GET", "/c", "", 200},
	})
}

func TestPublicRouteInProtectedGroup(t *testing.T) {
	engine, auth := newEngine()
	api := auth.Group(engine, "/api", members)
	auth.With(api, public).GET("/health", ok)
	api.GET("/me", ok)
	checkAccess(t, engine, []access{
		{"GET", "/api/health", "", 200},
		{"GET", "/api/health", "bad", 401}, // a wrong credential is refused even on a public route
		{"GET", "/api/me", "", 401},
		{"GET", "/api/me", "alice", 200},
	})
}

func TestListsAreIndependent(t *testing.T) {
	engine, auth := newEngine(ginauth.ThrottleClasses(never{}))
	unthrottled := auth.Group(engine, "/unthrottled", ginauth.NoThrottles())
	unthrottled.GET("/x", ok)                                                       // still members only
	auth.With(unthrottled, ginauth.NoAuthentication(), public).GET("/anyone", ok)   // still unthrottled
	auth.With(engine, public).GET("/throttled", ok)                                 // still throttled
	auth.With(unthrottled, ginauth.NoAuthentication()).GET("/nobody-can", ok)       // no client is identified, members only
	auth.With(unthrottled, ginauth.AuthenticationClasses(byHeader{})).GET("/y", ok) // no challenge: 403
	checkAccess(t, engine, []access{
		{"GET", "/unthrottled/x", "", 401},
		{"GET", "/unthrottled/x", "alice", 200},
		{"GET", "/unthrottled/anyone", "bad", 200},
		{"GET", "/throttled", "", 429},
		{"GET", "/unthrottled/nobody-can", "alice", 403},
		{"GET", "/unthrottled/y", "", 403},
		{"GET", "/unthrottled/y", "bad", 403},
		{"GET", "/unthrottled/y", "alice", 200},
	})
}

// vendor is third-party code that knows only Gin.
func vendor(r gin.IRouter) {
	r.GET("/status", ok)
	nested := r.Group("/nested", func(c *gin.Context) { c.Next() })
	nested.POST("/thing", ok)
	nested.Any("/any", ok)
}

func TestThirdPartyRegistration(t *testing.T) {
	engine, auth := newEngine()
	vendor(auth.Group(engine, "/vendor", admins))
	rows := []access{
		{"GET", "/vendor/status", "", 401},
		{"GET", "/vendor/status", "admin", 200},
		{"POST", "/vendor/nested/thing", "alice", 403},
		{"POST", "/vendor/nested/thing", "admin", 200},
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"} {
		rows = append(rows, access{method, "/vendor/nested/any", "alice", 403}, access{method, "/vendor/nested/any", "admin", 200})
	}
	checkAccess(t, engine, rows)
}

func TestStaticFilesAreGuarded(t *testing.T) {
	engine, auth := newEngine()
	files := http.FS(fstest.MapFS{"secret.txt": {Data: []byte("secret")}})
	auth.Group(engine, "/private", admins).StaticFS("/files", files)
	auth.Group(engine, "/public", public).StaticFileFS("/one", "secret.txt", files)
	checkAccess(t, engine, []access{
		{"GET", "/private/files/secret.txt", "", 401},
		{"HEAD", "/private/files/secret.txt", "", 401},
		{"GET", "/private/files/secret.txt", "alice", 403},
		{"GET", "/private/files/secret.txt", "admin", 200},
		{"GET", "/private/files/../files/secret.txt", "", 401},
		{"GET", "/public/one", "", 200},
	})
}

func TestGroupsThatCarryNoGuard(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine)
	other := gin.New()
	ginauth.New(other) // its guard is at the same position
	for name, r := range map[string]gin.IRouter{"made before New": early, "another engine's": other, "of an engine without New": gin.New()} {
		message := panicOf(t, func() { auth.Group(r, "/x", public) })
		if !strings.Contains(message, "make it after ginauth.New") {
			t.Errorf("a group %s: the panic does not tell the mend: %s", name, message)
		}
	}
}

func TestNewRefusesAnEngineThatHasRoutesOrAGuard(t *testing.T) {
	engine := gin.New()
	engine.GET("/early", ok)
	if message := panicOf(t, func() { ginauth.New(engine) }); !strings.Contains(message, "GET /early") {
		t.Errorf("the panic does not name the route: %s", message)
	}
	engine, _ = newEngine()
	if message := panicOf(t, func() { ginauth.New(engine) }); !strings.Contains(message, "twice") {
		t.Errorf("a second New: %s", message)
	}
}

func TestNilClassesPanicWhenDeclared(t *testing.T) {
	var none *byHeader
	for name, declare := range map[string]func(){
		"authenticator": func() { ginauth.AuthenticationClasses(byHeader{}, nil) },
		"nil pointer":   func() { ginauth.AuthenticationClasses(none) },
		"permission":    func() { ginauth.PermissionClasses(nil) },
		"throttle":      func() { ginauth.ThrottleClasses(nil) },
	} {
		if message := panicOf(t, declare); !strings.Contains(message, "nil class") {
			t.Errorf("%s: %s", name, message)
		}
	}
}

// TestNothingIsGiven checks that a nil argument panics with a message that
// names it.
func TestNothingIsGiven(t *testing.T) {
	engine, auth := newEngine()
	var none *ginauth.Auth
	var group *gin.RouterGroup
	for _, row := range []struct {
		want string
		call func()
	}{
		{"nil engine", func() { ginauth.New(nil) }},
		{"nil option", func() { ginauth.New(gin.New(), nil) }},
		{"a rule is nil", func() { auth.With(engine, nil) }},
		{"a rule is nil", func() { auth.Route("GET", "/x", nil) }},
		{"nil router", func() { auth.With(nil) }},
		{"nil router", func() { auth.Group(group, "/x") }},
		{"the Auth is nil or zero", func() { none.With(engine) }},
		{"the Auth is nil or zero", func() { (&ginauth.Auth{}).Group(engine, "/x") }},
		{"the Auth is nil or zero", func() { none.Route("GET", "/x") }},
		{"the Auth is nil or zero", func() { none.NoRoute() }},
		{"the Auth is nil or zero", func() { none.AddCheck(nil) }},
		{"the Auth is nil or zero", func() { none.AddDeployCheck(nil) }},
		{"AddDeployCheck was given nil", func() { auth.AddDeployCheck((*unfit)(nil)) }},
	} {
		if message := panicOf(t, row.call); !strings.Contains(message, row.want) {
			t.Errorf("%s, want %s", message, row.want)
		}
	}
}

func TestTheDefaultIsClosed(t *testing.T) {
	engine := gin.New()
	ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler))).With(engine).GET("/x", ok)
	engine.GET("/y", ok)
	checkAccess(t, engine, []access{{"GET", "/x", "alice", 403}, {"GET", "/y", "alice", 403}})
}

func TestMiddlewareBeforeAndAfterTheGuard(t *testing.T) {
	var order []string
	note := func(s string) gin.HandlerFunc { return func(*gin.Context) { order = append(order, s) } }
	engine := gin.New()
	engine.Use(note("first"))
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
	engine.Use(note("global"))
	group := auth.Group(engine, "/g", admins)
	group.Use(note("group"))
	auth.With(group, members).GET("/x", ok)
	group.GET("/y", ok)
	do(engine, "GET", "/g/x", "alice")
	if got := strings.Join(order, " "); got != "first global group" {
		t.Errorf("order: %s", got)
	}
	order = nil
	if w := do(engine, "GET", "/g/y", "alice"); w.Code != 403 || strings.Join(order, " ") != "first" {
		t.Errorf("a refused request ran %v and got %d", order, w.Code)
	}
}

func TestUnderStripPrefix(t *testing.T) {
	engine, auth := newEngine()
	auth.Group(engine, "/admin", admins).GET("/x", ok)
	auth.Group(engine, "/open", public).GET("/x", ok)
	mux := http.NewServeMux()
	mux.Handle("/go/", http.StripPrefix("/go", engine))
	checkAccess(t, mux, []access{
		{"GET", "/go/admin/x", "", 401},
		{"GET", "/go/admin/x", "admin", 200},
		{"GET", "/go/open/x", "", 200},
	})
}

func TestPathVariantsGetThePolicyOfTheRouteThatRan(t *testing.T) {
	targets := []string{
		"/admin/secret", "//admin/secret", "/admin//secret", "/./admin/secret", "/x/../admin/secret", "/admin/secret/", "/ADMIN/secret",
		"/%61dmin/secret", "/admin%2fsecret", "/admin%2Fsecret", "/admin/%2e%2e/admin/secret", "/%2561dmin/secret", "/admin/secret;x=1",
		"/admin/secret?x=/open", "/open/../admin/secret", "/admin/secret%00", "/admin/secret%0a",
	}
	for flags := range 16 {
		engine, auth := newEngine()
		engine.UseRawPath, engine.UseEscapedPath = flags&1 != 0, flags&2 != 0
		engine.RemoveExtraSlash, engine.RedirectFixedPath = flags&4 != 0, flags&8 != 0
		auth.Group(engine, "/admin", admins).GET("/secret", ok)
		open := auth.Group(engine, "/open", public)
		open.GET("/x", ok)
		auth.Group(engine, "/wild", public).GET("/*rest", ok)
		for _, target := range targets {
			if w := do(engine, "GET", target, "alice"); w.Code == 200 && strings.Contains(w.Body.String(), "/admin") {
				t.Errorf("flags %04b: %s reached %q", flags, target, w.Body)
			}
		}
		if w := do(engine, "GET", "/admin/secret", "admin"); w.Code != 200 {
			t.Errorf("flags %04b: the admin got %d", flags, w.Code)
		}
	}
}

func TestNothingInTheRequestSelectsAnotherPolicy(t *testing.T) {
	engine, auth := newEngine()
	auth.Group(engine, "/admin", admins).GET("/x", ok)
	auth.Group(engine, "/admin", public).POST("/x", ok)
	r := httptest.NewRequest("GET", "/admin/x?_method=POST", nil)
	for _, name := range []string{"X-HTTP-Method-Override", "X-Forwarded-Uri", "X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Prefix"} {
		r.Header.Set(name, "POST")
	}
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("got %d", w.Code)
	}
}
