package handlers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// tokenServer is an application in which users manage their access tokens at
// /tokens and, with the scope "tokens", at /scoped. alice may view notes.
type tokenServer struct {
	*gin.Engine
	db     *gorm.DB
	tokens *models.AccessTokens
	users  *models.Users
}

func newTokenServer(t testing.TB, db *gorm.DB) *tokenServer {
	t.Helper()
	err := errors.Join(db.Use(cheap), db.Use(models.SecretKeys{secretKey}),
		db.Use(models.Scopes{"notes:read": {"core.view_note"}, "notes:write": {"core.add_note"}, "profile": {}, "tokens": {}}), models.Migrate(db))
	for _, name := range []string{"alice", "bob"} {
		err = errors.Join(err, models.CreateUser(t.Context(), db, &models.User{Username: name}, name+"-pw"))
	}
	for _, statement := range []string{
		`INSERT INTO django_content_type (app_label, model) VALUES ('core', 'note')`,
		`INSERT INTO auth_permission (name, content_type_id, codename) SELECT 'Can', id, 'view_note' FROM django_content_type`,
		`INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE username = 'alice'`,
	} {
		err = errors.Join(err, db.Exec(statement).Error)
	}
	if err != nil {
		t.Fatal(err)
	}
	return serveTokens(t, db)
}

func serveTokens(t testing.TB, db *gorm.DB) *tokenServer {
	t.Helper()
	s := &tokenServer{Engine: gin.New(), db: db}
	_ = s.SetTrustedProxies(nil) // nil is always accepted
	auth := ginauth.New(s.Engine, ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Basic(db), policies.Session(db)),
		ginauth.Logger(slog.New(slog.DiscardHandler)))
	handlers.MountAccessTokens(auth, s.Engine, "/tokens", db, handlers.AccessTokensConfig{Limit: 20})
	handlers.MountAccessTokens(auth, s.Engine, "/scoped/", db, handlers.AccessTokensConfig{Scope: "tokens"})
	handlers.MountSession(auth, s.Engine, "/session", policies.Session(db), handlers.SessionConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}, InsecureWithoutCSRF: true})
	s.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })
	var err error
	if s.tokens, err = models.AccessTokensOf(db); err != nil {
		t.Fatal(err)
	}
	if s.users, err = models.UsersOf(db); err != nil {
		t.Fatal(err)
	}
	return s
}

// as sends a request as a user, by password, or with a token.
func (s *tokenServer) as(who, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(who, "gat1_"):
		r.Header.Set("Authorization", "Bearer "+who)
	case who != "":
		r.SetBasicAuth(who, who+"-pw")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// made returns the answer to a request that creates a token.
func made(t testing.TB, w *httptest.ResponseRecorder) (token handlers.AccessTokenSecret) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil || w.Code/100 != 2 || token.Token == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return token
}

