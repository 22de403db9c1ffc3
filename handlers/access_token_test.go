package handlers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
)

// alice and bob send their passwords.
var alice, bob = sitetest.Basic("alice"), sitetest.Basic("bob")

// tokenServer is an application in which users manage their access tokens at
// /tokens and, with the scope "tokens", at /scoped. alice may view notes.
type tokenServer struct {
	*sitetest.Site
	tokens *accesstoken.Store
	users  *models.Users
}

func newTokenServer(t testing.TB, db *gorm.DB) *tokenServer {
	t.Helper()
	people.Create(t, db, models.Scopes{"notes:read": {"core.view_note"}, "notes:write": {"core.add_note"}, "profile": {}, "tokens": {}})
	people.Permit(t, db, "alice", "core.view_note")
	session := policies.Session(db)
	s := &tokenServer{Site: sitetest.Serve(t, db,
		ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Basic(db), session))}
	handlers.MountAccessTokens(s.Auth, s.Engine, "/tokens", db, handlers.AccessTokensConfig{Limit: 20})
	handlers.MountAccessTokens(s.Auth, s.Engine, "/scoped/", db, handlers.AccessTokensConfig{Scope: "tokens"})
	handlers.MountSession(s.Auth, s.Engine, "/session", session,
		handlers.SessionConfig{Rules: unthrottled.Rules, InsecureWithoutCSRF: true})
	s.Engine.GET("/me", sitetest.Me)
	var err error
	if s.tokens, err = accesstoken.Of(db); err != nil {
		t.Fatal(err)
	}
	if s.users, err = models.UsersOf(db); err != nil {
		t.Fatal(err)
	}
	return s
}

// listedToken is a token as a client reads it from a list.
type listedToken struct {
	ID          string
	Name        string
	Scopes      []string
	Created     time.Time
	Rotated     *time.Time
	Expires     *time.Time
	IdleTimeout *int64     `json:"idle_timeout"`
	LastUsed    *time.Time `json:"last_used"`
	Status      string
}

// madeToken is a token as the client that made it reads it.
type madeToken struct {
	listedToken
	Token string
}

// made returns the answer to a request that creates a token.
func made(t testing.TB, w sitetest.Answer) (token madeToken) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil || w.Code/100 != 2 || token.Token == "" {
		t.Fatal(w)
	}
	return token
}

func (s *tokenServer) list(t testing.TB, as sitetest.As, path string) (list []listedToken) {
	t.Helper()
	w := s.Do("GET", path, as, "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 {
		t.Fatal(w)
	}
	return list
}

const ci = `{"name":"ci","scopes":["notes:read"],"expires_in":3600}`

func TestTheLifeOfAnAccessToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		if w := s.Do("GET", "/tokens", alice, ""); w.Code != 200 || w.Body.String() != "[]" {
			t.Error(w)
		}
		w := s.Do("POST", "/tokens", alice, `{"name":" ci ","scopes":["*"],"expires_in":3600,"idle_timeout":600}`)
		token := made(t, w)
		if w.Code != 201 || w.Header().Get("Cache-Control") != "no-store" || token.Name != "ci" || *token.IdleTimeout != 600 ||
			token.Status != "active" || time.Until(*token.Expires) > time.Hour || token.LastUsed != nil {
			t.Errorf("%s, %v", w, w.Header())
		}
		if got := s.Get("/me", sitetest.Bearer(token.Token)); got != "200 alice" {
			t.Error(got)
		}
		w = s.Do("GET", "/tokens", alice, "")
		if w.Header().Get("Cache-Control") != "no-store" ||
			strings.Contains(w.Body.String(), token.Token) || strings.Contains(w.Body.String(), "sha256") {
			t.Errorf("%s, %v", w, w.Header())
		}
		if list := s.list(t, alice, "/tokens"); len(list) != 1 || list[0].ID != token.ID || !list[0].Created.Equal(token.Created) {
			t.Errorf("%+v", list)
		}
		w = s.Do("POST", "/tokens/"+token.ID+"/rotate", alice, "")
		rotated := made(t, w)
		if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" ||
			rotated.ID != token.ID || !rotated.Expires.Equal(*token.Expires) || rotated.Rotated == nil {
			t.Error(w)
		}
		again := made(t, s.Do("POST", "/tokens/"+token.ID+"/rotate", alice, `{"expires_in":"never"}`))
		if again.Expires != nil {
			t.Errorf("%+v", again)
		}
		for secret, want := range map[string]int{token.Token: 401, rotated.Token: 401, again.Token: 200} {
			if w := s.Do("GET", "/me", sitetest.Bearer(secret), ""); w.Code != want {
				t.Errorf("%s, want %d", w, want)
			}
		}
		for range 2 {
			if w := s.Do("DELETE", "/tokens/"+token.ID, alice, ""); w.Code != 204 || w.Body.Len() > 0 {
				t.Error(w)
			}
		}
		if w := s.Do("GET", "/me", sitetest.Bearer(again.Token), ""); w.Code != 401 {
			t.Error(w)
		}
		if w := s.Do("POST", "/tokens/"+token.ID+"/rotate", alice, ""); w.Code != 409 || w.Body.String() != `{"detail":"The token has ended."}` {
			t.Error(w)
		}
		first := made(t, s.Do("POST", "/tokens", alice, ci))
		second := made(t, s.Do("POST", "/tokens", bob, `{"name":"b","scopes":["*"],"expires_in":9}`))
		if w := s.Do("DELETE", "/tokens", alice, ""); w.Code != 204 {
			t.Error(w)
		}
		if w := s.Do("GET", "/me", sitetest.Bearer(second.Token), ""); w.Code != 200 {
			t.Errorf("another's token: %s", w)
		}
		if _, _, err := s.tokens.Verify(t.Context(), first.Token); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

