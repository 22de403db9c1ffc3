package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// sessionSite is an application on which users see their sessions.
type sessionSite struct {
	*sitetest.Site
	t        *testing.T
	browsers map[string]*browser // by the name that they send
}

func serveUserSessions(t *testing.T, db *gorm.DB) *sessionSite {
	people.Create(t, db, models.Scopes{"notes:read": {}})
	session := policies.Session(db, policies.SessionConfig{RecordUse: true, InsecureCookie: true})
	s := &sessionSite{sitetest.Serve(t, db, ginauth.AuthenticationClasses(session, policies.AccessToken(db))), t, map[string]*browser{}}
	handlers.MountSession(s.Auth, s.Engine, "/session", session, handlers.SessionConfig{Rules: unthrottled.Rules})
	handlers.MountSessionList(s.Auth, s.Engine, "/sessions", session)
	s.Engine.Any("/me", sitetest.Me)
	if findings := s.Auth.Check(); len(findings) > 0 {
		t.Fatal(findings)
	}
	return s
}

// login logs a user in with a browser of that name.
func (s *sessionSite) login(device, name string) {
	s.browsers[device] = newBrowser(s)
	s.as(device, "POST", "/session/login", people.Login(name), true)
}

func (s *sessionSite) as(device, method, path, body string, csrf bool) sitetest.Answer {
	b := s.browsers[device]
	lines := []string{"User-Agent: " + device, "Content-Type: application/json"}
	if csrf {
		b.send("GET", "/session/csrf", "")
		lines = append(lines, "X-CSRFToken: "+b.cookies["csrftoken"])
	}
	return b.send(method, path, body, lines...)
}

// listed returns the devices that a user is told of, the current one in
// brackets, and the id of each.
func (s *sessionSite) listed(answer sitetest.Answer) (devices string, ids map[string]string) {
	s.t.Helper()
	var list []struct {
		ID, Device, Address string
		Current             bool
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &list); err != nil || answer.Code != http.StatusOK {
		s.t.Fatal(answer, err)
	}
	var names []string
	ids = map[string]string{}
	for _, one := range list {
		ids[one.Device] = one.ID
		if one.Address == "" {
			s.t.Error("a session without an address")
		}
		if one.Current {
			one.Device = "[" + one.Device + "]"
		}
		names = append(names, one.Device)
	}
	return strings.Join(names, " "), ids
}

// TestUserSessions follows users who look at their sessions and end some. Each
// row is a request, and the sessions that alice and bob have afterwards.
func TestUserSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := serveUserSessions(t, db)
		for _, device := range []string{"phone", "laptop", "library"} {
			s.login(device, "alice")
		}
		s.login("bobs", "bob")
		_, ids := s.listed(s.as("phone", "GET", "/sessions", "", false))
		_, bobs := s.listed(s.as("bobs", "GET", "/sessions", "", false))
		for _, row := range []struct {
			name, device, method, path string
			csrf                       bool
			want, alices, bobs         string
		}{
			{"another user's", "bobs", "DELETE", "/sessions/" + ids["phone"], true, `404 {"detail":"Not found."}`, "phone laptop library", "bobs"},
			{"an unknown one", "phone", "DELETE", "/sessions/0000000000000000", true, `404 {"detail":"Not found."}`, "phone laptop library", "bobs"},
			{"by its key", "phone", "DELETE", "/sessions/" + s.browsers["laptop"].cookies["sessionid"], true, `404 {"detail":"Not found."}`,
				"phone laptop library", "bobs"},
			{"without CSRF", "phone", "DELETE", "/sessions/" + ids["library"], false,
				`403 {"detail":"CSRF Failed: CSRF token missing."}`, "phone laptop library", "bobs"},
			{"others without CSRF", "phone", "DELETE", "/sessions/others", false,
				`403 {"detail":"CSRF Failed: CSRF token missing."}`, "phone laptop library", "bobs"},
			{"POST", "phone", "POST", "/sessions/others", true, `405 {"detail":"Method \"POST\" not allowed."}`, "phone laptop library", "bobs"},
			{"one", "phone", "DELETE", "/sessions/" + ids["library"], true, "204 ", "phone laptop", "bobs"},
			{"it again", "phone", "DELETE", "/sessions/" + ids["library"], true, `404 {"detail":"Not found."}`, "phone laptop", "bobs"},
			{"by the browser that is out", "library", "DELETE", "/sessions/others", true,
				`403 {"detail":"Authentication credentials were not provided."}`, "phone laptop", "bobs"},
			{"bob's others", "bobs", "DELETE", "/sessions/others", true, "204 ", "phone laptop", "bobs"},
			{"others", "laptop", "DELETE", "/sessions/others", true, "204 ", "laptop", "bobs"},
			{"that of the request", "bobs", "DELETE", "/sessions/" + bobs["bobs"], true, "204 ", "laptop", ""},
		} {
			if got := s.as(row.device, row.method, row.path, "", row.csrf).String(); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
			in := map[string]string{}
			for _, device := range []string{"phone", "laptop", "library", "bobs"} {
				if answer := s.as(device, "GET", "/me", "", false); answer.Code == http.StatusOK {
					who, _ := strings.CutPrefix(answer.String(), "200 ")
					in[who] = strings.TrimSpace(in[who] + " " + device)
				}
			}
			if in["alice"] != row.alices || in["bob"] != row.bobs {
				t.Errorf("after %s: %v are logged in", row.name, in)
			}
		}
		if _, sent := s.browsers["bobs"].cookies["sessionid"]; sent {
			t.Error("the cookie of the session that has ended is left")
		}
		if got, _ := s.listed(s.as("laptop", "GET", "/sessions", "", false)); got != "[laptop]" {
			t.Error(got)
		}
	})
}

// TestUserSessionsByToken checks which other credentials may see and end
// sessions.
func TestUserSessionsByToken(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := serveUserSessions(t, db)
	s.login("phone", "alice")
	all, limited := sitetest.Bearer(s.AccessToken("alice", "*")), sitetest.Bearer(s.AccessToken("alice", "notes:read"))
	for _, row := range []struct {
		method, path string
		as           sitetest.As
		code         int
	}{
		{"GET", "/sessions", nil, 401},
		{"GET", "/sessions", limited, 403},
		{"DELETE", "/sessions/others", limited, 403},
		{"GET", "/sessions", all, 200},
		{"DELETE", "/sessions/others", all, 204},
	} {
		want := row.code
		if want == 401 { // the session, which comes first, has no challenge
			want = 403
		}
		if got := s.Do(row.method, row.path, row.as, ""); got.Code != want {
			t.Errorf("%s %s: %s, want %d", row.method, row.path, got, want)
		}
	}
	if got := s.as("phone", "GET", "/me", "", false); got.Code == http.StatusOK {
		t.Error(got)
	}
}

// TestOthersAreEndedTenTimesAnHour checks the throttle.
func TestOthersAreEndedTenTimesAnHour(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := serveUserSessions(t, db)
	s.login("phone", "alice")
	for i := range 11 {
		want := http.StatusNoContent
		if i == 10 {
			want = http.StatusTooManyRequests
		}
		if got := s.as("phone", "DELETE", "/sessions/others", "", true); got.Code != want {
			t.Errorf("request %d: %s", i, got)
		}
	}
}
