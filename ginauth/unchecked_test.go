package ginauth_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// forgetful holds the ways in which handlers answer on a route with a rule
// about objects that they do not apply.
var forgetful = map[string]struct {
	handler gin.HandlerFunc
	hole    bool // the answer is a success
}{
	"text": {func(c *gin.Context) { c.String(http.StatusOK, "a secret") }, true},
	"json": {func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"a": "secret"}) }, true},
	"cookie": {func(c *gin.Context) {
		c.SetCookie("a", "secret", 0, "", "", true, true)
		c.Status(http.StatusNoContent)
	}, true},
	"nothing":  {func(*gin.Context) {}, true},
	"redirect": {func(c *gin.Context) { c.Redirect(http.StatusFound, "/secret") }, true},
	"flushed":  {func(c *gin.Context) { c.Writer.Flush(); _, _ = c.Writer.WriteString("a secret") }, true},
	"two writes": {func(c *gin.Context) {
		c.Header("Content-Length", "16")
		_, _ = io.WriteString(c.Writer, "a secret")
		_, _ = c.Writer.Write([]byte("a secret"))
	}, true},
	"reader": {func(c *gin.Context) {
		c.DataFromReader(http.StatusOK, 8, "text/plain", strings.NewReader("a secret"), nil)
	}, true},
	"trailer": {func(c *gin.Context) {
		c.String(http.StatusOK, "a secret")
		c.Header(http.TrailerPrefix+"X-Secret", "a secret")
	}, true},
	"later use": {func(c *gin.Context) { c.Next(); c.String(http.StatusOK, "a secret") }, true},

	"no such thing": {func(c *gin.Context) { ginauth.Abort(c, ginauth.NotFound()) }, false},
	"bad request":   {func(c *gin.Context) { c.String(http.StatusBadRequest, "no secret") }, false},
	"checked": {func(c *gin.Context) {
		if ginauth.CheckObject(c, &document{"alice"}) == nil {
			c.String(http.StatusOK, "hers")
		}
	}, false},
	"all refused": {func(c *gin.Context) { // like a list that leaves out what the client may not see
		_ = ginauth.CheckObject(c, &document{"bob"})
		c.JSON(http.StatusOK, []string{})
	}, false},
	"own means": {func(c *gin.Context) { ginauth.MarkObjectsChecked(c); c.String(http.StatusOK, "hers") }, false},
}

// forgetfulEngine returns an engine with a route for each of them.
func forgetfulEngine(options ...ginauth.Option) (*gin.Engine, *ginauth.Auth) {
	engine, auth := newEngine(append(options, ginauth.PermissionClasses(ownerOnly{}))...)
	for name, f := range forgetful {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		engine.GET(path, f.handler)
		auth.With(engine, ginauth.NoObject()).GET(path+"/none", f.handler)
	}
	return engine, auth
}

// TestAnUncheckedAnswerIsRefused checks that nothing of it reaches the client,
// in Gin's modes for development and tests.
func TestAnUncheckedAnswerIsRefused(t *testing.T) {
	for _, mode := range []string{gin.DebugMode, gin.TestMode} {
		gin.SetMode(mode)
		gin.DefaultWriter = io.Discard
		engine, auth := forgetfulEngine()
		gin.SetMode(gin.ReleaseMode)
		holes := uint64(0)
		for name, f := range forgetful {
			path := "/" + strings.ReplaceAll(name, " ", "-")
			w := do(engine, "GET", path, "alice")
			if refused := w.Code == 500 && w.Body.String() == `{"detail":"A server error occurred."}`; refused != f.hole {
				t.Errorf("%s, %s: got %d %s", mode, name, w.Code, w.Body)
			}
			if f.hole {
				holes++
				if headers := w.Header(); strings.Contains(w.Body.String(), "secret") || headers.Get("Set-Cookie") != "" || headers.Get("Location") != "" ||
					headers.Get("Content-Type") != "application/json" || headers.Get(http.TrailerPrefix+"X-Secret") != "" {
					t.Errorf("%s, %s: something got out: %v %s", mode, name, headers, w.Body)
				}
			}
			if w := do(engine, "GET", path+"/none", "alice"); w.Code == 500 {
				t.Errorf("%s, %s: refused although the route is about no object", mode, name)
			}
		}
		if got := auth.UncheckedObjects(); got != holes {
			t.Errorf("%s: %d counted, want %d", mode, got, holes)
		}
	}
}