// TestAccessTokenRoutes checks the answers to each kind of client.
func TestAccessTokenRoutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		alices := made(t, s.Do("POST", "/tokens", alice, `{"name":"laptop","scopes":["*"],"expires_in":"never"}`))
		limited := sitetest.Bearer(made(t, s.Do("POST", "/tokens", alice, ci)).Token)
		anonymous := sitetest.Anonymous
		const insufficient = `403 {"detail":"The token does not have the scope that this needs."}`
		const none = `401 {"detail":"Authentication credentials were not provided."}`
		const notFound = `404 {"detail":"Not found."}`
		for _, row := range []struct {
			method, path string
			as           sitetest.As
			body, want   string
		}{
			{"GET", "/tokens", anonymous, "", none},
			{"POST", "/tokens", anonymous, ci, none},
			{"DELETE", "/tokens", anonymous, "", none},
			{"DELETE", "/tokens/" + alices.ID, anonymous, "", none},
			{"POST", "/tokens/" + alices.ID + "/rotate", anonymous, "", none},
			{"GET", "/tokens", limited, "", insufficient},
			{"POST", "/tokens", limited, ci, insufficient},
			{"DELETE", "/tokens/" + alices.ID, limited, "", insufficient},
			{"POST", "/tokens/" + alices.ID + "/rotate", limited, "", insufficient},
			{"GET", "/scoped/", limited, "", insufficient},
			{"GET", "/tokens", bob, "", "200 []"},
			{"DELETE", "/tokens/" + alices.ID, bob, "", notFound},
			{"POST", "/tokens/" + alices.ID + "/rotate", bob, "", notFound},
			{"DELETE", "/tokens/nonesuch", alice, "", notFound},
			{"DELETE", "/tokens/" + strings.Repeat("x", 12), alice, "", notFound},
			{"DELETE", "/tokens/%00%00%00%00%00%00%00%00%00%00%00%00", alice, "", notFound},
			{"POST", "/tokens/nonesuch/rotate", alice, "", notFound},
			{"PUT", "/tokens", alice, "", `405 {"detail":"Method \"PUT\" not allowed."}`},
			{"GET", "/tokens/" + alices.ID, alice, "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"GET", "/tokens/" + alices.ID + "/rotate", alice, "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"POST", "/tokens", bob, ci, `400 {"scopes":["You do not have the permissions of \"notes:read\" yourself."]}`},
			{"POST", "/tokens/" + alices.ID + "/rotate", alice, `{"scopes":["*"]}`, `400 {"scopes":["This field is not known here."]}`},
		} {
			if w := s.Do(row.method, row.path, row.as, row.body); w.String() != row.want {
				t.Errorf("%s %s, %.40s, %.80s:\n got %s\nwant %s", row.method, row.path, row.as, row.body, w, row.want)
			}
		}
		form := alice.With("Content-Type: application/x-www-form-urlencoded")
		if w := s.Do("POST", "/tokens", form, "name=x&scopes=*&expires_in=never"); w.Code != 415 {
			t.Errorf("a form: %s", w)
		}
		if w := s.Do("OPTIONS", "/tokens", alice, ""); w.Code != 200 || w.Header().Get("Allow") != "GET, POST, DELETE, OPTIONS" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if n := len(s.list(t, alice, "/tokens")); n != 2 {
			t.Errorf("%d tokens", n)
		}
	})
}

