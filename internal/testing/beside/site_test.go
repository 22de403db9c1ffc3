package beside_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

const alicesPassword = "porridge-for-alice"

var (
	cheap = models.PasswordHashers{password.PBKDF2SHA256{Iterations: 1}}
	keys  = models.SecretKeys{"a secret key of the tests of package beside"}
)

type note struct {
	ID    int64
	Title string
	Owner int64
}

func (note) TableName() string  { return "core_note" }
func (note) ModelLabel() string { return "core.note" }

// prepare creates the tables, alice, and a note on which she has a permission.
func prepare(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, url)
	alice := &models.User{Username: "alice", IsStaff: true}
	n := &note{Title: "hello", Owner: 1}
	err := errors.Join(db.Use(cheap), db.Use(keys), models.Migrate(db), db.AutoMigrate(&note{}),
		models.SyncPermissions(t.Context(), db, &note{}), models.CreateUser(t.Context(), db, alice, alicesPassword))
	group := &models.Group{Name: "editors"}
	err = errors.Join(err, db.Create(group).Error, db.Create(n).Error)
	err = errors.Join(err, db.Exec("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", alice.ID, group.ID).Error)
	for _, perm := range []string{"core.view_note", "core.change_note"} {
		err = errors.Join(err, models.AssignPerm(t.Context(), db, perm, group, nil), models.AssignPerm(t.Context(), db, perm, alice, n))
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// site is an application with every kind of credential.
type site struct {
	engine *gin.Engine
	log    *lines
}

// newSite returns the site of a database in the state in which prepare has left
// it.
func newSite(t *testing.T, db *gorm.DB) *site {
	t.Helper()
	if err := errors.Join(db.Use(append(append(models.PasswordHashers{}, cheap...), password.PBKDF2SHA1{Iterations: 1})), db.Use(keys)); err != nil {
		t.Fatal(err)
	}
	s := &site{engine: gin.New(), log: &lines{}}
	_ = s.engine.SetTrustedProxies(nil) // nil is always accepted
	config := jwt.Config{Key: jwt.HS256([]byte(strings.Repeat("k", 32))), RotateRefreshTokens: true, BlacklistAfterRotation: true,
		RefreshGrace: 10 * time.Second, UpdateLastLogin: true, Accept: []jwt.Type{jwt.Access, jwt.Sliding}}
	session, rules := policies.Session(db), []ginauth.Rule{ginauth.NoThrottles()}
	auth := ginauth.New(s.engine, ginauth.Logger(slog.New(slog.NewTextHandler(s.log, nil))),
		ginauth.AuthenticationClasses(policies.Basic(db), policies.Token(db), policies.AccessToken(db), jwt.Authenticator(db, config), session),
		ginauth.PermissionClasses(policies.IsAuthenticated))
	handlers.MountObtainAuthToken(auth, s.engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(auth, s.engine, "/session", session, handlers.SessionConfig{Rules: rules, InsecureWithoutCSRF: true})
	handlers.MountAccessTokens(auth, s.engine, "/tokens", db)
	handlers.MountLogoutAll(auth, s.engine, "/logout-all", db)
	jwt.Mount(auth, s.engine, db, config, jwt.Endpoints{Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify",
		Blacklist: "/jwt/blacklist", Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh", Rules: rules})
	jwt.Mount(auth, s.engine, db, jwt.Config{Key: config.Key, CheckRevokeToken: true},
		jwt.Endpoints{Pair: "/password/pair", Refresh: "/password/refresh", Rules: rules})
	ok := func(c *gin.Context) { c.String(http.StatusOK, "in") }
	s.engine.GET("/me", ok)
	auth.With(s.engine, ginauth.AuthenticationClasses(policies.Session(db, policies.SessionConfig{SaveEveryRequest: true}))).GET("/extended", ok)
	auth.With(s.engine, ginauth.AuthenticationClasses(policies.RemoteUser(db, policies.RemoteUserConfig{
		Header: "X-Remote-User", Peers: policies.TrustedPeers{InsecureEveryPeer: true}, CreateUnknownUser: true, InsecureTakePasswordUsers: true}))).GET("/remote", ok)
	auth.With(s.engine, ginauth.PermissionClasses(policies.HasAPIKey(db))).GET("/apikey", ok)
	auth.With(s.engine, ginauth.PermissionClasses(policies.InGroup("editors"))).GET("/group", ok)
	auth.With(s.engine, ginauth.PermissionClasses(policies.ModelPermissions[note](db, policies.ModelPermissionsConfig{Map: policies.ViewPermsMap()}))).
		GET("/model", ok)
	auth.With(s.engine, ginauth.Object(policies.Load[note](db, "id")),
		ginauth.PermissionClasses(policies.ObjectPermissions[note](db, policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap()}))).
		GET("/notes/:id", ok)
	return s
}

// lines collects the lines of a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// request is a request that can be sent many times.
type request struct {
	method, path, body string
	headers            []string // name, value, ...
}

func (s *site) send(r request) *httptest.ResponseRecorder {
	sent := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	sent.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(r.headers); i += 2 {
		sent.Header.Set(r.headers[i], r.headers[i+1])
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, sent)
	return w
}

// post sends JSON and returns the text members of the answer.
func (s *site) post(t *testing.T, path, body string, headers ...string) map[string]string {
	t.Helper()
	w := s.send(request{"POST", path, body, headers})
	var members map[string]any
	if w.Code >= 300 || json.Unmarshal(w.Body.Bytes(), &members) != nil {
		t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}
	texts := map[string]string{}
	for name, value := range members {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

const login = `{"username":"alice","password":"` + alicesPassword + `"}`

// session logs alice in and returns the cookie.
func (s *site) session(t *testing.T) string {
	t.Helper()
	w := s.send(request{"POST", "/session/login", login, nil})
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == "sessionid" {
			return "sessionid=" + cookie.Value
		}
	}
	t.Fatalf("session login: %d %s", w.Code, w.Body)
	return ""
}

// credentials returns headers with every kind of credential that alice can
// have.
func (s *site) credentials(t *testing.T) map[string][]string {
	t.Helper()
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth("alice", alicesPassword)
	basic := r.Header.Get("Authorization")
	access := s.post(t, "/tokens", `{"name":"build","scopes":["*"],"expires_in":"never"}`, "Authorization", basic)
	return map[string][]string{
		"Basic":        {"Authorization", basic},
		"token":        {"Authorization", "Token " + s.post(t, "/token", login)["token"]},
		"access token": {"Authorization", "Bearer " + access["token"]},
		"JWT":          {"Authorization", "Bearer " + s.post(t, "/jwt/pair", login)["access"]},
		"sliding JWT":  {"Authorization", "Bearer " + s.post(t, "/jwt/sliding", login)["token"]},
		"session":      {"Cookie", s.session(t)},
	}
}

// reads returns GET requests for every kind of credential and permission.
func (s *site) reads(t *testing.T, db *gorm.DB) map[string]request {
	t.Helper()
	credentials := s.credentials(t)
	reads := map[string]request{
		"extended session": {"GET", "/extended", "", []string{"Cookie", s.session(t)}},
		"remote user":      {"GET", "/remote", "", []string{"X-Remote-User", "alice"}},
		"list of tokens":   {"GET", "/tokens", "", credentials["token"]},
	}
	for name, header := range credentials {
		reads[name] = request{"GET", "/me", "", header}
		reads[name+", object"] = request{"GET", "/notes/1", "", header}
	}
	for _, path := range []string{"/group", "/model"} {
		reads[path] = request{"GET", path, "", credentials["token"]}
	}
	key, err := models.CreateAPIKey(t.Context(), db, &models.APIKey{Name: "partner"})
	if err != nil {
		t.Fatal(err)
	}
	reads["API key"] = request{"GET", "/apikey", "", []string{"Authorization", "Api-Key " + string(key)}}
	refresh := s.post(t, "/jwt/pair", login)["refresh"]
	reads["verify"] = request{"POST", "/jwt/verify", `{"token":"` + refresh + `"}`, nil}
	return reads
}

// together sends a request n times at once. It returns how often each status
// came, and one answer that was not a success.
func (s *site) together(n int, r func(i int) request) (statuses map[int]int, bad string) {
	var group sync.WaitGroup
	var mu sync.Mutex
	statuses = map[int]int{}
	for i := range n {
		group.Go(func() {
			w := s.send(r(i))
			mu.Lock()
			defer mu.Unlock()
			statuses[w.Code]++
			if w.Code >= 300 {
				bad = w.Body.String()
			}
		})
	}
	group.Wait()
	return statuses, bad
}
