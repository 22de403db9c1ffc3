package ginauth_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

var errDatabase = errors.New("connection refused")

// never refuses every request, with a wait that is known if it is positive.
type never struct{ wait time.Duration }

func (n never) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{Wait: n.wait}, nil
}
func (n never) String() string { return "Never" }

// counting lets every request pass, and counts them.
type counting struct{ n *int }

func (c counting) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	*c.n++
	return ginauth.Admission{Allowed: true}, nil
}

// brokenThrottle cannot decide.
type brokenThrottle struct{}

func (brokenThrottle) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{Allowed: true}, errDatabase
}

// outspoken refuses and says why.
type outspoken struct {
	message any
	code    string
}

func (outspoken) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil }
func (o outspoken) Message() any                                              { return o.message }
func (o outspoken) Code() string                                              { return o.code }

func fails(err error) permission {
	return permission{"Fails", func(*gin.Context, *ginauth.Identity) (bool, error) { return true, err }}
}

const (
	notAuthenticated = `{"detail":"Authentication credentials were not provided."}`
	denied           = `{"detail":"You do not have permission to perform this action."}`
	unavailable      = `{"detail":"Service temporarily unavailable, try again later."}`
)

func TestRefusals(t *testing.T) {
	challenge, silent := ginauth.AuthenticationClasses(byHeader{"X"}), ginauth.AuthenticationClasses(byHeader{})
	for _, row := range []struct {
		name       string
		rules      []ginauth.Rule
		user       string
		status     int
		body       string
		headers    string
		permission ginauth.Permission
	}{
		{"anonymous", []ginauth.Rule{challenge}, "", 401, notAuthenticated, "Www-Authenticate: X", member},
		{"anonymous, no challenge", []ginauth.Rule{silent}, "", 403, notAuthenticated, "", member},
		{"anonymous, second class challenges",
			[]ginauth.Rule{ginauth.AuthenticationClasses(byHeader{}, byHeader{"Y"})}, "", 403, notAuthenticated, "",
			member},
		{"no authenticators", []ginauth.Rule{ginauth.NoAuthentication()}, "alice", 403, denied, "", member},
		{"wrong credential", []ginauth.Rule{challenge}, "bad", 401,
			`{"detail":"Incorrect authentication credentials."}`, "Www-Authenticate: X", anyone},
		{"denied", []ginauth.Rule{challenge}, "alice", 403, denied, "", nobody},
		{"message", []ginauth.Rule{challenge}, "alice", 403, `{"detail":"Only on Tuesdays."}`, "", outspoken{"Only on Tuesdays.", "not_tuesday"}},
		{"message is for the authenticated", []ginauth.Rule{challenge}, "", 401, notAuthenticated,
			"Www-Authenticate: X", outspoken{"Secret.", ""}},
		{"message without authenticators", []ginauth.Rule{ginauth.NoAuthentication()}, "", 403,
			`{"detail":"Only on Tuesdays."}`, "", outspoken{"Only on Tuesdays.", ""}},
		{"list", []ginauth.Rule{challenge}, "alice", 403, `["one","<two>"]`, "", outspoken{[]string{"one", "<two>"}, ""}},
		{"hidden", []ginauth.Rule{challenge}, "", 404, `{"detail":"Not found."}`, "", fails(ginauth.NotFound())},
		{"wrapped refusal", []ginauth.Rule{challenge}, "", 404, `{"detail":"Not found."}`, "", fails(fmt.Errorf("load: %w", ginauth.NotFound()))},
		{"permission asks for a login", []ginauth.Rule{challenge}, "alice", 401, `{"detail":"Come back with a badge."}`, "Www-Authenticate: X",
			fails(ginauth.NotAuthenticated().WithDetail("Come back with a badge."))},
		{"authenticator is broken", []ginauth.Rule{challenge}, "broken", 503, unavailable, "Retry-After: 5", anyone},
		{"permission is broken", []ginauth.Rule{challenge}, "alice", 503, unavailable, "Retry-After: 5", fails(errDatabase)},
		{"an Error without a status", []ginauth.Rule{challenge}, "alice", 500, `{"detail":"?"}`, "", fails(&ginauth.Error{Detail: "?"})},
		{"throttle is broken", []ginauth.Rule{challenge, ginauth.ThrottleClasses(brokenThrottle{})}, "alice", 503, unavailable, "Retry-After: 5", anyone},
		{"throttled", []ginauth.Rule{challenge, ginauth.ThrottleClasses(never{})}, "alice", 429,
			`{"detail":"Request was throttled."}`, "", anyone},
		{"throttled, longest wait", []ginauth.Rule{challenge, ginauth.ThrottleClasses(never{time.Second / 2}, never{11 * time.Second / 10}, never{}, never{time.Second})}, "alice",
			429, `{"detail":"Request was throttled. Expected available in 2 seconds."}`, "Retry-After: 2", anyone},
		{"throttled for less than a second", []ginauth.Rule{challenge, ginauth.ThrottleClasses(never{time.Millisecond})}, "alice",
			429, `{"detail":"Request was throttled. Expected available in 1 second."}`, "Retry-After: 1", anyone},
		{"permissions come before throttles", []ginauth.Rule{challenge, ginauth.ThrottleClasses(never{})}, "alice", 403, denied, "", nobody},
	} {
		t.Run(row.name, func(t *testing.T) {
			engine, auth := newEngine()
			ran := false
			auth.With(engine, append(row.rules, ginauth.PermissionClasses(row.permission))...).GET("/x", func(*gin.Context) { ran = true })
			w := do(engine, "GET", "/x", row.user)
			if w.Code != row.status || w.Body.String() != row.body {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, row.status, row.body)
			}
			headers := w.Header().Clone()
			if got := headers.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type: %s", got)
			}
			headers.Del("Content-Type")
			headers.Del("Content-Length")
			if id := headers.Get("X-Request-ID"); (id != "") != (w.Code >= 500) {
				t.Errorf("a %d with the request's id %q", w.Code, id)
			}
			headers.Del("X-Request-ID")
			var lines bytes.Buffer
			_ = headers.Write(&lines)
			if got := strings.TrimSpace(lines.String()); got != row.headers {
				t.Errorf("headers: %q, want %q", got, row.headers)
			}
			if ran {
				t.Error("the handler ran")
			}
		})
	}
}

