package ginauth_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

var assets = http.FS(fstest.MapFS{"a.txt": {Data: []byte("a file")}, "empty/.keep": {}})

// secretApp answers requests that match no route, and counts them.
func secretApp(reached *int) gin.HandlerFunc {
	return func(c *gin.Context) {
		*reached++
		c.String(http.StatusOK, "SECRET for %s", ginauth.Current(c).Subject())
	}
}

// TestAMissingFileIsGuardedAsNoRoute checks that the NoRoute handlers, which
// are all that Gin's StaticFS runs for such a file, have their own policy,
// whatever was requested before.
func TestAMissingFileIsGuardedAsNoRoute(t *testing.T) {
	reached := 0
	register := func(engine *gin.Engine, auth *ginauth.Auth) {
		auth.With(engine, public).StaticFS("/assets", assets)
		auth.With(engine, public).StaticFS("/listed", gin.OnlyFilesFS{FileSystem: assets})
		auth.With(engine, public, ginauth.NoAuthentication()).Group("/deep/er").StaticFS("/assets", assets)
		auth.With(engine, ginauth.PermissionClasses(ownerOnly{}), ginauth.ObjectsInHandler()).StaticFS("/watched", assets)
		auth.With(engine, admins).StaticFS("/admins", assets)
		auth.With(engine, public).GET("/forward", func(c *gin.Context) {
			c.Request.URL.Path = "/assets/missing.txt"
			engine.HandleContext(c)
		})
	}
	rows := []access{
		{"GET", "/assets/a.txt", "", 200}, {"HEAD", "/assets/a.txt", "", 200}, {"GET", "/deep/er/assets/a.txt", "bad", 200},
		{"GET", "/assets/missing.txt", "", 401}, {"GET", "/assets/missing.txt", "alice", 403}, {"GET", "/assets/missing.txt", "bad", 401},
		{"GET", "/assets/missing.txt", "broken", 503},
		{"HEAD", "/assets/missing.txt", "", 401}, {"GET", "/assets//../missing.txt", "", 401}, {"GET", "/assets/%00", "", 401},
		{"GET", "/listed/missing.txt", "", 401}, {"GET", "/listed/missing.txt", "alice", 403},
		{"GET", "/deep/er/assets/missing.txt", "", 401}, {"GET", "/deep/er/assets/missing.txt", "alice", 403},
		{"GET", "/watched/missing.txt", "alice", 403}, {"GET", "/admins/missing.txt", "alice", 403},
		{"GET", "/forward", "", 401}, {"GET", "/forward", "alice", 403},
		{"GET", "/nowhere", "", 401}, {"GET", "/nowhere", "alice", 403},
	}
	for name, declare := range map[string]func(engine *gin.Engine, auth *ginauth.Auth){
		"NoRoute before the routes": func(engine *gin.Engine, auth *ginauth.Auth) {
			engine.NoRoute(secretApp(&reached))
			auth.NoRoute(admins)
			register(engine, auth)
		},
		"NoRoute after the routes, middleware behind the guard": func(engine *gin.Engine, auth *ginauth.Auth) {
			register(engine, auth)
			auth.NoRoute(admins)
			engine.Use(func(c *gin.Context) { c.Next() })
			engine.NoRoute(secretApp(&reached), secretApp(&reached))
		},
		"NoRoute replaced while it serves": func(engine *gin.Engine, auth *ginauth.Auth) {
			register(engine, auth)
			engine.NoRoute(func(c *gin.Context) { c.String(http.StatusOK, "lost?") })
			auth.NoRoute(admins)
			do(engine, "GET", "/assets/missing.txt", "admin")
			engine.NoRoute(secretApp(&reached))
		},
	} {
		engine, auth := newEngine()
		declare(engine, auth)
		checkAccess(t, engine, rows)
		if reached != 0 {
			t.Errorf("%s: the handlers ran %d times", name, reached)
		}
		for _, target := range []string{"/assets/missing.txt", "/nowhere", "/deep/er/assets/missing.txt"} {
			if w := do(engine, "GET", target, "admin"); !strings.HasPrefix(w.Body.String(), "SECRET for admin") {
				t.Errorf("%s: %s as admin: %d %s", name, target, w.Code, w.Body)
			}
		}
		reached = 0
	}
}

