package beside_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models/password"
)

// withSetting returns the URL with a PostgreSQL parameter that its connections
// begin with.
func withSetting(rawURL, name, value string) string {
	separator := "?"
	if strings.Contains(rawURL, "?") {
		separator = "&"
	}
	return rawURL + separator + name + "=" + url.PathEscape(value)
}

// TestSerializableByDefault checks a server whose transactions are serializable
// unless they say otherwise: concurrent requests of one user that write are
// answered, and none with 503. Each row says what 64 such requests are sent
// with.
func TestSerializableByDefault(t *testing.T) {
	const n = 64
	for _, isolation := range []string{"serializable", "repeatable read"} {
		t.Run(isolation, func(t *testing.T) {
			u := dbtest.Postgres(t)
			healthy := prepare(t, u)
			db := dbtest.Open(t, withSetting(u, "default_transaction_isolation", isolation))
			var setting string
			if err := db.Raw("SHOW default_transaction_isolation").Scan(&setting).Error; err != nil || setting != isolation {
				t.Fatalf("transactions are %q by default, %v", setting, err)
			}
			s := newSite(t, db)
			credentials := s.credentials(t)
			cookie := s.session(t)
			refresh := s.post(t, "/jwt/pair", login)["refresh"]
			sliding := s.post(t, "/jwt/sliding", login)["token"]
			outdated, err := password.PBKDF2SHA1{Iterations: 1}.Encode(alicesPassword)
			if err != nil {
				t.Fatal(err)
			}
			same := func(r request) func(int) request { return func(int) request { return r } }
			var ends []string // refresh tokens to revoke
			for range n {
				ends = append(ends, s.post(t, "/jwt/pair", login)["refresh"])
			}
			for _, row := range []struct {
				name    string
				request func(i int) request
				before  string // a statement
			}{
				{"extended session", same(request{"GET", "/extended", "", []string{"Cookie", s.session(t)}}), ""},
				{"object", same(request{"GET", "/notes/1", "", credentials["token"]}), ""},
				{"session login", same(request{"POST", "/session/login", login, nil}), ""},
				{"session login again", same(request{"POST", "/session/login", login, []string{"Cookie", cookie}}), ""},
				{"session login with an old hash", same(request{"POST", "/session/login", login, nil}), "UPDATE auth_user SET password = '" + outdated + "'"},
				{"token", same(request{"POST", "/token", login, nil}), "DELETE FROM authtoken_token"},
				{"JWT pair", same(request{"POST", "/jwt/pair", login, nil}), ""},
				{"sliding JWT", same(request{"POST", "/jwt/sliding", login, nil}), ""},
				{"one refresh", same(request{"POST", "/jwt/refresh", `{"refresh":"` + refresh + `"}`, nil}), ""},
				{"sliding refresh", same(request{"POST", "/jwt/sliding/refresh", `{"token":"` + sliding + `"}`, nil}), ""},
				{"verify", same(request{"POST", "/jwt/verify", `{"token":"` + sliding + `"}`, nil}), ""},
				{"blacklist", func(i int) request { return request{"POST", "/jwt/blacklist", `{"refresh":"` + ends[i] + `"}`, nil} }, ""},
				{"new users", func(i int) request {
					return request{"GET", "/remote", "", []string{"X-Remote-User", fmt.Sprintf("new-%d", i/8)}}
				}, ""},
				{"access tokens", same(request{"POST", "/tokens", `{"name":"x","scopes":["*"],"expires_in":60}`, credentials["Basic"]}), ""},
				{"log out everywhere", same(request{"POST", "/logout-all", "", credentials["Basic"]}), ""},
			} {
				if row.before != "" {
					if err := healthy.Exec(row.before).Error; err != nil {
						t.Fatal(err)
					}
				}
				statuses, bad := s.together(n, row.request)
				if statuses[http.StatusOK]+statuses[http.StatusCreated]+statuses[http.StatusNoContent] != n {
					t.Errorf("%s: %v %s", row.name, statuses, bad)
				}
			}
			if t.Failed() {
				t.Log(s.log.String())
			}
		})
	}
}
