//go:build linux

package outages_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/redislogins"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// site is an application with every kind of credential, behind a real server.
// It counts requests in Redis, and failed logins there or in the database.
type site struct {
	*sitetest.Site
	url    string
	client *http.Client
}

func (stage stage) site(t *testing.T, database string, counts redis.UniversalClient, loginsInRedis bool) site {
	t.Helper()
	db := dbtest.Open(t, database)
	db.Logger = db.Logger.LogMode(logger.Silent)
	limits := logins.Limits{Store: logins.NewDatabaseStore(db)}
	if loginsInRedis {
		limits.Store = redislogins.New(counts)
	}
	people.Create(t, db, models.StatementTimeout(stage.bound), limits)
	s := site{Site: sitetest.Serve(t, db, ginauth.PermissionClasses(policies.IsAuthenticated)), client: &http.Client{Timeout: 2 * patience}}
	s.addCredentials()
	s.addLogins()
	s.add("/throttled", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.AnonRate("1000000/hour", policies.RateConfig{Store: redisrate.New(counts)})))
	s.add("/public", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny))
	server := httptest.NewServer(s.Engine)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

var tokens = jwt.Config{Key: sitetest.JWTKey, RotateRefreshTokens: true, BlacklistAfterRotation: true}

func (s site) add(path string, rules ...ginauth.Rule) {
	s.Auth.With(s.Engine, rules...).GET(path, func(c *gin.Context) { c.String(http.StatusOK, "in") })
}

// addCredentials adds a route for each kind of credential.
func (s site) addCredentials() {
	cached := authcache.Config{MaxStaleness: time.Hour}
	for path, class := range map[string]ginauth.Authenticator{
		"/basic":         policies.Basic(s.DB),
		"/token":         policies.Token(s.DB),
		"/access":        policies.AccessToken(s.DB),
		"/session":       policies.Session(s.DB),
		"/jwt":           jwt.NewAuthenticator(s.DB, tokens),
		"/stateless":     jwt.NewStatelessAuthenticator(tokens),
		"/cached/token":  authcache.New(policies.Token(s.DB), cached),
		"/cached/access": authcache.New(policies.AccessToken(s.DB), cached),
		"/cached/jwt":    authcache.New(jwt.NewAuthenticator(s.DB, tokens), cached),
	} {
		s.add(path, ginauth.AuthenticationClasses(class))
	}
	s.add("/key", ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.HasAPIKey(s.DB)))
}

