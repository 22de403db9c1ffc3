package ginauth_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// trap implements every kind of class. It panics in the method that its field
// names, and lets requests pass elsewhere.
type trap struct {
	at     string
	sprung *int  // counts the panics, if not nil
	served *bool // whether routes have been registered, if not nil
}

func (t trap) spring(place string) {
	if t.at == place {
		if t.sprung != nil {
			*t.sprung++
		}
		panic("bug in " + place)
	}
}

func (t trap) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	t.spring("Authenticate")
	return &ginauth.Identity{User: trapUser{t}, Auth: trapCredential{t}}, nil
}
func (t trap) Challenge(*gin.Context) string { t.spring("Challenge"); return "Trap" }
func (t trap) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	t.spring("HasPermission")
	if t.at == "Error" || t.at == "Unwrap" {
		return true, trapError{t}
	}
	return !slices.Contains(strings.Fields("Message Code Conceals Renderer Log Challenge Subject"), t.at), nil
}
func (t trap) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	t.spring("HasObjectPermission")
	return true, nil
}
func (t trap) Message() any   { t.spring("Message"); return nil }
func (t trap) Code() string   { t.spring("Code"); return "" }
func (t trap) Conceals() bool { t.spring("Conceals"); return false }
func (t trap) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	t.spring("Allow")
	return ginauth.Admission{Allowed: true}, nil
}
func (t trap) LoadObject(*gin.Context) (any, error) {
	t.spring("LoadObject")
	return &document{"alice"}, nil
}
func (t trap) String() string { t.spring("String"); return "Trap" }

// trapPermission and trapThrottle state something about themselves too, at
// registration without a panic.
type (
	trapPermission struct{ trap }
	trapThrottle   struct{ trap }
)

func (p trapPermission) Describe() ginauth.PermissionTraits {
	if *p.served {
		p.spring("Describe")
	}
	return ginauth.PermissionTraits{
		RequiresUser:    true,
		Ways:            func(string, bool) []ginauth.Alternative { p.spring("Ways"); return nil },
		CheckIdentities: func([]ginauth.Authenticator) error { p.spring("CheckIdentities"); return nil },
	}
}
func (t trapThrottle) Describe() ginauth.ThrottleTraits {
	t.spring("DescribeThrottle")
	return ginauth.ThrottleTraits{CountsByAddress: true}
}

// trapCredential and trapUser belong to an identity of trap, trapError to one
// of its failures.
type (
	trapCredential struct{ trap }
	trapUser       struct{ trap }
	trapError      struct{ trap }
	trapChallenge  struct{ trap } // identifies no client
)

func (trapChallenge) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.AuthenticationFailed()
}

func (c trapCredential) Limited() bool        { c.spring("Limited"); return false }
func (c trapCredential) HasScope(string) bool { return true }
func (u trapUser) Authenticated() bool        { u.spring("Authenticated"); return true }
func (u trapUser) Subject() string            { u.spring("Subject"); return "alice" }
func (e trapError) Error() string             { e.spring("Error"); return "trap" }
func (e trapError) Unwrap() error             { e.spring("Unwrap"); return nil }

// trapLog is a handler of log records that panics.
type trapLog struct{ trap }

func (trapLog) Enabled(context.Context, slog.Level) bool    { return true }
func (l trapLog) Handle(context.Context, slog.Record) error { l.spring("Log"); return nil }
func (l trapLog) WithAttrs([]slog.Attr) slog.Handler        { return l }
func (l trapLog) WithGroup(string) slog.Handler             { return l }
func (t trap) render(c *gin.Context, e *ginauth.Error) {
	t.spring("Renderer")
	ginauth.RenderDetail(c, e)
}
func (t trap) renderHalf(c *gin.Context, e *ginauth.Error) {
	ginauth.RenderDetail(c, e)
	t.spring("Renderer")
}
func openRecovery(handle func(c *gin.Context, value any)) gin.HandlerFunc {
	return func(c *gin.Context) { // like Gin's CustomRecovery, which itself aborts for some values
		defer func() {
			if value := recover(); value != nil {
				handle(c, value)
			}
		}()
		c.Next()
	}
}

