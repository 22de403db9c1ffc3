package handlers_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestMountsThatCannotWork checks that such mounts panic at start, with a
// message that says how to fix them.
func TestMountsThatCannotWork(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	config := jwt.Config{Key: sitetest.JWTKey}
	session, recording := policies.Session(db), policies.Session(db, policies.SessionConfig{RecordUse: true})
	for _, row := range []struct {
		want  string // "" if the mount works
		mount func(auth *ginauth.Auth, r gin.IRouter)
	}{
		{`handlers: MountObtainAuthToken: the path is empty; give one, such as "/api-token-auth/"`,
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountObtainAuthToken(a, r, "", db) }},
		{`handlers: MountSession: the path is empty; give one, such as "/session"`,
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountSession(a, r, "", session) }},
		{`handlers: MountAccessTokens: the path is empty; give one, such as "/tokens/"`,
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountAccessTokens(a, r, "", db) }},
		{`handlers: MountLogoutAll: the path is empty; give one, such as "/logout-all"`,
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountLogoutAll(a, r, "", db) }},
		{`jwt: Mount: Endpoints has no path, so nothing would be there; give e.g. Pair: "/api/token/"`,
			func(a *ginauth.Auth, r gin.IRouter) { jwt.Mount(a, r, jwt.Endpoints{}, db, config) }},
		{`jwt: Mount: Endpoints has no path`,
			func(a *ginauth.Auth, r gin.IRouter) {
				jwt.Mount(a, r.Group("/jwt"), jwt.Endpoints{ForOthers: true, MaxBodyBytes: 1}, db, config)
			}},
		{"", func(a *ginauth.Auth, r gin.IRouter) { handlers.MountObtainAuthToken(a, r.Group("/login"), "", db) }},
		{"", func(a *ginauth.Auth, r gin.IRouter) { handlers.MountAccessTokens(a, r.Group("/tokens"), "", db) }},
		{"MountObtainAuthToken: MaxBodyBytes must not be negative", func(a *ginauth.Auth, r gin.IRouter) {
			handlers.MountObtainAuthToken(a, r, "/x", db, handlers.ObtainAuthTokenConfig{MaxBodyBytes: -1})
		}},
		{"MountSession: MaxBodyBytes must not be negative", func(a *ginauth.Auth, r gin.IRouter) {
			handlers.MountSession(a, r, "/x", session, handlers.SessionConfig{MaxBodyBytes: -1})
		}},
		{"MountAccessTokens: MaxBodyBytes must not be negative", func(a *ginauth.Auth, r gin.IRouter) {
			handlers.MountAccessTokens(a, r, "/x", db, handlers.AccessTokensConfig{MaxBodyBytes: -1})
		}},
		{"jwt: Mount: MaxBodyBytes must not be negative", func(a *ginauth.Auth, r gin.IRouter) {
			jwt.Mount(a, r, jwt.Endpoints{Pair: "/x", MaxBodyBytes: -1}, db, config)
		}},
		{"MountAccessTokens: Limit must not be negative", func(a *ginauth.Auth, r gin.IRouter) {
			handlers.MountAccessTokens(a, r, "/x", db, handlers.AccessTokensConfig{Limit: -1})
		}},
		{`handlers: MountSessionList: the path is empty; give one, such as "/sessions"`,
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountSessionList(a, r, "", recording) }},
		{"MountSessionList was given no session", func(a *ginauth.Auth, r gin.IRouter) { handlers.MountSessionList(a, r, "/x", nil) }},
		{"MountSessionList: the session does not record its use, so there is nothing to list; set RecordUse in the policies.SessionConfig",
			func(a *ginauth.Auth, r gin.IRouter) { handlers.MountSessionList(a, r, "/x", session) }},
		{"MountSession was given no session", func(a *ginauth.Auth, r gin.IRouter) { handlers.MountSession(a, r, "/x", nil) }},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)))
		message := panics.Of(func() { row.mount(auth, engine) })
		if !strings.Contains(message, row.want) || row.want == "" && message != "" {
			t.Errorf("panicked with %q, want %q", message, row.want)
		}
	}
}

// wrapped is an application's own authenticator around ours.
type wrapped struct{ *jwt.Authenticator }

