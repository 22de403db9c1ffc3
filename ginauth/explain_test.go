package ginauth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// ownName passes objects that are named after the user.
type ownName struct{ permission }

func (ownName) HasObjectPermission(_ *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return id.Subject() == *obj.(*string), nil
}
func (ownName) String() string { return "OwnName" }

// byParameter loads the name that the path contains.
type byParameter struct{}

func (byParameter) LoadObject(c *gin.Context) (any, error) {
	switch name := c.Param("name"); name {
	case "missing":
		return nil, ginauth.NotFound()
	case "broken":
		return nil, errDatabase
	default:
		return &name, nil
	}
}
func (byParameter) PathParameter() string { return "name" }
func (byParameter) String() string        { return "ByParameter" }

// explained returns an engine with a route of each kind.
func explained() (*gin.Engine, *ginauth.Auth) {
	engine, auth := newEngine(ginauth.RefuseUncheckedObjects(false))
	own := ownName{anyone}
	broken := permission{"Broken", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, errDatabase }}
	panics := permission{"Panics", func(*gin.Context, *ginauth.Identity) (bool, error) { panic("of a class") }}
	reader := permission{"Reader", func(c *gin.Context, _ *ginauth.Identity) (bool, error) { return c.Request.Method == "GET", nil }}
	with := func(path string, rules ...ginauth.Rule) {
		auth.With(engine, rules...).Match([]string{"GET", "POST"}, path, ok)
	}
	with("/default")
	with("/public", ginauth.PermissionClasses(anyone))
	with("/public/:name", ginauth.PermissionClasses(anyone))
	with("/public/static", ginauth.PermissionClasses(nobody))
	with("/public/verb\\:sync", ginauth.PermissionClasses(admin))
	with("/files/*path", ginauth.PermissionClasses(member))
	with("/nobody", ginauth.PermissionClasses(nobody))
	with("/admin", ginauth.PermissionClasses(member, admin))
	with("/read", ginauth.PermissionClasses(reader))
	with("/any", ginauth.PermissionClasses(policies.Any(admin, policies.All(member, reader))))
	with("/blind", ginauth.NoAuthentication())
	with("/broken", ginauth.PermissionClasses(broken))
	with("/panics", ginauth.PermissionClasses(panics))
	with("/anything/:name", ginauth.PermissionClasses(own), ginauth.Object(byParameter{}))
	with("/hidden/:name", ginauth.PermissionClasses(policies.Conceal(own)), ginauth.Object(byParameter{}))
	with("/handler/:name", ginauth.PermissionClasses(own), ginauth.ObjectsInHandler())
	with("/without/:name", ginauth.PermissionClasses(own), ginauth.NoObject())
	with("/annotated")
	auth.Route("GET", "/annotated", ginauth.PermissionClasses(anyone))
	return engine, auth
}

// TestExplainAgreesWithTheGuard compares them on every route, and on paths that
// the router treats in a way of its own.
func TestExplainAgreesWithTheGuard(t *testing.T) {
	unmatched := func(c *gin.Context) { c.String(http.StatusOK, "unmatched") }
	for name, prepare := range map[string]func(engine *gin.Engine, auth *ginauth.Auth){
		"as Gin is":     func(*gin.Engine, *ginauth.Auth) {},
		"methods":       func(e *gin.Engine, _ *ginauth.Auth) { e.HandleMethodNotAllowed = true },
		"raw paths":     func(e *gin.Engine, _ *ginauth.Auth) { e.UseRawPath, e.UnescapePathValues = true, false },
		"no redirects":  func(e *gin.Engine, _ *ginauth.Auth) { e.RedirectTrailingSlash = false },
		"extra slashes": func(e *gin.Engine, _ *ginauth.Auth) { e.RemoveExtraSlash = true },
		"unmatched":     func(e *gin.Engine, _ *ginauth.Auth) { e.NoRoute(unmatched) },
		"annotated no route": func(e *gin.Engine, a *ginauth.Auth) {
			e.NoRoute(unmatched)
			a.NoRoute(ginauth.PermissionClasses(admin))
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine, auth := explained()
			prepare(engine, auth)
			for _, target := range []string{
				"/default", "/public", "/public/x", "/public/static", "/public/verb:sync", "/public/verb:other", "/files/a/b",
				"/nobody", "/admin", "/read", "/any", "/blind", "/broken", "/panics", "/annotated", "/nothing",
				"/anything/ann", "/anything/bob", "/anything/missing", "/anything/broken",
				"/hidden/ann", "/hidden/bob", "/hidden/missing", "/without/ann",
				"/public/", "/Public", "//public", "/public/a%2Fb", "/anything/a%6en", "/files", "/public/../admin",
			} {
				for _, method := range []string{"GET", "POST", "BREW"} {
					for _, user := range []string{"", "ann", "bob", "admin"} {
						agree(t, engine, auth, method, target, user)
					}
				}
			}
		})
	}
}

// agree compares an explanation with the answer to the same request.
func agree(t *testing.T, engine *gin.Engine, auth *ginauth.Auth, method, target, user string) {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	if err := parseTarget(r, target); err != nil {
		t.Fatal(err)
	}
	var id *ginauth.Identity
	if user != "" {
		id = &ginauth.Identity{User: &person{user}, Auth: "header"}
	}
	x := auth.Explain(r, id)
	want := x.Status
	if x.Verdict == ginauth.Allowed {
		want = http.StatusOK
	}
	code := http.StatusInternalServerError
	func() {
		defer func() { _ = recover() }() // of Gin's router, which some paths make panic
		code = do(engine, method, target, user).Code
	}()
	if code != want {
		t.Errorf("%s %s as %q: answered %d, explained as %s", method, target, user, code, x)
	}
}