// TestAMissingFileHasTheDefaults checks that without an annotation of NoRoute
// the defaults apply, as to any other request that matches no route.
func TestAMissingFileHasTheDefaults(t *testing.T) {
	engine, auth := newEngine()
	auth.With(engine, public).StaticFS("/assets", assets)
	checkAccess(t, engine, []access{{"GET", "/assets/missing.txt", "", 404}}) // nothing answers
	engine.NoRoute(ok)
	checkAccess(t, engine, []access{
		{"GET", "/assets/missing.txt", "", 401}, {"GET", "/nowhere", "", 401},
		{"GET", "/assets/missing.txt", "alice", 200}, {"GET", "/nowhere", "alice", 200},
	})
}

// TestARequestForNoRouteIsCountedOnce checks also chains that Gin combined
// again from handlers with a guard in front of them.
func TestARequestForNoRouteIsCountedOnce(t *testing.T) {
	engine, auth := newEngine()
	n := 0
	auth.NoRoute(public, ginauth.ThrottleClasses(counting{&n}))
	engine.NoRoute(ok)
	do(engine, "GET", "/nowhere", "")
	engine.Use(func(*gin.Context) {})
	if do(engine, "GET", "/nowhere", ""); n != 2 {
		t.Errorf("two requests were counted %d times", n)
	}
}

// TestCheckGuardsMissingFilesOfRoutesWithoutAGuard checks such a route, which
// may be requested before any guarded one.
func TestCheckGuardsMissingFilesOfRoutesWithoutAGuard(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
	early.StaticFS("/assets", assets)
	auth.NoRoute(admins)
	engine.NoRoute(ok)
	auth.Check()
	checkAccess(t, engine, []access{{"GET", "/early/assets/missing.txt", "", 401}, {"GET", "/early/assets/missing.txt", "admin", 200}})
}

// TestTheFirstRequestsComeAtOnce checks that no request reaches the NoRoute
// handlers without a guard (go test -race).
func TestTheFirstRequestsComeAtOnce(t *testing.T) {
	for range 50 {
		engine, auth := newEngine()
		auth.With(engine, public).StaticFS("/assets", assets)
		auth.NoRoute(admins)
		engine.NoRoute(ok)
		var clients sync.WaitGroup
		for _, target := range []string{"/assets/missing.txt", "/nowhere", "/assets/a.txt", "/assets/missing.txt"} {
			clients.Go(func() {
				if w := do(engine, "GET", target, ""); strings.Contains(w.Body.String(), "reached") {
					t.Errorf("%s: %d %s", target, w.Code, w.Body)
				}
			})
		}
		clients.Wait()
	}
}

// TestGinReplacesChainsWhereWeKnow fails when a new version of Gin runs further
// chains that do not begin with the engine's middleware; see chain.go.
func TestGinReplacesChainsWhereWeKnow(t *testing.T) {
	file, _ := runtime.FuncForPC(reflect.ValueOf(gin.New).Pointer()).FileLine(0)
	assignment := regexp.MustCompile(`c\w*\.handlers\s*=[^=].*`)
	var got []string
	err := filepath.WalkDir(filepath.Dir(file), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly); err != nil || f.Name.Name != "gin" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, line := range assignment.FindAllString(string(text), -1) {
			got = append(got, fmt.Sprintf("%s: %s", filepath.Base(path), line))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"context.go: c.handlers = nil", "context.go: cp.handlers = nil",
		"gin.go: c.handlers = oldHandlers", "gin.go: c.handlers = value.handlers", "gin.go: c.handlers = engine.allNoMethod", "gin.go: c.handlers = engine.allNoRoute",
		"routergroup.go: c.handlers = group.engine.noRoute",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Gin assigns chains at %q, want %q", got, want)
	}
}
