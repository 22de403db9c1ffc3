package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
)

// A user name and a password are exchanged for a token, which authenticates
// further requests.
func ExampleMountObtainAuthToken() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.Token(db)))
	handlers.MountObtainAuthToken(auth, r, "/api-token-auth/", db)
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).User.(*models.User).Username) })

	login := httptest.NewRequest("POST", "/api-token-auth/",
		strings.NewReader(`{"username": "alice", "password": "correct horse"}`))
	login.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, login)
	var answer struct{ Token string }
	_ = json.Unmarshal(w.Body.Bytes(), &answer)

	me := httptest.NewRequest("GET", "/me", nil)
	me.Header.Set("Authorization", "Token "+answer.Token)
	w = httptest.NewRecorder()
	r.ServeHTTP(w, me)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice
}

// Users see where they are logged in, and end the session of a lost phone.
func ExampleMountSessionList() {
	db, _ := database.Open(":memory:")
	_ = db.Use(models.SecretKeys{"Django's SECRET_KEY"})
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	session := policies.Session(db, policies.SessionConfig{RecordUse: true, CrossOrigin: http.NewCrossOriginProtection()})
	auth := ginauth.New(r, ginauth.AuthenticationClasses(session))
	handlers.MountSession(auth, r, "/session", session)
	handlers.MountSessionList(auth, r, "/sessions", session)

	send := func(method, path, device, cookie, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, path, strings.NewReader(body))
		request.Header = http.Header{"User-Agent": {device}, "Cookie": {cookie}, "Content-Type": {"application/json"}}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		return w
	}
	cookies := map[string]string{}
	for _, device := range []string{"Phone", "Laptop"} {
		login := send("POST", "/session/login", device, "", `{"username": "alice", "password": "correct horse"}`)
		cookies[device] = "sessionid=" + login.Result().Cookies()[0].Value
	}
	var list []struct{ ID, Device string }
	_ = json.Unmarshal(send("GET", "/sessions", "Laptop", cookies["Laptop"], "").Body.Bytes(), &list)
	for _, one := range list {
		fmt.Println(one.Device)
		if one.Device == "Phone" {
			fmt.Println(send("DELETE", "/sessions/"+one.ID, "Laptop", cookies["Laptop"], "").Code)
		}
	}
	fmt.Println(send("GET", "/sessions", "Phone", cookies["Phone"], "").Code)
	// Output:
	// Laptop
	// Phone
	// 204
	// 403
}

// Users make access tokens of their own, such as one for a script.
func ExampleMountAccessTokens() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(context.Background(), db, alice, "correct horse")

	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(
		policies.AuthenticatorFunc("Alice", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: alice}, nil
		}), policies.AccessToken(db)))
	handlers.MountAccessTokens(auth, r, "/tokens", db)

	create := httptest.NewRequest("POST", "/tokens",
		strings.NewReader(`{"name": "ci", "scopes": ["*"], "expires_in": 86400}`))
	create.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, create)
	var created struct{ Name, Token string }
	_ = json.Unmarshal(w.Body.Bytes(), &created)
	fmt.Println(w.Code, created.Name, created.Token != "")
	// Output: 201 ci true
}

// Users end all of their credentials at once.
func ExampleMountLogoutAll() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "correct horse")
	tokens, _ := accesstoken.Of(db)
	_, secret, _ := tokens.Create(ctx, alice,
		accesstoken.Draft{Name: "ci", Scopes: []string{models.AllScopes}, Expiry: accesstoken.ExpiresIn(time.Hour)})

	r := gin.New()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(policies.AccessToken(db)))
	handlers.MountLogoutAll(auth, r, "/logout-all", db)

	for range 2 {
		logout := httptest.NewRequest("POST", "/logout-all", nil)
		logout.Header.Set("Authorization", "Bearer "+string(secret))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, logout)
		fmt.Println(w.Code)
	}
	// Output:
	// 204
	// 401
}

// Browsers log in with a session. They get a CSRF token first.
func ExampleMountSession() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	_ = db.Use(models.SecretKeys{"a secret of the example, which is long enough for it"})

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	session := policies.Session(db)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(session))
	handlers.MountSession(auth, r, "/session", session)

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "https://example.com/session/csrf", nil))
	var csrf struct {
		Token string `json:"csrftoken"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &csrf)

	login := httptest.NewRequest("POST", "https://example.com/session/login",
		strings.NewReader(`{"username": "alice", "password": "correct horse"}`))
	login.Header.Set("Content-Type", "application/json")
	login.Header.Set("Origin", "https://example.com")
	login.Header.Set("X-CSRFToken", csrf.Token)
	login.Header.Set("Cookie", w.Header().Get("Set-Cookie"))
	w = httptest.NewRecorder()
	r.ServeHTTP(w, login)
	fmt.Println(w.Code, w.Body)
	// Output: 200 {"user":"alice"}
}

// A load balancer asks whether the server is ready, and the server drains
// before it stops.
func ExampleMountProbes() {
	db, _ := database.Open(":memory:")

	r := gin.New()
	auth := ginauth.New(r, ginauth.PermissionClasses(policies.IsAuthenticated)) // not for probes
	drain := handlers.MountProbes(auth, r, "", db, handlers.ProbesConfig{
		Requires: map[string]func(context.Context) error{
			"queue": func(context.Context) error { return nil },
		},
	})

	for range 2 {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		fmt.Println(w.Code, w.Body)
		drain(context.Background(), 10*time.Millisecond) // then server.Shutdown
	}
	// Output:
	// 200 {"status":"ok"}
	// 503 {"status":"draining"}
}

// Reviewers search all routes, and see who may call them.
func ExampleMountPolicies() {
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(
		policies.AuthenticatorFunc("Staff", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: &models.User{Username: "alice", IsActive: true, IsStaff: true}}, nil
		})))
	handlers.MountPolicies(auth, r, "/-/policies")
	auth.With(r, ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, policies.InGroup("editors")))).
		POST("/articles", func(*gin.Context) {})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/-/policies?q=articles", nil))
	for _, cell := range regexp.MustCompile(`<td class="\w+"><strong>(.+?)</td>`).FindAllStringSubmatch(w.Body.String(), -1) {
		fmt.Println(regexp.MustCompile(`<.*?>`).ReplaceAllString(cell[1], ""))
	}
	// Output:
	// no 403
	// depends on group editors
	// yes
	// yes
}

// A front end asks what its user may do, and shows only that.
func ExampleMountCapabilities() {
	r := gin.New()
	auth := ginauth.New(r)
	auth.With(r, ginauth.PermissionClasses(policies.AllowAny)).GET("/notes", func(*gin.Context) {})
	auth.With(r, ginauth.PermissionClasses(policies.IsAuthenticated)).POST("/notes", func(*gin.Context) {})
	handlers.MountCapabilities(auth, r, "/capabilities", map[string]string{
		"notes.list": "GET /notes", "notes.create": "POST /notes",
	})
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/capabilities", nil))
	fmt.Println(w.Body)
	// Output: {"notes.create":"no","notes.list":"yes"}
}
