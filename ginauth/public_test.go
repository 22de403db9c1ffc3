package ginauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// either is a permission made of others that says nothing about itself but that
// one of them is enough; neither is one that asks them in a way of its own.
type (
	either  []ginauth.Permission
	neither struct{ either }
)

func (either) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }
func (e either) Describe() ginauth.PermissionTraits                        { return ginauth.PermissionTraits{Any: e} }
func (n neither) Describe() ginauth.PermissionTraits                       { return ginauth.PermissionTraits{Not: n.either} }

// TestOpenRoutes checks which routes are listed as open, and why.
func TestOpenRoutes(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine)
	early.GET("", ok)
	for path, classes := range map[string][]ginauth.Permission{
		"/health":  {ginauth.Public("asked by the load balancer")},
		"/two":     {ginauth.Public("one"), ginauth.Public("two")},
		"/member":  {ginauth.Public("no reason"), member},
		"/anyone":  {anyone}, // it does not say that it is open
		"/either":  {either{member, ginauth.Public("one is enough")}},
		"/neither": {neither{either{ginauth.Public("hidden")}}},
	} {
		auth.With(engine, ginauth.PermissionClasses(classes[0], classes[1:]...)).GET(path, ok)
	}
	engine.GET("/default", ok)
	want := map[string]string{
		"/health": "true asked by the load balancer", "/two": "true one; two", "/member": "false ", "/anyone": "false ",
		"/either": "true one is enough", "/neither": "false ", "/default": "false ", "/early": "true ",
	}
	table := auth.Routes()
	for _, r := range table {
		if got := fmt.Sprint(r.Open, " ", r.Reason); got != want[r.Path] {
			t.Errorf("%s: %q, want %q", r.Path, got, want[r.Path])
		}
	}
	if len(table) != len(want) || !strings.Contains(table.String(), `Public("asked by the load balancer")`) {
		t.Errorf("the table is\n%s", table)
	}
	const unguarded = "GET /early: no guard: register it on a group made after ginauth.New (its handler is at ginauth/"
	if found := strings.Join(findings(auth), "\n"); !strings.Contains(found, unguarded) {
		t.Errorf("no %q in %s", unguarded, found)
	}
}

func TestPublicNeedsAReason(t *testing.T) {
	for _, reason := range []string{"", " \t"} {
		func() {
			defer func() {
				if message, ok := recover().(string); !ok || !strings.HasPrefix(message, "ginauth: Public was given no reason") {
					t.Errorf("%q: recovered %q", reason, message)
				}
			}()
			ginauth.Public(reason)
		}()
	}
	if got := ginauth.Name(ginauth.Public("a \"quoted\"\nreason")); got != `Public("a \"quoted\"\nreason")` {
		t.Errorf("a reason that could forge a line is printed as %s", got)
	}
}

// unfit is an authenticator with settings of development.
type unfit struct {
	byHeader
	err error
}

func (u *unfit) CheckDeploy(context.Context) error { return u.err }
func (*unfit) String() string                      { return "Unfit" }

// TestAddDeployCheck checks that an added check is asked, and told once.
func TestAddDeployCheck(t *testing.T) {
	engine, auth := newEngine()
	_ = engine.SetTrustedProxies(nil)
	engine.GET("/", ok)
	before := len(auth.CheckDeploy(t.Context())) // Gin's mode
	auth.AddDeployCheck(&unfit{})
	auth.AddDeployCheck(&unfit{err: errors.New("a-word: mend it")})
	found := auth.CheckDeploy(t.Context())
	if len(found) != before+1 || !strings.HasPrefix(found[before].String(), "a-word: mend it (declared at ginauth/public_test.go:") {
		t.Errorf("found %v", found)
	}
}

func TestCheckDeploy(t *testing.T) {
	trusting := func(*gin.Engine) {}
	closed := func(e *gin.Engine) { _ = e.SetTrustedProxies(nil) }
	for name, c := range map[string]struct {
		configure func(*gin.Engine)
		mode      string
		err       error
		want      []string // what the findings begin with
	}{
		"fit":         {closed, gin.ReleaseMode, nil, nil},
		"proxies":     {trusting, gin.ReleaseMode, nil, []string{"proxies: Gin trusts every proxy: call SetTrustedProxies"}},
		"debug mode":  {closed, gin.DebugMode, nil, []string{"debug-mode: Gin is in debug mode; set GIN_MODE=release"}},
		"a class":     {closed, gin.ReleaseMode, errors.New("a-word: mend it"), []string{"a-word: Unfit: mend it (declared at "}},
		"two of them": {closed, gin.ReleaseMode, errors.Join(errors.New("a: x"), errors.New("b: y")), []string{"a: Unfit: x", "b: Unfit: y"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer gin.SetMode(gin.Mode())
			gin.SetMode(gin.ReleaseMode) // else Gin prints the routes
			engine := gin.New()
			c.configure(engine)
			auth := ginauth.New(engine, ginauth.AuthenticationClasses(&unfit{err: c.err}))
			engine.GET("/a", ok)
			engine.GET("/b", ok)
			gin.SetMode(c.mode)
			got := auth.CheckDeploy(t.Context())
			for i, f := range got {
				if i >= len(c.want) || !strings.HasPrefix(f.String(), c.want[i]) {
					t.Errorf("found %s", f)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("%d findings, want %d", len(got), len(c.want))
			}
		})
	}
}
