package handlers_test

import (
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// loginEvents are what observers are told at each way in. alice is user 1.
var loginEvents = map[string]struct{ right, wrong, held, down string }{
	"Basic": {
		"login_succeeded password by 1",
		"login_failed password bad_credentials by anonymous; request_refused 401 authentication_failed Basic by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled Basic by anonymous",
		"request_failed 503 service_unavailable Basic by anonymous",
	},
	"token endpoint": {
		"login_succeeded password by 1; credential_issued token by 1",
		"login_failed password bad_credentials by anonymous; request_refused 400 invalid by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled by anonymous",
		"request_failed 503 service_unavailable by anonymous",
	},
	"session login": {
		"login_succeeded password by 1; credential_issued session by 1",
		"login_failed password bad_credentials by anonymous; request_refused 400 invalid by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled by anonymous",
		"request_failed 503 service_unavailable by anonymous",
	},
	"JWT pair": {
		"login_succeeded password by 1; credential_issued jwt by 1",
		"login_failed password bad_credentials by anonymous; request_refused 401 no_active_account by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled by anonymous",
		"request_failed 503 service_unavailable by anonymous",
	},
	"JWT in cookies": {
		"login_succeeded password by 1; credential_issued jwt by 1",
		"login_failed password bad_credentials by anonymous; request_refused 401 no_active_account by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled by anonymous",
		"request_failed 503 service_unavailable by anonymous",
	},
	"sliding JWT": {
		"login_succeeded password by 1; credential_issued jwt by 1",
		"login_failed password bad_credentials by anonymous; request_refused 401 no_active_account by anonymous",
		"login_held password by anonymous; request_throttled 429 throttled by anonymous",
		"request_failed 503 service_unavailable by anonymous",
	},
}

// TestEveryWayInTells checks what observers are told of a login, of a wrong
// password, of one too many, and of one without a database.
func TestEveryWayInTells(t *testing.T) {
	for way, request := range waysIn {
		t.Run(way, func(t *testing.T) {
			want, known := loginEvents[way]
			if !known {
				t.Fatal("has no row of events")
			}
			url := dbtest.SQLite(t)
			people.Create(t, dbtest.Open(t, url))
			db, outage := dbtest.WithOutage(t, url)
			people.Configure(t, db)
			told := &sitetest.Events{}
			site := allWaysIn(t, db, ginauth.Observers(told))
			expect := func(what, password, want string) {
				t.Helper()
				sitetest.Exchange(site, request("alice", password))
				if got := told.Taken(); got != want {
					t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
				}
			}
			expect("the right password", people.Password("alice"), want.right)
			expect("a wrong password", "wrong", want.wrong)
			outage.Begin(0, false)
			expect("without a database", people.Password("alice"), want.down)
			outage.End()
			for range 20 {
				sitetest.Exchange(site, request("alice", "wrong"))
			}
			told.Take()
			expect("one too many", people.Password("alice"), want.held)
		})
	}
}

// endpointEvents are what observers are told at each endpoint beyond the ways
// in, in an order in which they work.
var endpointEvents = []struct {
	mount, name string
	send        func(e *endpoints) sitetest.Answer
	events      string
}{
	{"MountSession", "csrf", func(e *endpoints) sitetest.Answer { return e.do("GET", "/session/csrf", nil, "") }, ""},
	{"MountSession", "logout", func(e *endpoints) sitetest.Answer { return e.do("POST", "/session/logout", e.session, "") },
		"credential_revoked session by anonymous"},
	{"MountSession", "logout without a session", func(e *endpoints) sitetest.Answer { return e.do("POST", "/session/logout", nil, "") }, ""},
	{"MountSession", "logout with a made-up session", func(e *endpoints) sitetest.Answer {
		return e.do("POST", "/session/logout", sitetest.As{"Cookie: sessionid=" + strings.Repeat("x", 32)}, "")
	}, ""},
	{"jwt.Mount", "Refresh", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/refresh", nil, e.refresh()) },
		"credential_rotated jwt by 1"},
	{"jwt.Mount", "Refresh again", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/refresh", nil, e.used) },
		"credential_issued jwt by 1"},
	{"jwt.Mount", "Refresh after the grace", func(e *endpoints) sitetest.Answer { e.late(); return e.do("POST", "/jwt/refresh", nil, e.used) },
		"credential_reused jwt by anonymous of 1; request_refused 401 token_not_valid by anonymous"},
	{"jwt.Mount", "Refresh once more", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/refresh", nil, e.used) },
		"request_refused 401 token_not_valid by anonymous"},
	{"jwt.Mount", "Verify", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/verify", nil, e.sliding()) }, ""},
	{"jwt.Mount", "SlidingRefresh", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/sliding/refresh", nil, e.sliding()) },
		"credential_rotated jwt by 1"},
	{"jwt.Mount", "Blacklist", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/blacklist", nil, e.refresh()) },
		"credential_revoked jwt by 1"},
	{"jwt.Mount", "CSRF", func(e *endpoints) sitetest.Answer { return e.do("GET", "/jwt/cookies/csrf", nil, "") }, ""},
	{"jwt.Mount", "Refresh in cookies", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/cookies/refresh", e.inCookies(), "") },
		"credential_rotated jwt by 1"},
	{"jwt.Mount", "Refresh in cookies again", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/cookies/refresh", e.browser, "") },
		"credential_issued jwt by 1"},
	{"jwt.Mount", "Blacklist in cookies, after the grace", func(e *endpoints) sitetest.Answer {
		e.late()
		return e.do("POST", "/jwt/cookies/logout", e.browser, "")
	}, "credential_reused jwt by anonymous of 1"},
	{"jwt.Mount", "Blacklist in cookies", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/cookies/logout", e.inCookies(), "") },
		"credential_revoked jwt by 1"},
	{"jwt.Mount", "Blacklist in cookies again", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/cookies/logout", e.browser, "") }, ""},
	{"jwt.Mount", "Blacklist without cookies", func(e *endpoints) sitetest.Answer { return e.do("POST", "/jwt/cookies/logout", e.page(), "") }, ""},
	{"jwt.Mount", "Blacklist from another site", func(e *endpoints) sitetest.Answer {
		return e.do("POST", "/jwt/cookies/logout", sitetest.As{"Origin: https://evil.example"}, "")
	},
		"request_refused 403 permission_denied by anonymous"},
	{"MountAccessTokens", "create", func(e *endpoints) sitetest.Answer { return e.do("POST", "/tokens", e.basic, newAccessToken) },
		"login_succeeded password by 1; credential_issued access_token by 1"},
	{"MountAccessTokens", "list", func(e *endpoints) sitetest.Answer { return e.do("GET", "/tokens", e.basic, "") }, "login_succeeded password by 1"},
	{"MountAccessTokens", "rotate", func(e *endpoints) sitetest.Answer { return e.do("POST", "/tokens/"+e.token()+"/rotate", e.basic, "") },
		"login_succeeded password by 1; credential_rotated access_token by 1"},
	{"MountAccessTokens", "revoke", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/tokens/"+e.token(), e.basic, "") },
		"login_succeeded password by 1; credential_revoked access_token by 1"},
	{"MountAccessTokens", "revoke another's", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/tokens/x", e.basic, "") },
		"login_succeeded password by 1; request_refused 404 not_found by 1"},
	{"MountAccessTokens", "revoke all", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/tokens", e.basic, "") },
		"login_succeeded password by 1; credential_revoked access_token by 1"},
	{"MountSessionList", "list", func(e *endpoints) sitetest.Answer { return e.do("GET", "/sessions", e.fresh(), "") }, ""},
	{"MountSessionList", "end", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/sessions/"+e.sessionID(), e.basic, "") },
		"login_succeeded password by 1; credential_revoked session by 1"},
	{"MountSessionList", "end that of the request", func(e *endpoints) sitetest.Answer {
		id, as := e.sessionID(), e.session
		return e.do("DELETE", "/sessions/"+id, as, "")
	}, "credential_revoked session by 1"},
	{"MountSessionList", "end another's", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/sessions/x", e.basic, "") },
		"login_succeeded password by 1; request_refused 404 not_found by 1"},
	{"MountSessionList", "end others", func(e *endpoints) sitetest.Answer { return e.do("DELETE", "/sessions/others", e.basic, "") },
		"login_succeeded password by 1; credential_revoked session by 1"},
	{"MountLogoutAll", "", func(e *endpoints) sitetest.Answer { return e.do("POST", "/logout-all", e.basic, "") },
		"login_succeeded password by 1; credential_revoked all by 1"},
}

const newAccessToken = `{"name":"ci","scopes":["*"],"expires_in":"never"}`

// endpoints is an application with all of them, and what alice has obtained.
type endpoints struct {
	*sitetest.Site
	t       *testing.T
	told    sitetest.Events
	basic   sitetest.As
	session sitetest.As
	browser sitetest.As // that has logged in last with tokens in cookies
	used    string      // a refresh token that has been used
	offset  atomic.Int64
}

const grace = 10 * time.Second

func newEndpoints(t *testing.T) (*endpoints, *dbtest.Outage) {
	url := dbtest.SQLite(t)
	people.Create(t, dbtest.Open(t, url))
	db, outage := dbtest.WithOutage(t, url)
	people.Configure(t, db)
	e := &endpoints{t: t, basic: sitetest.Basic("alice")}
	crossOrigin := http.NewCrossOriginProtection() // which asks nothing of programs
	browsers, rules := policies.Session(db, policies.SessionConfig{RecordUse: true, CrossOrigin: crossOrigin}), unthrottled.Rules
	e.Site = sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)), ginauth.Observers(&e.told))
	sessions := e.Auth.With(e.Engine, ginauth.AuthenticationClasses(browsers, policies.Basic(db)))
	handlers.MountSessionList(e.Auth, sessions, "/sessions", browsers, rules...)
	handlers.MountObtainAuthToken(e.Auth, e.Engine, "/token", db, unthrottled)
	handlers.MountSession(e.Auth, e.Engine, "/session", browsers, handlers.SessionConfig{Rules: rules, InsecureWithoutCSRF: true})
	handlers.MountAccessTokens(e.Auth, e.Engine, "/tokens", db)
	handlers.MountLogoutAll(e.Auth, e.Engine, "/logout-all", db, handlers.LogoutAllConfig{Session: browsers})
	config := jwt.Config{
		Key: sitetest.JWTKey, RotateRefreshTokens: true, BlacklistAfterRotation: true, RefreshGrace: grace,
		Now: func() time.Time { return time.Now().Add(time.Duration(e.offset.Load())) },
	}
	jwt.Mount(e.Auth, e.Engine, jwt.Endpoints{Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify",
		Blacklist: "/jwt/blacklist", Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh", Rules: rules}, db, config)
	config.Cookies = &jwt.Cookies{}
	jwt.Mount(e.Auth, e.Engine, jwt.Endpoints{Pair: "/jwt/cookies/login", Refresh: "/jwt/cookies/refresh", Blacklist: "/jwt/cookies/logout",
		CSRF: "/jwt/cookies/csrf", Rules: rules}, db, config)
	e.fresh()
	return e, outage
}

// fresh begins a session.
func (e *endpoints) fresh() sitetest.As {
	e.session = sitetest.As{"Cookie: sessionid=" + e.login("session login").Cookie("sessionid")}
	return e.session
}

// sessionID begins a session and returns its id.
func (e *endpoints) sessionID() string {
	key, _ := strings.CutPrefix(e.fresh()[0], "Cookie: sessionid=")
	return (&session.Session{Key: models.Secret(key)}).ID()
}

// login logs alice in.
func (e *endpoints) login(way string) sitetest.Answer {
	return sitetest.Exchange(e, waysIn[way]("alice", people.Password("alice")))
}

// do sends a request, and nothing else, to the observed site.
func (e *endpoints) do(method, path string, as sitetest.As, body string) sitetest.Answer {
	e.told.Take()
	return e.Do(method, path, as, body)
}

// refresh returns the body with a new refresh token.
func (e *endpoints) refresh() string {
	body := `{"refresh":"` + e.login("JWT pair").Text(e.t, "refresh") + `"}`
	if e.used == "" {
		e.used = body
	}
	return body
}

// page returns a browser that has loaded a page of the site.
func (e *endpoints) page() sitetest.As {
	secret := e.Do("GET", "/jwt/cookies/csrf", nil, "").Cookie("__Host-csrftoken")
	return sitetest.As{"Origin: https://example.com", "X-CSRFToken: " + secret, "Cookie: __Host-csrftoken=" + secret}
}

// inCookies returns a browser whose cookies hold alice's new tokens.
func (e *endpoints) inCookies() sitetest.As {
	page := e.page()
	login := e.Do("POST", "/jwt/cookies/login", page, people.Login("alice"))
	e.browser = page.With("Cookie: __Host-refresh=" + login.Cookie("__Host-refresh"))
	return e.browser
}

func (e *endpoints) sliding() string {
	return `{"token":"` + e.login("sliding JWT").Text(e.t, "token") + `"}`
}

// token creates an access token and returns its id.
func (e *endpoints) token() string {
	return e.Do("POST", "/tokens", e.basic, newAccessToken).Text(e.t, "id")
}

// late lets the grace pass.
func (e *endpoints) late() { e.offset.Add(int64(2 * grace)) }

// mountFunction matches a function that mounts endpoints, in the list of what
// the module exports.
var mountFunction = regexp.MustCompile(`(?m)^([a-z/]+): func (Mount[A-Za-z]*)\(`)

// withoutEvents are the mounts of endpoints that neither make nor end a
// credential, and those that are ways in alone.
var withoutEvents = map[string]bool{
	"MountObtainAuthToken": true, "MountProbes": true, "MountCapabilities": true, "MountPolicies": true, "jwt.MountJWKS": true,
}

// TestEveryEndpointTells checks what observers are told at each endpoint.
func TestEveryEndpointTells(t *testing.T) {
	e, _ := newEndpoints(t)
	tested := map[string]bool{}
	for _, row := range endpointEvents {
		answer := row.send(e)
		if got := e.told.Taken(); got != row.events {
			t.Errorf("%s %s: %s:\n%s\nwant\n%s", row.mount, row.name, answer, got, row.events)
		}
		tested[row.mount], tested[row.mount+" "+row.name] = true, true
	}
	exported, err := os.ReadFile("../internal/testdata/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range mountFunction.FindAllStringSubmatch(string(exported), -1) {
		name := strings.Replace(strings.TrimPrefix(found[1]+"."+found[2], "handlers."), "policies/", "", 1)
		if !tested[name] && !withoutEvents[name] {
			t.Errorf("%s has no row of events", name)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[jwt.Endpoints]()) {
		if way := field.Name == "Pair" || field.Name == "Sliding"; field.Type.Kind() == reflect.String && !way && !tested["jwt.Mount "+field.Name] {
			t.Errorf("jwt.Mount %s has no row of events", field.Name)
		}
	}
}

// TestEndpointsWithoutADatabase checks that observers are told of a failure and
// of nothing else, wherever an endpoint needs the database.
func TestEndpointsWithoutADatabase(t *testing.T) {
	e, outage := newEndpoints(t)
	refresh, sliding, id, page, browser := e.refresh(), e.sliding(), e.token(), e.page(), e.inCookies()
	for _, row := range []struct {
		method, path string
		as           sitetest.As
		body         string
	}{
		{"POST", "/session/logout", e.session, ""},
		{"POST", "/jwt/refresh", nil, refresh},
		{"POST", "/jwt/blacklist", nil, refresh},
		{"POST", "/jwt/cookies/login", page, people.Login("alice")},
		{"POST", "/jwt/cookies/refresh", browser, ""},
		{"POST", "/jwt/cookies/logout", browser, ""},
		{"POST", "/jwt/verify", nil, sliding},
		{"POST", "/jwt/sliding/refresh", nil, sliding},
		{"GET", "/tokens", e.basic, ""},
		{"POST", "/tokens", e.basic, newAccessToken},
		{"POST", "/tokens/" + id + "/rotate", e.basic, ""},
		{"DELETE", "/tokens/" + id, e.basic, ""},
		{"DELETE", "/tokens", e.basic, ""},
		{"POST", "/logout-all", e.basic, ""},
		{"GET", "/sessions", e.session, ""},
		{"DELETE", "/sessions/others", e.session, ""},
		{"DELETE", "/sessions/" + e.sessionID(), e.session, ""},
	} {
		e.told.Take()
		outage.Begin(0, false)
		answer := e.Do(row.method, row.path, row.as, row.body)
		outage.End()
		events := e.told.Take()
		if len(events) != 1 || events[0].Kind != ginauth.RequestFailed || events[0].Status != answer.Code || answer.Code != http.StatusServiceUnavailable ||
			events[0].Cause == "" || events[0].RequestID != answer.Header().Get("X-Request-ID") {
			t.Errorf("%s %s: %s, told %+v", row.method, row.path, answer, events)
		}
	}
}