// addLogins adds the ways in that give something for a password.
func (s site) addLogins() {
	rules := []ginauth.Rule{ginauth.NoThrottles()}
	handlers.MountObtainAuthToken(s.Auth, s.Engine, "/login/token", s.DB, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(s.Auth, s.Engine, "/login/session", policies.Session(s.DB), handlers.SessionConfig{Rules: rules, InsecureWithoutCSRF: true})
	jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/login/jwt", Refresh: "/refresh", Rules: rules}, s.DB, tokens)
}

// request is a request that can be sent many times, and the column of the table
// that it belongs to.
type request struct {
	column, name string
	method, path string
	as           sitetest.As
	body         string
}

// The columns of the table.
const (
	lookups   = "tokens, keys, sessions"
	basic     = "Basic"
	cached    = "cached"
	stateless = "JWT unasked"
	login     = "login"
	refresh   = "refresh"
	throttled = "throttled"
	public    = "public"
)

var columns = []string{lookups, basic, cached, stateless, login, refresh, throttled, public}

// right returns requests that succeed, one of each kind.
func (s site) right(t *testing.T) []*request {
	t.Helper()
	token, access, bearer := sitetest.Token(s.TokenKey("alice")), sitetest.Bearer(s.AccessToken("alice", "*")), sitetest.Bearer(s.JWT("alice"))
	pair, err := jwt.NewIssuer(s.DB, tokens).Pair(t.Context(), people.Named(t, s.DB, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	password := people.Login("alice")
	return []*request{
		{lookups, "token", "GET", "/token", token, ""},
		{lookups, "access token", "GET", "/access", access, ""},
		{lookups, "API key", "GET", "/key", sitetest.As{"Authorization: Api-Key " + s.APIKey()}, ""},
		{lookups, "session", "GET", "/session", sitetest.As{"Cookie: sessionid=" + s.SessionKey("alice")}, ""},
		{lookups, "JWT", "GET", "/jwt", bearer, ""},
		{basic, "Basic", "GET", "/basic", sitetest.Basic("alice"), ""},
		{cached, "cached token", "GET", "/cached/token", token, ""},
		{cached, "cached access token", "GET", "/cached/access", access, ""},
		{cached, "cached JWT", "GET", "/cached/jwt", bearer, ""},
		{stateless, "JWT without a look-up", "GET", "/stateless", bearer, ""},
		{login, "token endpoint", "POST", "/login/token", nil, password},
		{login, "session login", "POST", "/login/session/login", nil, password},
		{login, "JWT pair", "POST", "/login/jwt", nil, password},
		{refresh, "refresh", "POST", "/refresh", nil, `{"refresh":"` + pair.Refresh + `"}`},
		{throttled, "throttled", "GET", "/throttled", nil, ""},
		{public, "public", "GET", "/public", nil, ""},
	}
}

// wrong returns requests that must never succeed, one of each kind. Those in a
// column guess passwords.
func wrong() []*request {
	token, access := sitetest.Token(strings.Repeat("0", 40)), sitetest.Bearer("ginauth_wrong")
	forged := sitetest.Bearer("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoxfQ.AAAA")
	password := `{"username":"bob","password":"wrong"}`
	return []*request{
		{"", "wrong token", "GET", "/token", token, ""},
		{"", "wrong access token", "GET", "/access", access, ""},
		{"", "wrong API key", "GET", "/key", sitetest.As{"Authorization: Api-Key abcdefgh.0123456789abcdef0123456789abcdef"}, ""},
		{"", "wrong session", "GET", "/session", sitetest.As{"Cookie: sessionid=" + strings.Repeat("a", 32)}, ""},
		{"", "forged JWT", "GET", "/jwt", forged, ""},
		{"", "forged JWT without a look-up", "GET", "/stateless", forged, ""},
		{login, "wrong Basic", "GET", "/basic", sitetest.Password("bob", "wrong"), ""},
		{"", "wrong cached token", "GET", "/cached/token", token, ""},
		{"", "wrong cached access token", "GET", "/cached/access", access, ""},
		{"", "forged cached JWT", "GET", "/cached/jwt", forged, ""},
		{login, "token endpoint, wrong password", "POST", "/login/token", nil, password},
		{login, "session login, wrong password", "POST", "/login/session/login", nil, password},
		{login, "JWT pair, wrong password", "POST", "/login/jwt", nil, password},
		{"", "wrong refresh", "POST", "/refresh", nil, `{"refresh":"wrong"}`},
		{"", "no credential", "GET", "/token", nil, ""},
	}
}

// answer is what a client gets.
type answer struct {
	status     int // 0: none
	retryAfter string
	took       time.Duration
	body       string
}

// send sends a request. A refresh that succeeds replaces its token, as a client
// does.
func (s site) send(r *request) answer {
	began := time.Now()
	q, err := http.NewRequest(r.method, s.url+r.path, strings.NewReader(r.body))
	if err != nil {
		return answer{body: err.Error()}
	}
	q.Header = sitetest.Request(r.method, r.path, r.as, "").Header
	response, err := s.client.Do(q)
	if err != nil {
		return answer{took: time.Since(began), body: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{took: time.Since(began), body: err.Error()}
	}
	var pair struct {
		Refresh string `json:"refresh"`
	}
	if r.column == refresh && json.Unmarshal(body, &pair) == nil && pair.Refresh != "" {
		r.body = `{"refresh":"` + pair.Refresh + `"}`
	}
	return answer{response.StatusCode, response.Header.Get("Retry-After"), time.Since(began), string(body)}
}