// TestCheckFindsTokensThatNoRouteAccepts checks for findings where a client
// could obtain a token and then get 401 with it everywhere.
func TestCheckFindsTokensThatNoRouteAccepts(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	key, other := sitetest.JWTKey, jwt.HS256([]byte(strings.Repeat("o", 32)))
	config := func(change ...func(*jwt.Config)) jwt.Config {
		c := jwt.Config{Key: key}
		for _, f := range change {
			f(&c)
		}
		return c
	}
	class := func(change ...func(*jwt.Config)) ginauth.Authenticator {
		return jwt.NewAuthenticator(db, config(change...))
	}
	sliding := func(c *jwt.Config) { c.Accept = []jwt.Type{jwt.Sliding} }
	pair, slide := jwt.Endpoints{Pair: "/pair"}, jwt.Endpoints{Sliding: "/sliding"}
	for name, row := range map[string]struct {
		class     ginauth.Authenticator
		config    jwt.Config
		endpoints jwt.Endpoints
		want      string // "" for no finding
	}{
		"the same key":  {class(), config(), pair, ""},
		"none":          {nil, config(), pair, "no route accepts the access tokens"},
		"another class": {policies.Token(db), config(), pair, "no route accepts the access tokens"},
		"another key":   {class(func(c *jwt.Config) { c.Key = other }), config(), pair, "no route accepts the access tokens"},
		"another id": {class(func(c *jwt.Config) { c.Key = key.WithID("a") }),
			config(func(c *jwt.Config) { c.Key = key.WithID("b") }), pair, "no route accepts"},
		"an older key":   {class(func(c *jwt.Config) { c.Key, c.VerificationKeys = other, []jwt.Key{key} }), config(), pair, ""},
		"another issuer": {class(func(c *jwt.Config) { c.Issuer = "x" }), config(), pair, "no route accepts"},
		"another audience": {class(func(c *jwt.Config) { c.Audience = []string{"x"} }),
			config(func(c *jwt.Config) { c.Audience = []string{"y"} }), pair, "no route accepts"},
		"another user claim": {class(func(c *jwt.Config) { c.UserIDClaim = "sub" }), config(), pair, "no route accepts"},
		"sliding for access": {class(sliding), config(), pair, "no route accepts the access tokens"},
		"access for sliding": {class(), config(), slide, "no route accepts the sliding tokens"},
		"sliding":            {class(sliding), config(), slide, ""},
		"refresh only":       {nil, config(), jwt.Endpoints{Refresh: "/refresh"}, "no route accepts the access tokens"},
		"verify only":        {nil, config(), jwt.Endpoints{Verify: "/verify"}, ""},
		"for others":         {nil, config(), jwt.Endpoints{Pair: "/pair", ForOthers: true}, ""},
		"stateless":          {jwt.NewStatelessAuthenticator(config()), config(), pair, ""},
		"in a cache": {authcache.New(jwt.NewAuthenticator(db, config()), authcache.Config{MaxStaleness: time.Second}),
			config(), pair, ""},
		"in one's own": {wrapped{jwt.NewAuthenticator(db, config())}, config(), pair, ""},
	} {
		engine := gin.New()
		_ = engine.SetTrustedProxies(nil)
		auth := ginauth.New(engine)
		if row.class != nil {
			auth.With(engine, ginauth.AuthenticationClasses(policies.Basic(db), row.class)).GET("/me", func(*gin.Context) {})
		}
		jwt.Mount(auth, engine, row.endpoints, db, row.config)
		findings := auth.Check()
		got := fmt.Sprint(findings)
		if row.want == "" && len(findings) > 0 ||
			row.want != "" && (len(findings) != 1 || !strings.Contains(got, row.want) || !strings.Contains(got, "AuthenticationClasses")) {
			t.Errorf("%s: %s, want %q", name, got, row.want)
		}
	}
}

// TestCheckFindsScopesThatAreNotDefined checks for findings on scopes that
// would cause 503 on every request.
func TestCheckFindsScopesThatAreNotDefined(t *testing.T) {
	without := dbtest.Open(t, dbtest.SQLite(t))
	with := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, with, models.Scopes{"notes:read": {}})
	people.Create(t, without)
	key := jwt.Config{Key: sitetest.JWTKey}
	remote := policies.RemoteUserConfig{Header: "X-Remote-User", InsecureEveryPeer: true}
	read, write := policies.HasScope("notes:read"), policies.HasScope("notes:write")
	for name, row := range map[string]struct {
		class      ginauth.Authenticator
		permission ginauth.Permission
		want       string // "" for no finding
	}{
		"token, defined":        {policies.Token(with), read, ""},
		"token, another":        {policies.Token(with), write, "the scope notes:write is not defined in the database of Token"},
		"token, without Scopes": {policies.Token(without), read, "the scope notes:read is not defined in the database of Token"},
		"basic":                 {policies.Basic(without), read, "of Basic"},
		"session":               {policies.Session(without), read, "of Session"},
		"remote user":           {policies.RemoteUser(without, remote), read, "of RemoteUser"},
		"access token":          {policies.AccessToken(without), read, "of AccessToken"},
		"JWT":                   {jwt.NewAuthenticator(without, key), read, "of JWT"},
		"in a cache":            {authcache.New(policies.Token(without), authcache.Config{MaxStaleness: time.Second}), read, "of Token"},
		"in Any": {policies.Token(with), policies.Any(policies.IsAdminUser, policies.All(write, read)),
			"the scope notes:write is"},
		"in Not, in Conceal": {policies.Token(with), policies.Conceal(policies.Not(write)), "the scope notes:write is"},
		"both":               {policies.Token(without), policies.Any(read, write), "the scope notes:read, notes:write is"},
		"no scope":           {policies.Token(without), policies.IsAuthenticated, ""},
	} {
		engine := gin.New()
		_ = engine.SetTrustedProxies(nil)
		auth := ginauth.New(engine)
		auth.With(engine, ginauth.AuthenticationClasses(row.class), ginauth.PermissionClasses(row.permission), ginauth.ObjectsInHandler()).
			GET("/notes", func(*gin.Context) {})
		findings := auth.Check()
		got := fmt.Sprint(findings)
		if row.want == "" && len(findings) > 0 ||
			row.want != "" && (len(findings) != 1 || !strings.Contains(got, row.want) || !strings.Contains(got, "db.Use(models.Scopes{")) {
			t.Errorf("%s: %s, want %q", name, got, row.want)
		}
	}
}
