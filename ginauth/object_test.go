package ginauth_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// document is the object of the routes of these tests.
type document struct{ owner string }

// ownerOnly is a rule about documents.
type ownerOnly struct{}

func (ownerOnly) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (ownerOnly) HasObjectPermission(_ *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	if obj.(*document).owner == "broken" {
		return true, errDatabase
	}
	return id.Authenticated() && obj.(*document).owner == id.Subject(), nil
}
func (ownerOnly) String() string { return "OwnerOnly" }

// toldWhy and secret are ownerOnly with a message for the client, and
// concealing.
type toldWhy struct{ ownerOnly }

func (toldWhy) Message() any { return "Not yours." }
func (toldWhy) Code() string { return "not_yours" }

type secret struct{ ownerOnly }

func (secret) Conceals() bool { return true }

// byPath loads the document of the owner that the path names.
type byPath struct{}

func (byPath) LoadObject(c *gin.Context) (any, error) {
	switch owner := c.Param("owner"); owner {
	case "missing":
		return nil, ginauth.NotFound()
	case "unreachable":
		return nil, errDatabase
	case "nothing":
		return nil, nil
	case "nil":
		return (*document)(nil), nil
	default:
		return &document{owner}, nil
	}
}
func (byPath) PathParameter() string { return "owner" }
func (byPath) String() string        { return "document by owner" }

func showDocument(c *gin.Context) {
	c.String(http.StatusOK, "document of %s", ginauth.ObjectOf[document](c).owner)
}

func TestObjectsAreLoadedAndCheckedBeforeTheHandler(t *testing.T) {
	engine, auth := newEngine(ginauth.PermissionClasses(anyone))
	object := ginauth.Object(byPath{})
	auth.Group(engine, "/plain/:owner", object, ginauth.PermissionClasses(ownerOnly{})).GET("", showDocument)
	auth.Group(engine, "/why/:owner", object, ginauth.PermissionClasses(member, toldWhy{})).GET("", showDocument)
	auth.Group(engine, "/secret/:owner", object, ginauth.PermissionClasses(secret{})).GET("", showDocument)
	auth.Group(engine, "/closed/:owner", object, ginauth.NoAuthentication(), ginauth.PermissionClasses(toldWhy{})).GET("", showDocument)
	auth.Group(engine, "/throttled/:owner", object, ginauth.ThrottleClasses(never{})).GET("", showDocument)
	auth.Group(engine, "/inherits/:owner", object, ginauth.PermissionClasses(ownerOnly{})).Group("/sub").GET("", showDocument)

	const (
		denied   = `{"detail":"You do not have permission to perform this action."}`
		unknown  = `{"detail":"Authentication credentials were not provided."}`
		notFound = `{"detail":"Not found."}`
		failed   = `{"detail":"Service temporarily unavailable, try again later."}`
	)
	for _, row := range []struct {
		target, user string
		want         int
		body         string
	}{
		{"/plain/alice", "alice", 200, "document of alice"},
		{"/plain/alice", "bob", 403, denied},
		{"/plain/alice", "", 401, unknown},
		{"/plain/missing", "alice", 404, notFound},
		{"/plain/missing", "", 404, notFound},
		{"/plain/unreachable", "alice", 503, failed},
		{"/plain/nothing", "alice", 503, failed},
		{"/plain/nil", "alice", 503, failed},
		{"/plain/broken", "bob", 503, failed},
		{"/why/alice", "alice", 200, "document of alice"},
		{"/why/alice", "bob", 403, `{"detail":"Not yours."}`},
		{"/why/alice", "", 401, unknown},
		{"/secret/alice", "alice", 200, "document of alice"},
		{"/secret/alice", "bob", 404, notFound},
		{"/secret/alice", "", 404, notFound},
		{"/closed/alice", "", 403, `{"detail":"Not yours."}`},
		{"/throttled/missing", "alice", 429, `{"detail":"Request was throttled."}`}, // before anything is loaded
		{"/inherits/alice/sub", "alice", 200, "document of alice"},
		{"/inherits/alice/sub", "bob", 403, denied},
	} {
		w := do(engine, "GET", row.target, row.user)
		if w.Code != row.want || w.Body.String() != row.body {
			t.Errorf("%s as %q: got %d %s, want %d %s", row.target, row.user, w.Code, w.Body, row.want, row.body)
		}
	}
}