// TestBodiesOfNewAccessTokens checks the answers to malformed bodies, and to
// members that do not fit alice.
func TestBodiesOfNewAccessTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		with := func(member string) string { return ci[:len(ci)-1] + "," + member + "}" }
		const (
			notNumber = `400 {"expires_in":["A number of seconds is required, or \"never\"."]}`
			tooSmall  = `400 {"expires_in":["Ensure this value is greater than or equal to 1."]}`
			unknown   = `400 {"%s":["This field is not known here."]}`
		)
		for _, row := range []struct{ body, want string }{
			{`{nope`, `400 {"detail":"JSON parse error - invalid character 'n' looking for beginning of object key string"}`},
			{`[]`, `400 {"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
			{"", `400 {"expires_in":["This field is required."],"name":["This field is required."],"scopes":["This field is required."]}`},
			{`{"name":"","scopes":[],"expires_in":1}`, `400 {"name":["This field may not be blank."]}`},
			{`{"name":"x","scopes":[],"expires_in":1}`, `400 {"scopes":["This list may not be empty."]}`},
			{`{"name":"x","scopes":"*","expires_in":1}`, `400 {"scopes":["Expected a list of strings."]}`},
			{`{"name":"x","scopes":null,"expires_in":1}`, `400 {"scopes":["Expected a list of strings."]}`},
			{`{"name":"x","scopes":[null],"expires_in":1}`, `400 {"scopes":["\"\" is not a valid choice."]}`},
			{`{"name":"x","scopes":["nonesuch"],"expires_in":1}`, `400 {"scopes":["\"nonesuch\" is not a valid choice."]}`},
			{`{"name":"x","scopes":["notes:write"],"expires_in":1}`,
				`400 {"scopes":["You do not have the permissions of \"notes:write\" yourself."]}`},
			{`{"name":"x","scopes":["*"],"expires_in":null}`, notNumber},
			{`{"name":"x","scopes":["*"],"expires_in":"Never"}`, notNumber},
			{`{"name":"x","scopes":["*"],"expires_in":1e3}`, notNumber},
			{`{"name":"x","scopes":["*"],"expires_in":0}`, tooSmall},
			{`{"name":"x","scopes":["*"],"expires_in":-5}`, tooSmall},
			{`{"name":"x","scopes":["*"],"expires_in":9223372036854775807}`,
				`400 {"expires_in":["Ensure this value is less than or equal to 3153600000."]}`},
			{`{"name":"x","scopes":["*"],"expires_in":99999999999999999999}`, notNumber},
			{with(`"idle_timeout":1`), `400 {"idle_timeout":["Ensure this value is at least 300 seconds."]}`},
			{with(`"idle_timeout":"never"`), `400 {"idle_timeout":["A valid integer is required."]}`},
			{with(`"user":"bob"`), fmt.Sprintf(unknown, "user")},
			{with(`"user_id":2`), fmt.Sprintf(unknown, "user_id")},
			{with(`"owner":2`), fmt.Sprintf(unknown, "owner")},
			{with(`"service":"x"`), fmt.Sprintf(unknown, "service")},
			{with(`"id":"x"`), fmt.Sprintf(unknown, "id")},
			{with(`"Scopes":["*"]`), fmt.Sprintf(unknown, "Scopes")},
			{strings.Repeat(" ", 65<<10), `413 {"detail":"Request body too large."}`},
		} {
			if w := s.Do("POST", "/tokens", alice, row.body); w.String() != row.want {
				t.Errorf("%.80s:\n got %s\nwant %s", row.body, w, row.want)
			}
		}
		if n := len(s.list(t, alice, "/tokens")); n != 0 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestTheLimitOfTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		var last madeToken
		for range 20 {
			last = made(t, s.Do("POST", "/tokens", alice, ci))
		}
		const full = `400 {"non_field_errors":["You have 20 access tokens; revoke one that you do not need."]}`
		if w := s.Do("POST", "/tokens", alice, ci); w.String() != full {
			t.Error(w)
		}
		if w := s.Do("DELETE", "/tokens/"+last.ID, alice, ""); w.Code != 204 {
			t.Error(w)
		}
		made(t, s.Do("POST", "/tokens", alice, ci))
	})
}

// TestASessionNeedsACSRFTokenToMakeOne checks that creating a token needs a
// CSRF token, as every other unsafe request of a session does.
func TestASessionNeedsACSRFTokenToMakeOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		w := s.Do("POST", "/session/login", sitetest.Anonymous, aliceLogin)
		visitor := sitetest.As{"Cookie: sessionid=" + w.Cookie("sessionid"), "Cookie: csrftoken=" + w.Cookie("csrftoken")}
		for method, path := range map[string]string{"POST": "/tokens", "DELETE": "/tokens"} {
			w := s.Do(method, path, visitor, ci)
			if w.Code != 403 || !strings.Contains(w.Body.String(), "CSRF") {
				t.Errorf("%s: %s", method, w)
			}
		}
		if w := s.Do("GET", "/tokens", visitor, ""); w.Code != 200 {
			t.Error(w)
		}
	})
}
