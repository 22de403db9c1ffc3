package ginauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// recorder is an observer that keeps what it is told.
type recorder struct {
	passes bool
	mu     sync.Mutex
	events []ginauth.Event
}

func (r *recorder) Observe(_ context.Context, e ginauth.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) ObservesPasses() bool { return r.passes }

// taken returns the events since the last call, a line each.
func (r *recorder) taken() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		line := fmt.Sprintf("%s %s %s by %s: %d %s", e.Kind, e.Method, e.Route, e.Subject, e.Status, e.Code)
		if e.Class != "" {
			line += " class " + e.Class
		}
		if e.Cause != "" {
			line += " cause " + e.Cause
		}
		lines = append(lines, line)
	}
	r.events = nil
	return strings.Join(lines, "\n")
}

// brokenPermission cannot decide.
func brokenPermission(text string) ginauth.Permission {
	return permission{"Broken", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, errors.New(text) }}
}

// TestObservers checks what observers are told of each answer.
func TestObservers(t *testing.T) {
	all, refusals := &recorder{passes: true}, &recorder{}
	engine, auth := newEngine(ginauth.Observers(refusals, all))
	auth.With(engine, members).GET("/notes/:id", ok)
	auth.With(engine, admins).GET("/admin", ok)
	auth.With(engine, public, ginauth.ThrottleClasses(never{})).GET("/busy", ok)
	auth.With(engine, ginauth.PermissionClasses(brokenPermission("dial tcp 10.0.0.7:5432: connection refused"))).GET("/down", ok)
	auth.With(engine, public).GET("/bug", func(c *gin.Context) { ginauth.Abort(c, errors.New("a bug")) })
	auth.With(engine, public).GET("/left", func(c *gin.Context) { ginauth.Abort(c, ginauth.Unavailable(context.Canceled)) })
	for _, row := range []struct{ path, user, want, more string }{
		{"/notes/7", "alice", "request_passed GET /notes/:id by alice: 0 ", "only"},
		{"/notes/7", "", "request_refused GET /notes/:id by anonymous: 401 not_authenticated class Member", ""},
		{"/notes/7", "bad", "request_refused GET /notes/:id by anonymous: 401 authentication_failed class ByHeader", ""},
		{"/notes/7", "broken", "request_failed GET /notes/:id by anonymous: 503 service_unavailable class ByHeader cause connection refused", ""},
		{"/admin", "alice", "request_refused GET /admin by alice: 403 permission_denied class Admin", ""},
		{"/busy", "", "request_throttled GET /busy by anonymous: 429 throttled class Never", ""},
		{"/down", "alice", "request_failed GET /down by alice: 503 service_unavailable class Broken cause dial tcp: connection refused", ""},
		{"/bug", "alice", "request_failed GET /bug by alice: 500 error cause a bug", "passed"},
		{"/left", "alice", "request_canceled GET /left by alice: 503 service_unavailable cause context canceled", "passed"},
	} {
		do(engine, "GET", row.path, row.user)
		want := row.want
		if row.more == "passed" {
			want = fmt.Sprintf("request_passed GET %s by alice: 0 \n%s", row.path, want)
		}
		if got := all.taken(); got != want {
			t.Errorf("%s as %q:\n%s\nwant\n%s", row.path, row.user, got, want)
		}
		want = row.want
		if row.more == "only" {
			want = ""
		}
		if got := refusals.taken(); got != want {
			t.Errorf("%s as %q, of refusals:\n%s\nwant\n%s", row.path, row.user, got, want)
		}
	}
}

// TestAnObserverThatPanics checks that a panic changes neither the answer nor
// what other observers are told, and is logged without its hosts.
func TestAnObserverThatPanics(t *testing.T) {
	var log bytes.Buffer
	after := &recorder{passes: true}
	engine, auth := newEngine(ginauth.Logger(slog.New(slog.NewTextHandler(&log, nil))), ginauth.Observers(explosive{}, after))
	auth.With(engine, members).GET("/x", ok)
	for _, row := range []struct {
		user   string
		status int
		want   string
	}{
		{"alice", 200, "request_passed GET /x by alice: 0 "},
		{"", 401, "request_refused GET /x by anonymous: 401 not_authenticated class Member"},
	} {
		if w := do(engine, "GET", "/x", row.user); w.Code != row.status {
			t.Errorf("as %q: %d, want %d", row.user, w.Code, row.status)
		}
		if got := after.taken(); got != row.want {
			t.Errorf("as %q: %s, want %s", row.user, got, row.want)
		}
	}
	if text := log.String(); strings.Count(text, "an observer panicked") != 1 || !strings.Contains(text, `cause="dial tcp: connection refused"`) {
		t.Error(text)
	}
}