// TestConcealedObjectsAreLikeMissingOnes compares status, headers and body, for
// every client that must not see a difference.
func TestConcealedObjectsAreLikeMissingOnes(t *testing.T) {
	for _, rules := range [][]ginauth.Rule{{}, {ginauth.ThrottleClasses(never{time.Second})}, {ginauth.NoAuthentication()}} {
		engine, auth := newEngine()
		engine.HandleMethodNotAllowed = true
		one := auth.Group(engine, "/secret/:owner", append(rules, ginauth.Object(byPath{}), ginauth.PermissionClasses(secret{}))...)
		one.GET("", showDocument)
		one.HEAD("", showDocument)
		for _, user := range []string{"", "bob", "bad", "broken"} {
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
				for _, end := range []string{"", "/", "/more"} {
					there, missing := do(engine, method, "/secret/alice"+end, user), do(engine, method, "/secret/missing"+end, user)
					location := strings.Replace(missing.Header().Get("Location"), "missing", "alice", 1)
					if there.Header().Get("Location") != location {
						t.Errorf("%s %s as %q: leads to %s, want %s", method, end, user, there.Header().Get("Location"), location)
					}
					for _, w := range []*httptest.ResponseRecorder{there, missing} {
						w.Header().Del("Location")
						w.Header().Del("X-Request-ID")
					}
					body := strings.ReplaceAll(missing.Body.String(), "/secret/missing", "/secret/alice")
					if there.Code != missing.Code || there.Body.String() != body || !maps.EqualFunc(there.Header(), missing.Header(), slices.Equal[[]string]) {
						t.Errorf("%s %s as %q: %d %v %s, want %d %v %s", method, end, user,
							there.Code, there.Header(), there.Body, missing.Code, missing.Header(), missing.Body)
					}
				}
			}
		}
	}
}

// TestObjectOf checks that a missing object or another type panics and is
// logged, and that no later handler runs.
func TestObjectOf(t *testing.T) {
	var log bytes.Buffer
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, value any) { c.String(http.StatusInternalServerError, "%v", value) }))
	auth := ginauth.New(engine, public, ginauth.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	reached := false
	next := func(*gin.Context) { reached = true }
	found := func(c *gin.Context) { c.String(http.StatusOK, ginauth.ObjectOf[document](c).owner) }
	other := func(c *gin.Context) { _ = ginauth.ObjectOf[person](c) }
	pointer := func(c *gin.Context) { _ = ginauth.ObjectOf[*document](c) }
	one := auth.Group(engine, "/:owner", ginauth.Object(byPath{}))
	one.GET("/found", found)
	one.GET("/other", other, next)
	one.GET("/pointer", pointer, next)
	auth.With(one, ginauth.NoObject()).GET("/none", found, next)
	auth.With(one, ginauth.ObjectsInHandler(), ginauth.PermissionClasses(toldWhy{})).GET("/handler", found, next)
	for target, want := range map[string]string{
		"/alice/found":   "alice",
		"/alice/other":   "ObjectOf[ginauth_test.person]: the route has loaded a *ginauth_test.document: name the type",
		"/alice/pointer": "ObjectOf[*ginauth_test.document]: the route has loaded a *ginauth_test.document: name the type",
		"/alice/none":    "ObjectOf[ginauth_test.document]: the route has loaded no object: declare ginauth.Object",
		"/alice/handler": "ObjectOf[ginauth_test.document]: the route has loaded no object: declare ginauth.Object",
	} {
		log.Reset()
		w := do(engine, "GET", target, "")
		loud := w.Code == http.StatusInternalServerError && strings.Contains(log.String(), want) && strings.Contains(log.String(), "request_id=")
		if !strings.Contains(w.Body.String(), want) || reached || loud == (target == "/alice/found") {
			t.Errorf("%s: %d %s, logged %s", target, w.Code, w.Body, log.String())
		}
	}
}

