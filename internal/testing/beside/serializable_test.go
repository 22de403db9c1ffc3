package beside_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
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
			refresh := s.logIn(t, "/jwt/pair", "refresh")
			sliding := s.logIn(t, "/jwt/sliding", "token")
			outdated, err := password.PBKDF2SHA1{Iterations: 1}.Encode(people.Password("alice"))
			if err != nil {
				t.Fatal(err)
			}
			same := func(r request) func(int) request { return func(int) request { return r } }
			var ends []string // refresh tokens to revoke
			for range n {
				ends = append(ends, s.logIn(t, "/jwt/pair", "refresh"))
			}
			for _, row := range []struct {
				name    string
				request func(i int) request
				before  string // a statement
			}{
				{"extended session", same(request{"GET", "/extended", s.session(t), ""}), ""},
				{"object", same(request{"GET", "/notes/1", credentials["token"], ""}), ""},
				{"session login", same(request{"POST", "/session/login", sitetest.Anonymous, login}), ""},
				{"session login again", same(request{"POST", "/session/login", cookie, login}), ""},
				{"session login with an old hash", same(request{"POST", "/session/login", sitetest.Anonymous, login}),
					"UPDATE auth_user SET password = '" + outdated + "'"},
				{"token", same(request{"POST", "/token", sitetest.Anonymous, login}), "DELETE FROM authtoken_token"},
				{"JWT pair", same(request{"POST", "/jwt/pair", sitetest.Anonymous, login}), ""},
				{"sliding JWT", same(request{"POST", "/jwt/sliding", sitetest.Anonymous, login}), ""},
				{"one refresh", same(request{"POST", "/jwt/refresh", sitetest.Anonymous, `{"refresh":"` + refresh + `"}`}), ""},
				{"sliding refresh", same(request{"POST", "/jwt/sliding/refresh", sitetest.Anonymous, `{"token":"` + sliding + `"}`}), ""},
				{"verify", same(request{"POST", "/jwt/verify", sitetest.Anonymous, `{"token":"` + sliding + `"}`}), ""},
				{"blacklist", func(i int) request {
					return request{"POST", "/jwt/blacklist", sitetest.Anonymous, `{"refresh":"` + ends[i] + `"}`}
				}, ""},
				{"new users", func(i int) request {
					return request{"GET", "/remote", sitetest.As{"X-Remote-User: " + fmt.Sprintf("new-%d", i/8)}, ""}
				}, ""},
				{"access tokens", same(request{"POST", "/tokens", credentials["Basic"], `{"name":"x","scopes":["*"],"expires_in":60}`}), ""},
				{"log out everywhere", same(request{"POST", "/logout-all", credentials["Basic"], ""}), ""},
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
				t.Log(s.Log.String())
			}
		})
	}
}