func TestEveryThrottleCountsEvenAfterARefusal(t *testing.T) {
	engine, auth := newEngine()
	n := 0
	auth.With(engine, public, ginauth.ThrottleClasses(never{}, counting{&n})).GET("/x", ok)
	do(engine, "GET", "/x", "")
	if n != 1 {
		t.Errorf("counted %d", n)
	}
}

// misbehaving authenticators must not let any request pass.
func TestAnAuthenticatorWithoutAnAnswerIsAFailure(t *testing.T) {
	for class, want := range map[ginauth.Authenticator]int{silentAuthenticator{}: 503, panicking{}: 500} {
		engine, auth := newEngine()
		auth.With(engine, public, ginauth.AuthenticationClasses(class)).GET("/x", ok)
		if w := do(engine, "GET", "/x", "alice"); w.Code != want {
			t.Errorf("%T: got %d, want %d", class, w.Code, want)
		}
	}
}

type silentAuthenticator struct{}

func (silentAuthenticator) Authenticate(*gin.Context) (*ginauth.Identity, error) { return nil, nil }

type panicking struct{}

func (panicking) Authenticate(*gin.Context) (*ginauth.Identity, error) { panic("bug") }

// anonymousLogin returns a user that is not authenticated, which is not a
// failure.
type anonymousLogin struct{}

func (anonymousLogin) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return &ginauth.Identity{Auth: "guest"}, nil
}
func (anonymousLogin) Challenge(*gin.Context) string { return "Guest" }

