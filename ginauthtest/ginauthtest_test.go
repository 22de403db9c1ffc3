package ginauthtest_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}

// newDB returns a database with alice, and staff.
func newDB(t testing.TB) (db *gorm.DB, alice, staff *models.User) {
	t.Helper()
	db, err := database.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	alice, staff = &models.User{Username: "alice"}, &models.User{Username: "staff", IsStaff: true}
	for _, step := range []func() error{
		func() error { return db.Use(ginauthtest.CheapHashes()) },
		func() error { return db.Use(models.SecretKeys{"a key of more than 16 bytes"}) },
		func() error { return db.Use(models.Scopes{"notes:read": {}}) },
		func() error { return models.Migrate(db) },
		func() error { return models.CreateUser(t.Context(), db, alice, "alice-pw") },
		func() error { return models.CreateUser(t.Context(), db, staff, "staff-pw") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return db, alice, staff
}

// name answers with the name of the user.
func name(c *gin.Context) {
	if _, guarded := ginauth.PermissionsOf(c); !guarded {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	user, _ := ginauth.UserAs[*models.User](c)
	if user == nil {
		user = &models.User{Username: "anonymous"}
	}
	c.String(http.StatusOK, user.Username)
}

func newEngine(t testing.TB, rules ...ginauth.Option) (*gin.Engine, *ginauth.Auth) {
	t.Helper()
	engine := gin.New()
	engine.Use(func(c *gin.Context) { c.Set("middleware", true) }) // as applications have it
	if err := engine.SetTrustedProxies(nil); err != nil {
		t.Fatal(err)
	}
	return engine, ginauth.New(engine, rules...)
}

// TestCredentials sends each credential to the class that it is for.
func TestCredentials(t *testing.T) {
	db, alice, _ := newDB(t)
	key := jwt.HS256([]byte(strings.Repeat("k", 32)))
	pair, err := jwt.NewIssuer(db, jwt.Config{Key: key}).Pair(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	engine, auth := newEngine(t)
	for path, class := range map[string]ginauth.Authenticator{
		"/basic":   policies.Basic(db),
		"/token":   policies.Token(db),
		"/access":  policies.AccessToken(db),
		"/session": policies.Session(db),
		"/jwt":     jwt.NewAuthenticator(db, jwt.Config{Key: key}),
	} {
		auth.With(engine, ginauth.AuthenticationClasses(class)).Any(path, name)
	}
	auth.With(engine, ginauth.PermissionClasses(policies.HasAPIKey(db))).Any("/key", name)
	auth.With(engine, ginauth.AuthenticationClasses(policies.AccessToken(db)), ginauth.PermissionClasses(policies.HasScope("notes:read"))).
		Any("/scoped", name)
	for _, row := range []struct {
		path       string
		credential ginauthtest.Credential
		want       string
	}{
		{"/basic", ginauthtest.Basic("alice", "alice-pw"), "200 alice"},
		{"/basic", ginauthtest.Basic("alice", "wrong"), `401 {"detail":"Invalid username/password."}`},
		{"/token", ginauthtest.Token(t, db, alice), "200 alice"},
		{"/access", ginauthtest.AccessToken(t, db, alice), "200 alice"},
		{"/scoped", ginauthtest.AccessToken(t, db, alice, "notes:read"), "200 alice"},
		{"/access", ginauthtest.AccessToken(t, db, alice, "notes:read"), `403 {"detail":"The token does not have the scope that this needs."}`},
		{"/session", ginauthtest.Session(t, db, alice), "200 alice"},
		{"/jwt", ginauthtest.Bearer(pair.Access), "200 alice"},
		{"/key", ginauthtest.APIKey(t, db), "200 anonymous"},
	} {
		client := ginauthtest.NewClient(t, engine).With(row.credential)
		for _, method := range []string{"GET", "POST"} {
			if got := client.Do(method, row.path, nil).String(); got != row.want {
				t.Errorf("%s %s: %s, want %s", method, row.path, got, row.want)
			}
		}
	}
}

// TestAs checks that a policy holds for a user without a credential.
func TestAs(t *testing.T) {
	db, alice, staff := newDB(t)
	engine, auth := newEngine(t, ginauth.AuthenticationClasses(policies.Session(db)))
	engine.Any("/me", name)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAdminUser)).Any("/staff", name)
	auth.With(engine, ginauth.PermissionClasses(policies.HasScope("notes:read"))).Any("/notes", name)
	auth.With(engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny)).Any("/public", name)
	anonymous := ginauthtest.NewClient(t, engine)
	token := models.Token{Key: "seen by handlers"}
	auth.With(engine).GET("/auth", func(c *gin.Context) {
		got, _ := ginauth.AuthAs[*models.Token](c)
		c.String(http.StatusOK, "%v", got == &token)
	})
	const denied, unauthenticated = `403 {"detail":"You do not have permission to perform this action."}`,
		`403 {"detail":"Authentication credentials were not provided."}`
	for _, row := range []struct {
		client *ginauthtest.Client
		path   string
		want   string
	}{
		{anonymous, "/me", unauthenticated},
		{anonymous.As(alice), "/me", "200 alice"},
		{anonymous.As(alice), "/staff", denied},
		{anonymous.As(staff), "/staff", "200 staff"},
		{anonymous.As(staff).As(alice), "/staff", denied},
		{anonymous.As(alice), "/public", "200 anonymous"},
		{anonymous, "/public", "200 anonymous"},
	} {
		for _, method := range []string{"GET", "POST"} {
			if got := row.client.Do(method, row.path, nil).String(); got != row.want {
				t.Errorf("%s %s: %s, want %s", method, row.path, got, row.want)
			}
		}
	}
	if got := anonymous.As(alice, &token).Get("/auth").String(); got != "200 true" {
		t.Errorf("the credential: %s", got)
	}
	// Later requests of other clients are anonymous, as before.
	if got := anonymous.Get("/me").String(); got != unauthenticated {
		t.Errorf("anonymous afterwards: %s", got)
	}
}

func TestBodies(t *testing.T) {
	engine, auth := newEngine(t)
	auth.With(engine, ginauth.PermissionClasses(policies.AllowAny)).POST("/echo", func(c *gin.Context) {
		body, _ := c.GetRawData()
		c.String(http.StatusOK, "%s %s", c.ContentType(), body)
	})
	client := ginauthtest.NewClient(t, engine)
	for _, row := range []struct {
		body any
		want string
	}{
		{nil, "200  "},
		{`{"a":1}`, `200 application/json {"a":1}`},
		{[]byte("x"), "200 application/json x"},
		{strings.NewReader("y"), "200 application/json y"},
		{map[string]int{"a": 1}, `200 application/json {"a":1}`},
		{url.Values{"a": {"1"}}, "200 application/x-www-form-urlencoded a=1"},
	} {
		if got := client.Post("/echo", row.body).String(); got != row.want {
			t.Errorf("%v: %q, want %q", row.body, got, row.want)
		}
	}
}

// TestMatrix checks the table against the requests that it stands for.
func TestMatrix(t *testing.T) {
	engine, auth := newEngine(t, ginauth.AuthenticationClasses(none))
	engine.Match([]string{"GET", "POST"}, "/notes", name)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAuthenticated, policies.IsOwner("OwnerID"))).DELETE("/notes/:id", name)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAdminUser)).GET("/reports", name)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).Match([]string{"GET", "PUT"}, "/pages", name)
	alice, staff := &models.User{Username: "alice", IsActive: true}, &models.User{Username: "staff", IsActive: true, IsStaff: true}
	got := ginauthtest.Matrix(t, auth, ginauthtest.Role{Name: "anonymous"}, ginauthtest.Role{Name: "alice", User: alice},
		ginauthtest.Role{Name: "staff", User: staff})
	const want = `PATH        METHODS   anonymous  alice    staff
/notes      GET,POST  403        yes      yes
/notes/:id  DELETE    403        depends  depends
/pages      PUT       403        yes      yes
/pages      GET       yes        yes      yes
/reports    GET       403        403      yes
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var none = policies.AuthenticatorFunc("None", func(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials })

// failures is a test that collects its errors.
type failures struct {
	testing.TB
	errors []any
}

func (f *failures) Helper()           {}
func (f *failures) Error(args ...any) { f.errors = append(f.errors, args...) }

func TestGuarded(t *testing.T) {
	engine := gin.New()
	early := engine.Group("/early")
	_ = engine.SetTrustedProxies(nil)
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(none))
	engine.GET("/fine", name)
	ginauthtest.Guarded(t, auth)
	early.GET("/x", name)
	f := &failures{TB: t}
	if ginauthtest.Guarded(f, auth); len(f.errors) != 1 {
		t.Errorf("findings: %v, want the unguarded route", f.errors)
	}
}

// TestTimeAndRaces checks that a limit holds for requests at once, and that the
// time of a bubble opens it again.
func TestTimeAndRaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, _ := newEngine(t, ginauth.AuthenticationClasses(none), ginauth.ThrottleClasses(policies.UserRate("5/min")))
		engine.GET("/x", name)
		client := ginauthtest.NewClient(t, engine).As(&models.User{ID: 1, Username: "alice", IsActive: true})
		get := func(int) int { return client.Get("/x").Code }
		want := map[int]int{http.StatusOK: 5, http.StatusTooManyRequests: 95}
		for range 2 {
			if got := ginauthtest.AtOnce(100, get); !maps.Equal(got, want) {
				t.Errorf("answers: %v, want %v", got, want)
			}
			time.Sleep(time.Minute + time.Second)
		}
	})
}

func FuzzPolicies(f *testing.F) {
	engine, auth := newEngine(f, ginauth.AuthenticationClasses(none))
	engine.Any("/notes", name)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAdminUser)).Any("/reports/:id", name)
	ginauthtest.Fuzz(f, engine, auth, ginauthtest.Role{Name: "anonymous"},
		ginauthtest.Role{Name: "alice", User: &models.User{ID: 1, Username: "alice", IsActive: true}})
}