// explosive is an observer that panics.
type explosive struct{}

func (explosive) ObservesPasses() bool { return true }
func (explosive) Observe(context.Context, ginauth.Event) {
	panic(errors.New("dial tcp 10.0.0.7:5432: connection refused"))
}

// TestEmit checks what a context leads to.
func TestEmit(t *testing.T) {
	var log bytes.Buffer
	told := &recorder{}
	for _, observed := range []bool{true, false} {
		options := []ginauth.Option{ginauth.Logger(slog.New(slog.NewTextHandler(&log, nil)))}
		if observed {
			options = append(options, ginauth.Observers(told))
		}
		var request context.Context
		for way, contextOf := range map[string]func(c *gin.Context) context.Context{
			"c":            func(c *gin.Context) context.Context { return c },
			"derived of c": func(c *gin.Context) context.Context { return context.WithoutCancel(c) },
			"Context":      ginauth.Context,
			"the request":  func(c *gin.Context) context.Context { return c.Request.Context() },
			"detached":     func(c *gin.Context) context.Context { return ginauth.WithoutRequest(c) },
			"detached twice": func(c *gin.Context) context.Context {
				return ginauth.WithoutRequest(ginauth.WithoutRequest(ginauth.Context(c)))
			},
		} {
			engine, auth := newEngine(options...)
			auth.With(engine, public).GET("/x/:id", func(c *gin.Context) {
				request = contextOf(c)
				ginauth.Emit(request, ginauth.Event{Kind: ginauth.CredentialReused})
			})
			log.Reset()
			do(engine, "GET", "/x/7", "alice")
			const want = "credential_reused GET /x/:id by alice: 0 "
			if got := told.taken(); observed && got != want {
				t.Errorf("%s: %s", way, got)
			}
			const line = `level=WARN msg="credential reused" method=GET route=/x/:id subject=alice client=192.0.2.1 request_id=`
			if logged := strings.Contains(log.String(), line); logged != (observed || way != "the request") {
				t.Errorf("%s, observed %v: %s", way, observed, log.String())
			}
		}
	}
	ginauth.Emit(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed}) // nobody hears it
	ginauth.Emit(ginauth.WithoutRequest(t.Context()), ginauth.Event{Kind: ginauth.LoginFailed})
}

// contextual is an observer that reads a value of the request's context, and
// emits another event.
type contextual struct{ got []any }

type contextKey struct{}

func (o *contextual) Observe(ctx context.Context, e ginauth.Event) {
	if ctx.Value(gin.ContextKey) != nil {
		panic("the context leads to a *gin.Context, which Gin gives to another request")
	}
	if ginauth.WithoutRequest(ctx).Value(contextKey{}) != nil {
		panic("the context without a request leads to its values")
	}
	o.got = append(o.got, ctx.Value(contextKey{}))
	if e.Kind != ginauth.StoreFailed {
		ginauth.Emit(ctx, ginauth.Event{Kind: ginauth.StoreFailed, Class: "contextual"})
	}
}

