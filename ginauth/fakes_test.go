package ginauth_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// person is the smallest possible user model.
type person struct{ name string }

func (p *person) Authenticated() bool { return true }
func (p *person) Subject() string     { return p.name }

// byHeader trusts the header X-User. "bad" is a wrong credential, "broken" a
// failure.
type byHeader struct{ challenge string }

func (b byHeader) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	switch name := c.GetHeader("X-User"); name {
	case "":
		return nil, ginauth.ErrNoCredentials
	case "bad":
		return nil, ginauth.AuthenticationFailed()
	case "broken":
		return nil, errDatabase
	default:
		return &ginauth.Identity{User: &person{name}, Auth: "header"}, nil
	}
}
func (b byHeader) Challenge(*gin.Context) string { return b.challenge }
func (b byHeader) String() string                { return "ByHeader" }

// permission is a permission made of a function.
type permission struct {
	name  string
	allow func(c *gin.Context, id *ginauth.Identity) (bool, error)
}

func (p permission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return p.allow(c, id)
}
func (p permission) String() string { return p.name }

var (
	anyone = permission{"Anyone", func(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }}
	member = permission{"Member", func(_ *gin.Context, id *ginauth.Identity) (bool, error) { return id.Authenticated(), nil }}
	nobody = permission{"Nobody", func(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil }}
	admin  = permission{"Admin", func(_ *gin.Context, id *ginauth.Identity) (bool, error) { return id.Subject() == "admin", nil }}
)

// newEngine returns an engine with the usual defaults: ByHeader, and
// authenticated users only.
func newEngine(options ...ginauth.Option) (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	defaults := []ginauth.Option{
		ginauth.AuthenticationClasses(byHeader{challenge: "X"}),
		ginauth.Logger(slog.New(slog.DiscardHandler)),
	}
	return engine, ginauth.New(engine, append(defaults, options...)...)
}

// ok answers with the path of its route.
func ok(c *gin.Context) { c.String(http.StatusOK, "reached %s", c.FullPath()) }

// do sends a request as the named user, or an anonymous one if user is "".
func do(h http.Handler, method, target, user string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	if err := parseTarget(r, target); err != nil {
		panic(err)
	}
	if user != "" {
		r.Header.Set("X-User", user)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func parseTarget(r *http.Request, target string) (err error) {
	r.RequestURI = target
	r.URL, err = r.URL.Parse("http://example.com" + strings.ReplaceAll(target, " ", "%20"))
	return err
}

// access is one line of an access matrix.
type access struct {
	method, target, user string
	want                 int
}

func checkAccess(t *testing.T, h http.Handler, rows []access) {
	t.Helper()
	for _, row := range rows {
		if w := do(h, row.method, row.target, row.user); w.Code != row.want {
			t.Errorf("%s %s as %q: got %d %s, want %d", row.method, row.target, row.user, w.Code, w.Body, row.want)
		}
	}
}

// panicOf returns the string with which f panics.
func panicOf(t *testing.T, f func()) (message string) {
	t.Helper()
	defer func() {
		value := recover()
		if value == nil {
			t.Fatal("no panic")
		}
		message, _ = value.(string)
	}()
	f()
	return ""
}
