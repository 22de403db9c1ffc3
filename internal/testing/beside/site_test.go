package beside_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/models/apikey"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
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
	people.Create(t, db)
	alice, n := people.Named(t, db, "alice"), &note{Title: "hello", Owner: 1}
	group := people.Join(t, db, "alice", "editors")
	err := errors.Join(db.AutoMigrate(&note{}), models.SyncPermissions(t.Context(), db, &note{}), db.Create(n).Error)
	for _, perm := range []string{"core.view_note", "core.change_note"} {
		err = errors.Join(err, models.AssignPerm(t.Context(), db, perm, group, nil), models.AssignPerm(t.Context(), db, perm, alice, n))
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// site is an application with every kind of credential.
type site struct{ *sitetest.Site }

// newSite returns the site of a database in the state in which prepare has left
// it.
func newSite(t *testing.T, db *gorm.DB) site {
	t.Helper()
	people.Configure(t, db)
	config := jwt.Config{
		Key: sitetest.JWTKey, Accept: []jwt.Type{jwt.Access, jwt.Sliding},
		RotateRefreshTokens: true, BlacklistAfterRotation: true, RefreshGrace: 10 * time.Second, UpdateLastLogin: true,
	}
	session, rules := policies.Session(db), []ginauth.Rule{ginauth.NoThrottles()}
	s := site{sitetest.Serve(t, db,
		ginauth.AuthenticationClasses(policies.Basic(db), policies.Token(db), policies.AccessToken(db), jwt.NewAuthenticator(db, config), session),
		ginauth.PermissionClasses(policies.IsAuthenticated))}
	auth, engine := s.Auth, s.Engine
	handlers.MountObtainAuthToken(auth, engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(auth, engine, "/session", session, handlers.SessionConfig{Rules: rules, InsecureWithoutCSRF: true})
	handlers.MountAccessTokens(auth, engine, "/tokens", db)
	handlers.MountLogoutAll(auth, engine, "/logout-all", db)
	jwt.Mount(auth, engine, jwt.Endpoints{
		Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify", Blacklist: "/jwt/blacklist",
		Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh", Rules: rules,
	}, db, config)
	jwt.Mount(auth, engine, jwt.Endpoints{Pair: "/password/pair", Refresh: "/password/refresh", Rules: rules}, db, jwt.Config{Key: config.Key, CheckRevokeToken: true})
	ok := func(c *gin.Context) { c.String(http.StatusOK, "in") }
	engine.GET("/me", ok)
	extended := policies.Session(db, policies.SessionConfig{SaveEveryRequest: true})
	remote := policies.RemoteUser(db, policies.RemoteUserConfig{
		Header: "X-Remote-User", InsecureEveryPeer: true,
		CreateUnknownUser: true, InsecureTakePasswordUsers: true,
	})
	model := policies.ModelPermissions[note](db, policies.ViewPermsMap())
	object := policies.ObjectPermissions[note](db, policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap()})
	auth.With(engine, ginauth.AuthenticationClasses(extended)).GET("/extended", ok)
	auth.With(engine, ginauth.AuthenticationClasses(remote)).GET("/remote", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.HasAPIKey(db))).GET("/apikey", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.InGroup("editors"))).GET("/group", ok)
	auth.With(engine, ginauth.PermissionClasses(model)).GET("/model", ok)
	auth.With(engine, ginauth.Object(policies.Load[note](db, "id")), ginauth.PermissionClasses(object)).GET("/notes/:id", ok)
	return s
}

// request is a request that can be sent many times.
type request struct {
	method, path string
	as           sitetest.As
	body         string
}

func (s site) send(r request) sitetest.Answer { return s.Do(r.method, r.path, r.as, r.body) }

var login = people.Login("alice")

// logIn posts alice's password and returns a member of the answer.
func (s site) logIn(t *testing.T, path, member string) string {
	t.Helper()
	return s.Do("POST", path, sitetest.Anonymous, login).Text(t, member)
}

// session logs alice in and returns the cookie.
func (s site) session(t *testing.T) sitetest.As {
	t.Helper()
	w := s.Do("POST", "/session/login", sitetest.Anonymous, login)
	if w.Code != 200 {
		t.Fatal("session login:", w)
	}
	return sitetest.As{"Cookie: sessionid=" + w.Cookie("sessionid")}
}

// credentials returns every kind of credential that alice can have.
func (s site) credentials(t *testing.T) map[string]sitetest.As {
	t.Helper()
	access := s.Do("POST", "/tokens", sitetest.Basic("alice"), `{"name":"build","scopes":["*"],"expires_in":"never"}`)
	return map[string]sitetest.As{
		"Basic":        sitetest.Basic("alice"),
		"token":        sitetest.Token(s.logIn(t, "/token", "token")),
		"access token": sitetest.Bearer(access.Text(t, "token")),
		"JWT":          sitetest.Bearer(s.logIn(t, "/jwt/pair", "access")),
		"sliding JWT":  sitetest.Bearer(s.logIn(t, "/jwt/sliding", "token")),
		"session":      s.session(t),
	}
}

// reads returns GET requests for every kind of credential and permission.
func (s site) reads(t *testing.T, db *gorm.DB) map[string]request {
	t.Helper()
	credentials := s.credentials(t)
	reads := map[string]request{
		"extended session": {"GET", "/extended", s.session(t), ""},
		"remote user":      {"GET", "/remote", sitetest.As{"X-Remote-User: alice"}, ""},
		"list of tokens":   {"GET", "/tokens", credentials["token"], ""},
	}
	for name, header := range credentials {
		reads[name] = request{"GET", "/me", header, ""}
		reads[name+", object"] = request{"GET", "/notes/1", header, ""}
	}
	for _, path := range []string{"/group", "/model"} {
		reads[path] = request{"GET", path, credentials["token"], ""}
	}
	key, err := apikey.Create(t.Context(), db, &apikey.Key{Name: "partner"})
	if err != nil {
		t.Fatal(err)
	}
	reads["API key"] = request{"GET", "/apikey", sitetest.As{"Authorization: Api-Key " + string(key)}, ""}
	refresh := s.logIn(t, "/jwt/pair", "refresh")
	reads["verify"] = request{"POST", "/jwt/verify", sitetest.Anonymous, `{"token":"` + refresh + `"}`}
	return reads
}

// together sends a request n times at once. It returns how often each status
// came, and one answer that was not a success.
func (s site) together(n int, r func(i int) request) (statuses map[int]int, bad string) {
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