func TestAuthenticatedAsNobodyIsDeniedNotAskedToLogIn(t *testing.T) {
	engine, auth := newEngine()
	auth.With(engine, ginauth.AuthenticationClasses(anonymousLogin{})).GET("/x", ok)
	if w := do(engine, "GET", "/x", ""); w.Code != 403 || w.Body.String() != denied {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestAbort(t *testing.T) {
	engine, auth := newEngine()
	raise := map[string]error{
		"auth": ginauth.AuthenticationFailed(), "own": &ginauth.Error{Status: 418, Code: "teapot", Detail: "Short."},
		"plain": errors.New("sql: secret"), "validation": ginauth.ValidationError("Wrong."),
	}
	for name, err := range raise {
		auth.With(engine, public).GET("/"+name, func(c *gin.Context) { ginauth.Abort(c, err) }, func(*gin.Context) { t.Error("the chain went on") })
	}
	for name, want := range map[string]string{
		"auth": `401 {"detail":"Incorrect authentication credentials."}`, "own": `418 {"detail":"Short."}`,
		"plain": `500 {"detail":"A server error occurred."}`, "validation": `400 ["Wrong."]`,
	} {
		w := do(engine, "GET", "/"+name, "")
		if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if w := do(engine, "GET", "/auth", ""); w.Header().Get("WWW-Authenticate") != "X" {
		t.Error("a handler's 401 has the route's challenge")
	}
	plain := gin.New()
	plain.GET("/x", func(c *gin.Context) { ginauth.Abort(c, ginauth.NotAuthenticated()) })
	checkAccess(t, plain, []access{{"GET", "/x", "", 403}})
}

func TestRenderers(t *testing.T) {
	engine, auth := newEngine(ginauth.ErrorRenderer(ginauth.RenderProblem))
	auth.With(engine, members).GET("/x", ok)
	auth.With(engine, public).GET("/list", func(c *gin.Context) { ginauth.Abort(c, ginauth.ValidationError([]string{"a", "b"})) })
	for path, want := range map[string]string{
		"/x":    `{"title":"Unauthorized","status":401,"detail":"Authentication credentials were not provided.","code":"not_authenticated"}`,
		"/list": `{"title":"Bad Request","status":400,"code":"invalid","errors":["a","b"]}`,
	} {
		w := do(engine, "GET", path, "")
		if w.Body.String() != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", path, w.Header().Get("Content-Type"), w.Body)
		}
	}
	engine, auth = newEngine(ginauth.ErrorRenderer(func(*gin.Context, *ginauth.Error) {}))
	auth.With(engine, members).GET("/x", ok)
	if w := do(engine, "GET", "/x", ""); w.Code != 401 || w.Body.Len() != 0 || w.Header().Get("WWW-Authenticate") != "X" {
		t.Errorf("a renderer that writes nothing still refuses: %d %s", w.Code, w.Body)
	}
}

func TestLogs(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	engine, auth := newEngine(ginauth.Logger(logger))
	auth.With(engine, admins).GET("/x/:id", ok)
	for _, row := range []struct{ user, want string }{
		{"broken",
			`level=ERROR msg="request failed" status=503 code=service_unavailable method=GET route=/x/:id subject=anonymous class=ByHeader cause="connection refused"`},
		{"alice",
			`level=DEBUG msg="request refused" status=403 code=permission_denied method=GET route=/x/:id subject=alice class=Admin`},
		{"bad", `level=DEBUG msg="request refused" status=401 code=authentication_failed method=GET route=/x/:id subject=anonymous`},
	} {
		out.Reset()
		do(engine, "GET", "/x/secret%0aid", row.user)
		if !strings.Contains(out.String(), row.want) {
			t.Errorf("as %s: %s", row.user, out.String())
		}
		if strings.Contains(out.String(), "secret") {
			t.Errorf("the raw path is in the log: %s", out.String())
		}
	}
}

func TestContextKeys(t *testing.T) {
	engine, auth := newEngine()
	var user, credential any
	var typed *person
	var found bool
	handler := func(c *gin.Context) {
		user, credential = c.MustGet("user"), c.MustGet("auth")
		typed, found = ginauth.UserAs[*person](c)
	}
	auth.With(engine, public).GET("/x", handler)
	do(engine, "GET", "/x", "alice")
	if p, _ := user.(*person); p == nil || p.name != "alice" || credential != "header" || !found || typed != p {
		t.Errorf("alice: user %v, auth %v, typed %v", user, credential, typed)
	}
	do(engine, "GET", "/x", "")
	if fmt.Sprint(user) != "AnonymousUser" || credential != nil || found {
		t.Errorf("anonymous: user %v, auth %v, found %v", user, credential, found)
	}
	if c, _ := gin.CreateTestContext(nil); ginauth.Current(c) == nil || ginauth.Current(c).Authenticated() {
		t.Error("without a guard the identity is an empty one")
	}
}

func TestUnauthenticatedUser(t *testing.T) {
	engine, auth := newEngine(ginauth.UnauthenticatedUser(nil, "none"))
	auth.With(engine, public).GET("/x", func(c *gin.Context) {
		user, _ := c.Get("user")
		c.String(http.StatusOK, "%v %v", user, c.MustGet("auth"))
	})
	if w := do(engine, "GET", "/x", ""); w.Body.String() != "<nil> none" {
		t.Errorf("got %s", w.Body)
	}
	if message := panicOf(t, func() { ginauth.UnauthenticatedUser(&person{"root"}, nil) }); !strings.Contains(message, "every request would pass") {
		t.Error(message)
	}
}