// recoveries holds recoveries that do not abort the chain.
var recoveries = map[string]gin.HandlerFunc{
	"Gin's": gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
		c.JSON(http.StatusInternalServerError, map[string]string{"error": "internal"})
	}),
	"silent": openRecovery(func(*gin.Context, any) {}),
	"goes on": openRecovery(func(c *gin.Context, _ any) {
		c.String(http.StatusInternalServerError, "internal ")
		c.Next()
	}),
}

var classesThatPanic = strings.Fields("Authenticate Challenge HasPermission Error Unwrap HasObjectPermission Message Code Conceals " +
	"Describe Ways CheckIdentities Allow DescribeThrottle LoadObject String Limited Authenticated Subject Log Renderer")

// trapSite is an engine whose classes panic at one place. It counts the panics,
// and the runs of handlers.
func trapSite(recovery gin.HandlerFunc, at string, half bool) (engine *gin.Engine, sprung, reached *int) {
	sprung, reached = new(int), new(int)
	t := trap{at, sprung, new(bool)}
	engine = gin.New()
	engine.Use(recovery)
	render := t.render
	if half {
		render = t.renderHalf
	}
	auth := ginauth.New(engine, ginauth.Logger(slog.New(trapLog{t})), ginauth.ErrorRenderer(render),
		ginauth.AuthenticationClasses(byHeader{"X"}))
	authenticator := ginauth.AuthenticationClasses(t)
	if at == "Challenge" {
		authenticator = ginauth.AuthenticationClasses(trapChallenge{t})
	}
	group := auth.With(engine, authenticator, ginauth.PermissionClasses(trapPermission{t}, member),
		ginauth.ThrottleClasses(trapThrottle{t}), ginauth.Object(t))
	auth.With(engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(trapPermission{t}), ginauth.NoObject()).GET("/y", ok)
	*t.served = true
	group.GET("/x", func(*gin.Context) { *reached++ }, func(c *gin.Context) { *reached++; c.String(http.StatusOK, "SECRET") })
	return engine, sprung, reached
}

// serve serves one request in a goroutine of its own, as net/http does, and
// returns the value of a panic that the application does not recover from.
func serve(h http.Handler) (w *httptest.ResponseRecorder) {
	w = httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	}()
	<-done
	return w
}

// TestAPanicLeavesTheChainClosed checks that no handler runs without a decision
// of the guard, whatever the application's recovery does.
func TestAPanicLeavesTheChainClosed(t *testing.T) {
	for name, recovery := range recoveries {
		for _, at := range classesThatPanic {
			for _, half := range []bool{false, true} {
				engine, sprung, reached := trapSite(recovery, at, half)
				for request := 1; request <= 3; request++ { // the first is the one that runs Check
					w := serve(engine)
					if onlyCheckPanics := *sprung == 1 && request > 1; onlyCheckPanics {
						break
					}
					if *sprung != request {
						t.Fatalf("%s, recovery %s: %d requests, %d panics", at, name, request, *sprung)
					}
					if *reached > 0 || strings.Contains(w.Body.String(), "SECRET") {
						t.Errorf("%s, recovery %s, request %d: %d %s, %d handlers ran", at, name, request, w.Code, w.Body, *reached)
					}
				}
			}
		}
	}
	if engine, _, reached := trapSite(recoveries["Gin's"], "nowhere", false); serve(engine).Body.String() != "SECRET" || *reached != 2 {
		t.Error("a trap that panics nowhere lets pass")
	}
}

