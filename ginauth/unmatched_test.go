package ginauth_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

func TestUnmatchedRequestsPass(t *testing.T) {
	engine, auth := newEngine()
	engine.HandleMethodNotAllowed = true
	auth.Group(engine, "/x", admins).GET("/y", ok)
	checkAccess(t, engine, []access{
		{"GET", "/nowhere", "", 404},
		{"GET", "/nowhere", "bad", 404}, // before any policy runs
		{"POST", "/x/y", "", 405},
		{"GET", "/x/y", "", 401},
	})
}

func TestContentOfNoRouteIsGuardedByTheDefaults(t *testing.T) {
	engine, _ := newEngine()
	engine.HandleMethodNotAllowed = true
	engine.NoRoute(func(c *gin.Context) { c.String(http.StatusOK, "the app") })
	engine.GET("/x", ok)
	checkAccess(t, engine, []access{
		{"GET", "/nowhere", "", 401},
		{"GET", "/nowhere", "alice", 200},
		{"POST", "/x", "", 401},
		{"POST", "/x", "alice", 405},
	})
}

func TestContentOfNoMethodIsGuardedByTheDefaults(t *testing.T) {
	engine, _ := newEngine()
	engine.HandleMethodNotAllowed = true
	engine.NoMethod(func(c *gin.Context) { c.String(http.StatusOK, "secret") })
	engine.GET("/x", ok)
	checkAccess(t, engine, []access{
		{"POST", "/x", "", 401},
		{"POST", "/x", "alice", 200},
	})
}

func TestNoRouteCanBeAnnotated(t *testing.T) {
	engine, auth := newEngine()
	auth.NoRoute(public, ginauth.NoAuthentication())
	engine.NoRoute(func(c *gin.Context) { c.String(http.StatusNotFound, "lost?") })
	engine.GET("/x", ok)
	checkAccess(t, engine, []access{
		{"GET", "/nowhere", "", 404},
		{"GET", "/nowhere", "bad", 404},
		{"GET", "/x", "", 401},
	})
}

func TestHandleContextRunsTheTargetsPolicy(t *testing.T) {
	engine, auth := newEngine()
	forward := func(to string) gin.HandlerFunc {
		return func(c *gin.Context) {
			c.Request.URL.Path = to
			engine.HandleContext(c)
		}
	}
	auth.Group(engine, "/open", public).GET("/to-admin", forward("/admin/x"))
	auth.Group(engine, "/open", public).GET("/to-anonymous", forward("/blind/x"))
	auth.Group(engine, "/admin", admins).GET("/x", ok)
	auth.Group(engine, "/blind", public, ginauth.NoAuthentication()).GET("/x", func(c *gin.Context) {
		c.String(http.StatusOK, ginauth.Current(c).Subject())
	})
	checkAccess(t, engine, []access{
		{"GET", "/open/to-admin", "", 401},
		{"GET", "/open/to-admin", "alice", 403},
		{"GET", "/open/to-admin", "admin", 200},
	})
	if w := do(engine, "GET", "/open/to-anonymous", "alice"); w.Body.String() != "anonymous" {
		t.Errorf("the first pass's identity leaked into the second: %s", w.Body)
	}
}

func TestRouteAnnotatesWhatOthersRegister(t *testing.T) {
	engine, auth := newEngine()
	auth.Route("GET", "/vendor/status", public) // before it is registered
	vendor(auth.Group(engine, "/vendor", admins))
	auth.Route("POST", "/vendor/nested/thing", members) // and after
	checkAccess(t, engine, []access{
		{"GET", "/vendor/status", "", 200},
		{"POST", "/vendor/nested/thing", "", 401},
		{"POST", "/vendor/nested/thing", "alice", 200},
		{"GET", "/vendor/nested/any", "alice", 403},
		{"POST", "/vendor/status", "", 404},
	})
	if message := panicOf(t, func() { auth.Route("GET", "/vendor/status", admins) }); message == "" {
		t.Error("a second annotation of one route must panic")
	}
}