func (s *tokenServer) list(t testing.TB, who, path string) (list []handlers.AccessTokenResponse) {
	t.Helper()
	w := s.as(who, "GET", path, "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return list
}

const ci = `{"name":"ci","scopes":["notes:read"],"expires_in":3600}`

func TestTheLifeOfAnAccessToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		if w := s.as("alice", "GET", "/tokens", ""); w.Code != 200 || w.Body.String() != "[]" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		w := s.as("alice", "POST", "/tokens", `{"name":" ci ","scopes":["*"],"expires_in":3600,"idle_timeout":600}`)
		token := made(t, w)
		if w.Code != 201 || w.Header().Get("Cache-Control") != "no-store" || token.Name != "ci" || *token.IdleTimeout != 600 ||
			token.Status != models.TokenActive || time.Until(*token.Expires) > time.Hour || token.LastUsed != nil {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		if got := s.as(token.Token, "GET", "/me", "").Body.String(); got != "alice" {
			t.Error(got)
		}
		w = s.as("alice", "GET", "/tokens", "")
		if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), token.Token) || strings.Contains(w.Body.String(), "sha256") {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		if list := s.list(t, "alice", "/tokens"); len(list) != 1 || list[0].ID != token.ID || !list[0].Created.Equal(token.Created) {
			t.Errorf("%+v", list)
		}
		w = s.as("alice", "POST", "/tokens/"+token.ID+"/rotate", "")
		rotated := made(t, w)
		if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || rotated.ID != token.ID || !rotated.Expires.Equal(*token.Expires) || rotated.Rotated == nil {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		again := made(t, s.as("alice", "POST", "/tokens/"+token.ID+"/rotate", `{"expires_in":"never"}`))
		if again.Expires != nil {
			t.Errorf("%+v", again)
		}
		for secret, want := range map[string]int{token.Token: 401, rotated.Token: 401, again.Token: 200} {
			if w := s.as(secret, "GET", "/me", ""); w.Code != want {
				t.Errorf("%d %s, want %d", w.Code, w.Body, want)
			}
		}
		for range 2 {
			if w := s.as("alice", "DELETE", "/tokens/"+token.ID, ""); w.Code != 204 || w.Body.Len() > 0 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
		if w := s.as(again.Token, "GET", "/me", ""); w.Code != 401 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := s.as("alice", "POST", "/tokens/"+token.ID+"/rotate", ""); w.Code != 409 || w.Body.String() != `{"detail":"The token has ended."}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		first, second := made(t, s.as("alice", "POST", "/tokens", ci)), made(t, s.as("bob", "POST", "/tokens", `{"name":"b","scopes":["*"],"expires_in":9}`))
		if w := s.as("alice", "DELETE", "/tokens", ""); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := s.as(second.Token, "GET", "/me", ""); w.Code != 200 {
			t.Errorf("another's token: %d %s", w.Code, w.Body)
		}
		if _, _, err := s.tokens.Verify(t.Context(), first.Token); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

// TestAccessTokenRoutes checks the answers to each kind of caller, and to
// malformed bodies.
func TestAccessTokenRoutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		alices := made(t, s.as("alice", "POST", "/tokens", `{"name":"laptop","scopes":["*"],"expires_in":"never"}`))
		limited := made(t, s.as("alice", "POST", "/tokens", ci)).Token
		with := func(member string) string { return ci[:len(ci)-1] + "," + member + "}" }
		const insufficient = `403 {"detail":"The token does not have the scope that this needs."}`
		const none = `401 {"detail":"Authentication credentials were not provided."}`
		const notFound = `404 {"detail":"Not found."}`
		const unknown = `400 {"%s":["This field is not known here."]}`
		for _, row := range []struct{ who, method, path, body, want string }{
			{"", "GET", "/tokens", "", none},
			{"", "POST", "/tokens", ci, none},
			{"", "DELETE", "/tokens", "", none},
			{"", "DELETE", "/tokens/" + alices.ID, "", none},
			{"", "POST", "/tokens/" + alices.ID + "/rotate", "", none},
			{limited, "GET", "/tokens", "", insufficient},
			{limited, "POST", "/tokens", ci, insufficient},
			{limited, "DELETE", "/tokens/" + alices.ID, "", insufficient},
			{limited, "POST", "/tokens/" + alices.ID + "/rotate", "", insufficient},
			{limited, "GET", "/scoped/", "", insufficient},
			{"bob", "GET", "/tokens", "", "200 []"},
			{"bob", "DELETE", "/tokens/" + alices.ID, "", notFound},
			{"bob", "POST", "/tokens/" + alices.ID + "/rotate", "", notFound},
			{"alice", "DELETE", "/tokens/nonesuch", "", notFound},
			{"alice", "DELETE", "/tokens/" + strings.Repeat("x", 12), "", notFound},
			{"alice", "DELETE", "/tokens/%00%00%00%00%00%00%00%00%00%00%00%00", "", notFound},
			{"alice", "POST", "/tokens/nonesuch/rotate", "", notFound},
			{"alice", "PUT", "/tokens", "", `405 {"detail":"Method \"PUT\" not allowed."}`},
			{"alice", "GET", "/tokens/" + alices.ID, "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"alice", "GET", "/tokens/" + alices.ID + "/rotate", "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"alice", "POST", "/tokens", `{nope`, `400 {"detail":"JSON parse error - invalid character 'n' looking for beginning of object key string"}`},
			{"alice", "POST", "/tokens", `[]`, `400 {"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
			{"alice", "POST", "/tokens", "", `400 {"expires_in":["This field is required."],"name":["This field is required."],"scopes":["This field is required."]}`},
			{"alice", "POST", "/tokens", `{"name":"","scopes":[],"expires_in":1}`, `400 {"name":["This field may not be blank."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":[],"expires_in":1}`, `400 {"scopes":["This list may not be empty."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":"*","expires_in":1}`, `400 {"scopes":["Expected a list of strings."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":null,"expires_in":1}`, `400 {"scopes":["Expected a list of strings."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":[null],"expires_in":1}`, `400 {"scopes":["\"\" is not a valid choice."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["nonesuch"],"expires_in":1}`, `400 {"scopes":["\"nonesuch\" is not a valid choice."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["notes:write"],"expires_in":1}`, `400 {"scopes":["You do not have the permissions of \"notes:write\" yourself."]}`},
			{"bob", "POST", "/tokens", ci, `400 {"scopes":["You do not have the permissions of \"notes:read\" yourself."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":null}`, `400 {"expires_in":["A number of seconds is required, or \"never\"."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":"Never"}`, `400 {"expires_in":["A number of seconds is required, or \"never\"."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":1e3}`, `400 {"expires_in":["A number of seconds is required, or \"never\"."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":0}`, `400 {"expires_in":["Ensure this value is greater than or equal to 1."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":-5}`, `400 {"expires_in":["Ensure this value is greater than or equal to 1."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":9223372036854775807}`, `400 {"expires_in":["Ensure this value is less than or equal to 3153600000."]}`},
			{"alice", "POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":99999999999999999999}`, `400 {"expires_in":["A number of seconds is required, or \"never\"."]}`},
			{"alice", "POST", "/tokens", with(`"idle_timeout":1`), `400 {"idle_timeout":["Ensure this value is at least 300 seconds."]}`},
			{"alice", "POST", "/tokens", with(`"idle_timeout":"never"`), `400 {"idle_timeout":["A valid integer is required."]}`},
			{"alice", "POST", "/tokens", with(`"user":"bob"`), fmt.Sprintf(unknown, "user")},
			{"alice", "POST", "/tokens", with(`"user_id":2`), fmt.Sprintf(unknown, "user_id")},
			{"alice", "POST", "/tokens", with(`"owner":2`), fmt.Sprintf(unknown, "owner")},
			{"alice", "POST", "/tokens", with(`"service":"x"`), fmt.Sprintf(unknown, "service")},
			{"alice", "POST", "/tokens", with(`"id":"x"`), fmt.Sprintf(unknown, "id")},
			{"alice", "POST", "/tokens", with(`"Scopes":["*"]`), fmt.Sprintf(unknown, "Scopes")},
			{"alice", "POST", "/tokens/" + alices.ID + "/rotate", `{"scopes":["*"]}`, fmt.Sprintf(unknown, "scopes")},
			{"alice", "POST", "/tokens", strings.Repeat(" ", 65<<10), `413 {"detail":"Request body too large."}`},
		} {
			w := s.as(row.who, row.method, row.path, row.body)
			if got := fmt.Sprint(w.Code, " ", w.Body); got != row.want {
				t.Errorf("%.20s %s %s %.80s:\n got %s\nwant %s", row.who, row.method, row.path, row.body, got, row.want)
			}
		}
		r := httptest.NewRequest("POST", "/tokens", strings.NewReader("name=x&scopes=*&expires_in=never"))
		r.SetBasicAuth("alice", "alice-pw")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 415 {
			t.Errorf("a form: %d", w.Code)
		}
		if w := s.as("alice", "OPTIONS", "/tokens", ""); w.Code != 200 || w.Header().Get("Allow") != "DELETE, GET, OPTIONS, POST" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if n := len(s.list(t, "alice", "/tokens")); n != 2 {
			t.Errorf("%d tokens", n)
		}
	})
}

func TestTheLimitOfTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		var last handlers.AccessTokenSecret
		for range 20 {
			last = made(t, s.as("alice", "POST", "/tokens", ci))
		}
		const full = `400 {"non_field_errors":["You have 20 access tokens; revoke one that you do not need."]}`
		if w := s.as("alice", "POST", "/tokens", ci); fmt.Sprint(w.Code, " ", w.Body) != full {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := s.as("alice", "DELETE", "/tokens/"+last.ID, ""); w.Code != 204 {
			t.Error(w.Code)
		}
		made(t, s.as("alice", "POST", "/tokens", ci))
	})
}

// TestASessionNeedsACSRFTokenToMakeOne checks that creating a token needs a
// CSRF token, as every other unsafe request of a session does.
func TestASessionNeedsACSRFTokenToMakeOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenServer(t, db)
		w := s.as("", "POST", "/session/login", login)
		var cookies []string
		for _, cookie := range w.Result().Cookies() {
			cookies = append(cookies, cookie.Name+"="+cookie.Value)
		}
		for method, path := range map[string]string{"POST": "/tokens", "DELETE": "/tokens"} {
			w := send(s, method, path, ci, "Cookie", strings.Join(cookies, "; "))
			if w.Code != 403 || !strings.Contains(w.Body.String(), "CSRF") {
				t.Errorf("%s: %d %s", method, w.Code, w.Body)
			}
		}
		if w := send(s, "GET", "/tokens", "", "Cookie", strings.Join(cookies, "; ")); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