// TestWhatLeavesTheGuardByForce checks panics with a value that net/http treats
// specially, and runtime.Goexit.
func TestWhatLeavesTheGuardByForce(t *testing.T) {
	ways := map[string]func(){
		"http.ErrAbortHandler": func() { panic(http.ErrAbortHandler) }, "runtime.Goexit": runtime.Goexit, "an error": func() { panic(errDatabase) },
	}
	for way, leave := range ways {
		for name, recovery := range recoveries {
			engine := gin.New()
			var got any
			engine.Use(recovery, func(c *gin.Context) {
				defer func() {
					if got = recover(); got != nil {
						panic(got)
					}
				}()
				c.Next()
			})
			auth := ginauth.New(engine)
			leaving := permission{"Leaving", func(*gin.Context, *ginauth.Identity) (bool, error) { leave(); return true, nil }}
			reached := false
			auth.With(engine, ginauth.PermissionClasses(leaving)).GET("/x", func(*gin.Context) { reached = true })
			if serve(engine); reached {
				t.Errorf("%s, recovery %s: the handler ran", way, name)
			}
			if way == "http.ErrAbortHandler" && got != http.ErrAbortHandler {
				t.Errorf("%s, recovery %s: the application's recovery gets %v", way, name, got)
			}
		}
	}
}

// TestAPanicInARequestThatIsHandedOn checks HandleContext, which uses one
// context for two chains.
func TestAPanicInARequestThatIsHandedOn(t *testing.T) {
	for name, recovery := range recoveries {
		engine := gin.New()
		engine.Use(recovery)
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)))
		reached := false
		secret := func(*gin.Context) { reached = true }
		auth.With(engine, public).GET("/x", func(c *gin.Context) {
			c.Request.URL.Path = "/trap"
			engine.HandleContext(c)
		})
		auth.With(engine, ginauth.PermissionClasses(trap{at: "HasPermission"}), ginauth.NoObject()).GET("/trap", secret, secret)
		if serve(engine); reached {
			t.Errorf("recovery %s: the handler ran", name)
		}
	}
}

// TestAPanicInWhatHandlersAsk checks that the chain is aborted, since the
// handler that asks may have others behind it.
func TestAPanicInWhatHandlersAsk(t *testing.T) {
	asks := map[string]gin.HandlerFunc{
		"CheckObject": func(c *gin.Context) { _ = ginauth.CheckObject(c, &document{"alice"}) },
		"Abort":       func(c *gin.Context) { ginauth.Abort(c, trapError{trap{at: "Unwrap"}}) },
		"Abort, log":  func(c *gin.Context) { ginauth.Abort(c, trapError{trap{at: "Error"}}) },
	}
	for ask, first := range asks {
		for name, recovery := range recoveries {
			engine := gin.New()
			engine.Use(recovery)
			auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)))
			reached := false
			group := auth.With(engine, ginauth.PermissionClasses(trap{at: "HasObjectPermission"}), ginauth.AuthenticationClasses(trap{}), ginauth.NoObject())
			group.GET("/x", first, func(*gin.Context) { reached = true })
			if serve(engine); reached {
				t.Errorf("%s, recovery %s: the next handler ran", ask, name)
			}
		}
	}
}

// TestARuleThatPanicsHasNotBeenAsked checks that the answer of a handler which
// recovers from the panic is refused, like that of one which forgets the rule.
func TestARuleThatPanicsHasNotBeenAsked(t *testing.T) {
	answer := func(c *gin.Context) {
		defer func() {
			_ = recover()
			c.String(http.StatusOK, "SECRET")
		}()
		_ = ginauth.CheckObject(c, &document{"alice"})
	}
	insist := func(c *gin.Context) {
		defer func() {
			_ = recover()
			c.String(http.StatusOK, "SECRET")
		}()
		c.String(http.StatusOK, "SECRET")
	}
	for name, handler := range map[string]gin.HandlerFunc{"the rule panics": answer, "the renderer panics": insist} {
		engine := gin.New()
		render := func(*gin.Context, *ginauth.Error) { panic("bug") }
		auth := ginauth.New(engine, ginauth.ErrorRenderer(render), ginauth.RefuseUncheckedObjects(true),
			ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.AuthenticationClasses(trap{}))
		auth.With(engine, ginauth.PermissionClasses(trap{at: "HasObjectPermission"}), ginauth.ObjectsInHandler()).GET("/x", handler)
		if w := serve(engine); strings.Contains(w.Body.String(), "SECRET") || auth.UncheckedObjects() != 1 {
			t.Errorf("%s: %d %s, %d counted", name, w.Code, w.Body, auth.UncheckedObjects())
		}
	}
}