// TestObserversContext checks that observers are given the request's context,
// whichever the event was emitted with, and reach the same observers by it.
func TestObserversContext(t *testing.T) {
	told, observer := &recorder{}, &contextual{}
	engine, auth := newEngine(ginauth.Observers(told, observer), ginauth.Logger(slog.New(slog.DiscardHandler)))
	auth.With(engine, members).GET("/refused", ok)
	auth.With(engine, public).GET("/inner", func(c *gin.Context) {
		ginauth.Emit(context.WithValue(c, contextKey{}, "inner"), ginauth.Event{Kind: ginauth.LoginFailed})
	})
	for path, contextOf := range map[string]func(c *gin.Context) context.Context{
		"/c":       func(c *gin.Context) context.Context { return c },
		"/derived": func(c *gin.Context) context.Context { return context.WithoutCancel(c) },
		"/Context": ginauth.Context,
		"/request": func(c *gin.Context) context.Context { return c.Request.Context() },
	} {
		auth.With(engine, public).GET(path, func(c *gin.Context) {
			ginauth.Emit(contextOf(c), ginauth.Event{Kind: ginauth.LoginFailed})
		})
	}
	for path, row := range map[string]struct {
		kind  ginauth.EventKind
		value string
	}{
		"/refused": {ginauth.RequestRefused, "outer"},
		"/inner":   {ginauth.LoginFailed, "inner"},
		"/c":       {ginauth.LoginFailed, "outer"},
		"/derived": {ginauth.LoginFailed, "outer"},
		"/Context": {ginauth.LoginFailed, "outer"},
		"/request": {ginauth.LoginFailed, "outer"},
	} {
		observer.got = nil
		r := httptest.NewRequest(http.MethodGet, path, nil)
		engine.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithValue(r.Context(), contextKey{}, "outer")))
		if len(observer.got) != 2 || observer.got[0] != row.value || observer.got[1] != row.value {
			t.Errorf("%s: %v", path, observer.got)
		}
		if got := told.taken(); !strings.HasPrefix(got, string(row.kind)+" GET "+path) || !strings.Contains(got, "\nstore_failed GET "+path) {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestRequestID checks where ids come from, and that they are the same
// everywhere.
func TestRequestID(t *testing.T) {
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	proxy := []string{"192.0.2.0/24"} // httptest's client
	for name, row := range map[string]struct {
		proxies                         []string
		middleware, header, traceparent string
		want                            string // "": a random one
	}{
		"nothing":                   {proxy, "", "", "", ""},
		"a client":                  {nil, "", "abc", trace, ""},
		"a proxy":                   {proxy, "", "abc", trace, "abc"},
		"a proxy that traces":       {proxy, "", "", trace, "4bf92f3577b34da6a3ce929d0e0e4736"},
		"middleware":                {nil, "of-middleware", "abc", trace, "of-middleware"},
		"middleware that takes all": {nil, "a b", "abc", "", ""},
		"every character":           {proxy, "", "Az09-_.:/+=@", "", "Az09-_.:/+=@"},
		"the longest":               {proxy, "", strings.Repeat("x", 128), "", strings.Repeat("x", 128)},
		"too long":                  {proxy, "", strings.Repeat("x", 129), "", ""},
		"a line break":              {proxy, "", "a\nb", "", ""},
		"a quotation mark":          {proxy, "", "a\"b", "", ""},
		"not ASCII":                 {proxy, "", "ä", "", ""},
		"a trace of zeros":          {proxy, "", "", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""},
		"a trace in capitals":       {proxy, "", "", strings.ToUpper(trace), ""},
		"a trace that is cut off":   {proxy, "", "", trace[:40], ""},
		"a trace with a line break": {proxy, "", "", strings.Replace(trace, "4bf9", "4b\n9", 1), ""},
	} {
		var log bytes.Buffer
		told := &recorder{}
		engine := gin.New()
		_ = engine.SetTrustedProxies(row.proxies)
		engine.Use(func(c *gin.Context) {
			if row.middleware != "" {
				c.Header("X-Request-ID", row.middleware)
			}
		})
		ginauth.New(engine, ginauth.Logger(slog.New(slog.NewTextHandler(&log, nil))), ginauth.Observers(told),
			ginauth.PermissionClasses(brokenPermission("down")))
		engine.GET("/x", ok)
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.Header["X-Request-Id"], r.Header["Traceparent"] = []string{row.header}, []string{row.traceparent}
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		got := w.Header().Get("X-Request-ID")
		if row.want != "" && got != row.want || row.want == "" && len(got) != 26 {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		if len(told.events) != 1 || told.events[0].RequestID != got || !strings.Contains(log.String(), "request_id="+got) &&
			!strings.Contains(log.String(), fmt.Sprintf("request_id=%q", got)) {
			t.Errorf("%s: %q, the event %v, the log %s", name, got, told.events, log.String())
		}
	}
}

// TestUploadsAreRemoved checks that the server removes the files of a form that
// a handler has read, although observers make the guard replace the request.
func TestUploadsAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for name, options := range map[string][]ginauth.Option{
		"without observers":       nil,
		"with observers":          {ginauth.Observers(&recorder{})},
		"with rules of objects":   {ginauth.Observers(&recorder{}), ginauth.PermissionClasses(ownName{anyone}), ginauth.ObjectsInHandler()},
		"told of passed requests": {ginauth.Observers(&recorder{passes: true})},
	} {
		engine, auth := newEngine(options...)
		engine.MaxMultipartMemory = 1
		if name == "with rules of objects" {
			auth.With(engine).POST("/", upload(t))
		} else {
			auth.With(engine, public).POST("/", upload(t))
		}
		server := httptest.NewServer(engine)
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		file, err := form.CreateFormFile("file", "name")
		if err == nil {
			_, err = file.Write(make([]byte, 20<<20))
		}
		if err := errors.Join(err, form.Close()); err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post(server.URL, form.FormDataContentType(), &body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(name, answer, err)
		}
		answer.Body.Close()
		server.Close() // waits for the request's end
		if left := files(t); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

// upload reads a form, whose file is stored in the meantime.
func upload(t *testing.T) gin.HandlerFunc {
	return func(c *gin.Context) {
		ginauth.MarkObjectsChecked(c)
		if _, err := c.FormFile("file"); err != nil || len(files(t)) == 0 {
			c.AbortWithStatus(http.StatusInternalServerError)
		}
	}
}

func files(t *testing.T) (names []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
