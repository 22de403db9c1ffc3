package ginauth_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// goer implements every kind of class. At its place it calls c.Next or c.Abort,
// as a class made of a middleware does.
type goer struct {
	at     string
	do     func(c *gin.Context)
	refuse bool // requests, at the last place
}

func (g goer) pass(c *gin.Context, place string) bool {
	if g.at == place {
		g.do(c)
		return !g.refuse
	}
	return true
}

func (g goer) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	if !g.pass(c, "Authenticate") {
		return nil, ginauth.AuthenticationFailed()
	}
	return &ginauth.Identity{User: &person{"alice"}}, nil
}
func (g goer) Challenge(c *gin.Context) string { g.pass(c, "Challenge"); return "Goer" }
func (g goer) HasPermission(c *gin.Context, _ *ginauth.Identity) (bool, error) {
	return g.pass(c, "HasPermission"), nil
}
func (g goer) HasObjectPermission(c *gin.Context, _ *ginauth.Identity, _ any) (bool, error) {
	return g.pass(c, "HasObjectPermission"), nil
}
func (g goer) Allow(c *gin.Context, _ *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{Allowed: g.pass(c, "Allow")}, nil
}
func (g goer) LoadObject(c *gin.Context) (any, error) {
	if !g.pass(c, "LoadObject") {
		return nil, ginauth.NotFound()
	}
	return &document{"alice"}, nil
}
func (goer) String() string { return "Goer" }

// TestAClassRunsNoHandler checks that the chain continues once, after the guard
// has decided.
func TestAClassRunsNoHandler(t *testing.T) {
	times := func(n int) func(*gin.Context) {
		return func(c *gin.Context) {
			for range n {
				c.Next()
			}
		}
	}
	aborting := func(c *gin.Context) { c.Abort(); c.Next() }
	for _, row := range []struct {
		what    string
		do      func(*gin.Context)
		refuse  bool
		reached int
	}{
		{"calls Next", times(1), false, 1},
		{"calls Next twice", times(2), false, 1},
		{"calls Next and refuses", times(1), true, 0},
		{"calls Next without end", times(1000), true, 0},
		{"aborts", aborting, false, 0},
		{"sees the chain as it is", func(c *gin.Context) {
			if c.Next(); c.IsAborted() || !strings.HasSuffix(c.HandlerName(), ".reach-fm") {
				t.Errorf("aborted: %v, handler %s", c.IsAborted(), c.HandlerName())
			}
		}, false, 1},
	} {
		for _, place := range strings.Fields("Authenticate HasPermission Allow HasObjectPermission LoadObject") {
			class := goer{place, row.do, row.refuse}
			rules := []ginauth.Rule{ginauth.Object(class)}
			if !strings.Contains(place, "Object") {
				rules = append(rules, ginauth.ObjectsInHandler())
			}
			for _, rule := range rules {
				reached := 0
				engine := gin.New()
				engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.Status(http.StatusInternalServerError) }))
				auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)))
				group := auth.With(engine, ginauth.AuthenticationClasses(class), ginauth.PermissionClasses(class), ginauth.ThrottleClasses(class), rule)
				group.GET("/x", func(*gin.Context) {}, counter{&reached}.reach)
				if w := do(engine, "GET", "/x", ""); reached != row.reached || strings.HasPrefix(w.Body.String(), "SECRET") != (reached == 1) {
					t.Errorf("%s %s: %d handlers ran: %d %s", place, row.what, reached, w.Code, w.Body)
				}
			}
		}
	}
}

// counter counts the runs of a handler.
type counter struct{ reached *int }

func (n counter) reach(c *gin.Context) {
	*n.reached++
	_ = ginauth.CheckObject(c, &document{"alice"})
	c.String(http.StatusOK, "SECRET")
}

// TestAChallengeRunsNoHandler checks that a challenge runs no handler either,
// not even the NoRoute handlers of a missing file.
func TestAChallengeRunsNoHandler(t *testing.T) {
	next := goer{"Challenge", (*gin.Context).Next, false}
	reached := 0
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.AuthenticationClasses(trapChallenge{trap{}}))
	auth.With(engine, public, ginauth.NoAuthentication()).StaticFS("/files", http.FS(fstest.MapFS{}))
	auth.NoRoute(ginauth.AuthenticationClasses(refusingGoer{next}), public)
	engine.NoRoute(counter{&reached}.reach, counter{&reached}.reach)
	auth.With(engine, ginauth.AuthenticationClasses(refusingGoer{next})).GET("/x", counter{&reached}.reach)
	for _, target := range []string{"/x", "/files/missing", "/nowhere"} {
		if w := do(engine, "GET", target, ""); w.Code != http.StatusUnauthorized || reached > 0 {
			t.Errorf("%s: %d handlers ran: %d %s", target, reached, w.Code, w.Body)
		}
	}
	auth.NoRoute(ginauth.AuthenticationClasses(goer{"Authenticate", (*gin.Context).Next, false}))
	for _, target := range []string{"/files/missing", "/nowhere"} {
		reached = 0
		if do(engine, "GET", target, ""); reached != 2 {
			t.Errorf("%s: %d handlers ran, want 2", target, reached)
		}
	}
}

// refusingGoer identifies no client, so that its challenge is asked for.
type refusingGoer struct{ goer }

func (refusingGoer) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.AuthenticationFailed()
}
