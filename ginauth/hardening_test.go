package ginauth_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// failing is an authenticator that returns one error.
type failing struct{ err error }

func (f failing) Authenticate(*gin.Context) (*ginauth.Identity, error) { return nil, f.err }
func (failing) Challenge(*gin.Context) string                          { return "X" }

func TestOnlyTheBareSentinelIsHandedOn(t *testing.T) {
	for _, row := range []struct {
		err  error
		want int
	}{
		{ginauth.ErrNoCredentials, 200},
		{ginauth.AuthenticationFailed().Because(ginauth.ErrNoCredentials), 401},
		{errors.Join(errDatabase, ginauth.ErrNoCredentials), 503},
		{fmt.Errorf("wrapped: %w", ginauth.ErrNoCredentials), 503},
		{(*ginauth.Error)(nil), 503},
	} {
		engine, auth := newEngine()
		auth.With(engine, public, ginauth.AuthenticationClasses(failing{row.err})).GET("/x", ok)
		if w := do(engine, "GET", "/x", ""); w.Code != row.want {
			t.Errorf("%T: got %d, want %d", row.err, w.Code, row.want)
		}
	}
}

func TestMiddlewareAfterTheGuardServesNothingToStrangers(t *testing.T) {
	files := func(c *gin.Context) { // as gin-contrib/static does
		if strings.HasPrefix(c.Request.URL.Path, "/files/") {
			c.String(http.StatusOK, "secret")
			c.Abort()
		}
	}
	engine, auth := newEngine()
	engine.Use(files)
	auth.With(engine, public).GET("/x", ok)
	checkAccess(t, engine, []access{
		{"GET", "/files/a", "", 401},
		{"GET", "/files/a", "alice", 200},
		{"GET", "/x", "", 200},
	})
	if table := auth.Routes().String(); !strings.Contains(table, "(no route)") {
		t.Errorf("it is not in the table:\n%s", table)
	}
	auth.NoRoute(public)
	checkAccess(t, engine, []access{{"GET", "/files/a", "", 200}})
}

func TestOneDeclarationNamesAListOnce(t *testing.T) {
	engine, auth := newEngine()
	for name, declare := range map[string]func(){
		"Group":   func() { auth.Group(engine, "/g", admins, public) },
		"Route":   func() { auth.Route("GET", "/x", admins, public) },
		"NoRoute": func() { auth.NoRoute(ginauth.NoThrottles(), ginauth.ThrottleClasses(never{})) },
		"New":     func() { ginauth.New(gin.New(), ginauth.NoAuthentication(), ginauth.AuthenticationClasses(byHeader{})) },
	} {
		if message := panicOf(t, declare); !strings.Contains(message, "twice") {
			t.Errorf("%s: %s", name, message)
		}
	}
}

func TestRouteRefusesWhatGinNeverLists(t *testing.T) {
	_, auth := newEngine()
	for _, id := range [][2]string{{"get", "/x"}, {"", "/x"}, {"GET", "x"}, {"GET", ""}, {"G T", "/x"}} {
		if message := panicOf(t, func() { auth.Route(id[0], id[1], public) }); !strings.Contains(message, "as Gin lists them") {
			t.Errorf("%q: %s", id, message)
		}
	}
}

func TestNilSettingsPanic(t *testing.T) {
	panicOf(t, func() { ginauth.Logger(nil) })
	panicOf(t, func() { ginauth.ErrorRenderer(nil) })
}

// TestKeysOfEarlierMiddleware checks that such middleware may read its keys in
// a goroutine while the guard runs (go test -race).
func TestKeysOfEarlierMiddleware(t *testing.T) {
	engine := gin.New()
	done := make(chan struct{})
	engine.Use(func(c *gin.Context) {
		c.Set("request_id", "1")
		go func() {
			for range 1000 {
				c.Get("request_id")
			}
			close(done)
		}()
		c.Next()
		<-done
	})
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(byHeader{"X"}))
	auth.With(engine, members).GET("/x", func(c *gin.Context) {
		c.String(http.StatusOK, "%v %v %v %v", c.GetString("request_id"), c.MustGet("user"), c.MustGet("auth"), ginauth.Current(c).Subject())
	})
	if w := do(engine, "GET", "/x", "alice"); w.Body.String() != "1 &{alice} header alice" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheFirstRequestLogsWhatCheckFinds(t *testing.T) {
	var out bytes.Buffer
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.NewTextHandler(&out, nil))))
	early.GET("/x", ok)
	auth.With(engine, public).GET("/y", ok)
	do(engine, "GET", "/y", "")
	if strings.Count(out.String(), "GET /early/x: no guard") != 1 {
		t.Errorf("logged: %s", out.String())
	}
	out.Reset()
	if do(engine, "GET", "/y", ""); out.Len() > 0 {
		t.Errorf("logged again: %s", out.String())
	}
}

func TestAHandlerCannotChangeWhoTheNextRequestIs(t *testing.T) {
	engine, auth := newEngine()
	auth.With(engine, public).GET("/x", func(c *gin.Context) { ginauth.Current(c).User = &person{"admin"} })
	auth.With(engine, admins).GET("/y", ok)
	checkAccess(t, engine, []access{{"GET", "/x", "", 200}, {"GET", "/y", "", 401}})
}

func TestCheckLooksAtUnmatchedRequestsToo(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine)
	auth.NoRoute(members)
	if got := fmt.Sprint(auth.Check()); !strings.Contains(got, "nothing is served for unmatched requests") {
		t.Errorf("an annotation of nothing: %s", got)
	}
	engine = gin.New()
	auth = ginauth.New(engine)
	engine.NoRoute(ok)
	if got := fmt.Sprint(auth.Check()); !strings.Contains(got, "* (no route): IsAuthenticated refuses every request") {
		t.Errorf("closed unmatched requests are not a finding: %s", got)
	}
}

// TestARequestThatIsTakenAway checks that no handler runs if middleware takes
// the request from the context and recovers from what comes of it.
func TestARequestThatIsTakenAway(t *testing.T) {
	engine, ran := gin.New(), false
	engine.Use(func(c *gin.Context) {
		request := c.Request
		defer func() {
			c.Request = request
			_ = recover()
		}()
		c.Request = nil
		c.Next()
	})
	ginauth.New(engine)
	engine.GET("/", func(*gin.Context) { ran = true })
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if ran {
		t.Error("the handler ran")
	}
}