// TestCanAgreesWithTheGuard asks about every route in a request of its own.
func TestCanAgreesWithTheGuard(t *testing.T) {
	engine, auth := explained()
	type question struct{ method, path string }
	type answer struct {
		verdict ginauth.Verdict
		err     error
	}
	var ask question
	var about any
	var got answer
	auth.With(engine, ginauth.PermissionClasses(anyone)).GET("/ask", func(c *gin.Context) {
		got.verdict, got.err = ginauth.Can(c, ask.method, ask.path, about)
	})
	failing := map[string]bool{"/broken": true, "/panics": true}
	for _, route := range auth.Routes() {
		for _, user := range []string{"", "ann", "bob", "admin"} {
			ask, about = question{route.Method, route.Path}, nil
			do(engine, "GET", "/ask", user)
			if failed := got.err != nil; failed != failing[route.Path] || failed && got.verdict != ginauth.Refused {
				t.Errorf("%v as %q: %v", ask, user, got)
			}
			if got.err != nil {
				continue
			}
			target := map[string]string{"/files/*path": "/files/a"}[route.Path]
			if target == "" {
				target = route.Path
			}
			code := do(engine, route.Method, target, user).Code
			switch {
			case got.verdict == ginauth.Allowed && code != http.StatusOK,
				got.verdict == ginauth.Refused && code == http.StatusOK:
				t.Errorf("%v as %q: %v, but the guard answers %d", ask, user, got, code)
			}
		}
	}
	ann := "ann"
	for _, row := range []struct {
		path, user string
		object     any
		want       ginauth.Verdict
	}{
		{"/anything/:name", "ann", nil, ginauth.DependsOnObject},
		{"/anything/:name", "ann", &ann, ginauth.Allowed},
		{"/anything/:name", "bob", &ann, ginauth.Refused},
		{"/handler/:name", "ann", nil, ginauth.DependsOnObject},
		{"/handler/:name", "ann", &ann, ginauth.Allowed},
		{"/handler/:name", "bob", &ann, ginauth.Refused},
		{"/hidden/:name", "bob", &ann, ginauth.Refused},
		{"/without/:name", "bob", &ann, ginauth.Allowed},
		{"/blind", "admin", nil, ginauth.Refused},
		{"/read", "ann", nil, ginauth.Allowed},
	} {
		ask, about = question{"GET", row.path}, row.object
		if do(engine, "GET", "/ask", row.user); got != (answer{row.want, nil}) {
			t.Errorf("%s as %q: %v, want %s", row.path, row.user, got, row.want)
		}
	}
	for _, route := range []question{{"GET", "/nothing"}, {"BREW", "/public"}, {"GET", "/public/x"}} {
		ask, about = route, nil
		if do(engine, "GET", "/ask", "admin"); got.verdict != ginauth.Refused || got.err == nil {
			t.Errorf("%v: %v, want an error", route, got)
		}
	}
}

// TestExplainSpendsNothing asks about a route whose classes must not be asked.
func TestExplainSpendsNothing(t *testing.T) {
	engine := gin.New()
	untouched := errors.New("asked")
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(refusing{untouched}), ginauth.ThrottleClasses(throttled{untouched}))
	engine.Use(func(*gin.Context) { t.Error("middleware ran") })
	engine.GET("/", func(*gin.Context) { t.Error("the handler ran") })
	id := &ginauth.Identity{User: &person{"ann"}}
	if x := auth.Explain(httptest.NewRequest("GET", "/", nil), id); x.Verdict != ginauth.Allowed {
		t.Errorf("explained as %s", x)
	}
}

type refusing struct{ err error }

func (r refusing) Authenticate(*gin.Context) (*ginauth.Identity, error) { return nil, r.err }

type throttled struct{ err error }

func (r throttled) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{}, r.err
}

// TestCanAsksNoMoreThanTheGuard checks that a part of a permission is asked out
// of its order only to explain it.
func TestCanAsksNoMoreThanTheGuard(t *testing.T) {
	asked := 0
	counting := permission{"Counting", func(*gin.Context, *ginauth.Identity) (bool, error) { asked++; return true, nil }}
	engine, auth := newEngine()
	auth.With(engine, ginauth.PermissionClasses(policies.All(member, counting))).GET("/x", ok)
	auth.With(engine, ginauth.PermissionClasses(anyone)).GET("/ask", func(c *gin.Context) {
		_, _ = ginauth.Can(c, "GET", "/x", nil)
	})
	for _, row := range []struct {
		path, user string
		want       int
	}{
		{"/x", "", 0},
		{"/ask", "", 0},
		{"/x", "ann", 1},
		{"/ask", "ann", 1},
	} {
		asked = 0
		if do(engine, "GET", row.path, row.user); asked != row.want {
			t.Errorf("%s as %q: asked %d times, want %d", row.path, row.user, asked, row.want)
		}
	}
	asked = 0
	if auth.ExplainRoute(t.Context(), "GET", "/x", nil); asked != 1 {
		t.Errorf("explained: asked %d times, want 1", asked)
	}
}