func TestCheckObject(t *testing.T) {
	engine, auth := newEngine(ginauth.PermissionClasses(anyone))
	ask := func(c *gin.Context) {
		if err := ginauth.CheckObject(c, &document{c.Query("owner")}); err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.String(http.StatusCreated, "created")
	}
	auth.With(engine, ginauth.PermissionClasses(toldWhy{})).POST("/documents", ask)
	auth.With(engine, ginauth.PermissionClasses(toldWhy{}), ginauth.NoObject()).POST("/asked", ask)
	engine.POST("/norule", ask)
	engine.POST("/nil", func(c *gin.Context) { ginauth.Abort(c, ginauth.CheckObject(c, nil)) })
	checkAccess(t, engine, []access{
		{"POST", "/documents?owner=alice", "alice", 201},
		{"POST", "/documents?owner=alice", "bob", 403},
		{"POST", "/documents?owner=alice", "", 401},
		{"POST", "/documents?owner=broken", "alice", 503},
		{"POST", "/asked?owner=alice", "bob", 403},
		{"POST", "/norule?owner=alice", "bob", 201},
		{"POST", "/nil", "alice", 500},
	})
	auth.With(engine, ginauth.PermissionClasses(toldWhy{})).POST("/nilpointer", func(c *gin.Context) {
		ginauth.Abort(c, ginauth.CheckObject(c, (*document)(nil)))
	})
	if w := do(engine, "POST", "/nilpointer", "alice"); w.Code != 500 || w.Body.String() != `{"detail":"A server error occurred."}` {
		t.Errorf("a nil pointer: %d %q", w.Code, w.Body) // the rule would panic, with an empty body
	}
	c, _ := gin.CreateTestContext(do(engine, "GET", "/", ""))
	var e *ginauth.Error
	if err := ginauth.CheckObject(c, &document{}); !errors.As(err, &e) || e.Status != http.StatusInternalServerError {
		t.Errorf("without a guard: %v", err)
	}
}

// TestObjectsAreCheckedInParallel loads and checks objects in several
// goroutines, for the race detector.
func TestObjectsAreCheckedInParallel(t *testing.T) {
	engine, auth := newEngine(ginauth.PermissionClasses(ownerOnly{}))
	auth.With(engine, ginauth.ObjectsInHandler()).GET("/", func(c *gin.Context) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _ = ginauth.CheckObject(c, &document{"alice"}) })
		}
		all.Wait()
		c.Status(http.StatusOK)
	})
	if w := do(engine, "GET", "/", "alice"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestTheObjectIsCheckedOnlyAfterTheRequest checks that a class which refuses
// the request is not asked about its object, and that the first refusal counts.
func TestTheObjectIsCheckedOnlyAfterTheRequest(t *testing.T) {
	engine, auth := newEngine()
	auth.Group(engine, "/:owner", ginauth.Object(byPath{}), ginauth.PermissionClasses(toldWhy{}, nobody)).GET("", showDocument)
	w := do(engine, "GET", "/missing", "alice")
	if w.Code != 403 || !strings.Contains(w.Body.String(), "You do not have permission") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestCheckFindsWhatIsWrongAboutObjects(t *testing.T) {
	engine, auth := newEngine(ginauth.PermissionClasses(ownerOnly{}))
	engine.GET("/silent", ok)
	auth.With(engine, ginauth.NoObject()).GET("/none", ok)
	auth.With(engine, ginauth.ObjectsInHandler()).GET("/handler", ok)
	auth.With(engine, ginauth.Object(byPath{})).GET("/loaded/:owner", ok)
	auth.With(engine, ginauth.Object(byPath{})).GET("/rest/*owner", ok)
	auth.With(engine, ginauth.Object(byPath{})).GET("/misspelt/:owners/x", ok)
	auth.With(engine, ginauth.PermissionClasses(anyone)).GET("/open", ok)
	var got []string
	for _, f := range auth.Check() {
		got = append(got, f.String())
	}
	want := []string{
		"GET /misspelt/:owners/x: document by owner finds no object: the path has no parameter :owner",
		"GET /silent: OwnerOnly has a rule about objects, but the route declares none: declare Object, ObjectsInHandler or NoObject",
	}
	if len(got) != len(want) {
		t.Fatalf("findings: %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("finding %d: %q, want %q", i, got[i], want[i])
		}
	}
	columns := map[string]string{"/none": "none", "/handler": "in handler", "/loaded/:owner": "document by owner", "/silent": "", "/open": ""}
	for _, r := range auth.Routes() {
		if want, listed := columns[r.Path]; listed && r.Object != want {
			t.Errorf("%s: %q, want %q", r.Path, r.Object, want)
		}
	}
}