func TestAnUncheckedAnswerIsLoggedAndCountedInProduction(t *testing.T) {
	var log bytes.Buffer
	engine, auth := forgetfulEngine(ginauth.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	do(engine, "GET", "/none-such", "alice") // the first request logs what Check finds
	for name, f := range forgetful {
		log.Reset()
		before := auth.UncheckedObjects()
		w := do(engine, "GET", "/"+strings.ReplaceAll(name, " ", "-"), "alice")
		if w.Code == 500 {
			t.Errorf("%s: refused", name)
		}
		logged := strings.Contains(log.String(), "level=ERROR") && strings.Contains(log.String(), "without applying it") &&
			strings.Contains(log.String(), "route=/"+strings.ReplaceAll(name, " ", "-")) && strings.Contains(log.String(), "request_id=")
		if counted := auth.UncheckedObjects() > before; counted != f.hole || logged != f.hole {
			t.Errorf("%s: counted %v, logged %q", name, counted, log.String())
		}
	}
}

func TestRefuseUncheckedObjects(t *testing.T) {
	engine, _ := forgetfulEngine(ginauth.RefuseUncheckedObjects(true))
	if w := do(engine, "GET", "/text", "alice"); w.Code != 500 {
		t.Errorf("in release mode, asked to: %d %s", w.Code, w.Body)
	}
	gin.SetMode(gin.TestMode)
	engine, _ = forgetfulEngine(ginauth.RefuseUncheckedObjects(false))
	gin.SetMode(gin.ReleaseMode)
	if w := do(engine, "GET", "/text", "alice"); w.Code != 200 {
		t.Errorf("in test mode, asked not to: %d %s", w.Code, w.Body)
	}
}

// TestARedispatchedRequestIsTheTargetsBusiness checks that only the second
// route has to apply its rules.
func TestARedispatchedRequestIsTheTargetsBusiness(t *testing.T) {
	for _, refuse := range []bool{true, false} {
		engine, auth := newEngine(ginauth.RefuseUncheckedObjects(refuse))
		auth.With(engine, ginauth.PermissionClasses(ownerOnly{}), ginauth.ObjectsInHandler()).GET("/from", func(c *gin.Context) {
			c.Request.URL.Path = "/to/alice"
			engine.HandleContext(c)
		})
		auth.With(engine, ginauth.PermissionClasses(ownerOnly{}), ginauth.Object(byPath{})).GET("/to/:owner", showDocument)
		if w := do(engine, "GET", "/from", "alice"); w.Code != 200 || w.Body.String() != "document of alice" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		if w := do(engine, "GET", "/from", "bob"); w.Code != 403 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		if n := auth.UncheckedObjects(); n != 0 {
			t.Errorf("%d counted", n)
		}
	}
}

// TestTheWatchedWriterIsAResponseWriter checks that a watched writer supports
// what a connection does.
func TestTheWatchedWriterIsAResponseWriter(t *testing.T) {
	engine, auth := newEngine(ginauth.RefuseUncheckedObjects(true))
	group := auth.With(engine, ginauth.PermissionClasses(ownerOnly{}), ginauth.ObjectsInHandler())
	hijack := func(check bool) gin.HandlerFunc {
		return func(c *gin.Context) {
			if check {
				_ = ginauth.CheckObject(c, &document{"alice"})
			}
			if conn, _, err := c.Writer.Hijack(); err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 299 Hijacked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
				_ = conn.Close()
			}
		}
	}
	group.GET("/hijacked", hijack(true))
	group.GET("/stolen", hijack(false))
	group.GET("/controlled", func(c *gin.Context) {
		_ = ginauth.CheckObject(c, &document{"alice"})
		controller := http.NewResponseController(c.Writer)
		if err := controller.Flush(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(engine)
	defer server.Close()
	for path, want := range map[string]int{"/hijacked": 299, "/stolen": 500, "/controlled": 200} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		r.Header.Set("X-User", "alice")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
	}
}
