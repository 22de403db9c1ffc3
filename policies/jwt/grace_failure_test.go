package jwt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestDatabaseGoesAway lets the database go away after each step of every
// operation on families. The answer is 503, nothing is left half done, no event
// is raised, and the next attempt succeeds. If only the answer of the last step
// was lost, that step has been done, and a client that tries again continues
// with its result.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := withOutages(t, url)
		s := newStage(t, db, func(c *jwt.Config) { c.UpdateLastLogin = true })
		fresh := func() string { return logIn(s, "/pair", "alice").Refresh }
		djangos := 0
		for _, row := range []struct {
			name, path string
			token      func() string
			status     int
			events     int
		}{
			{"login", "/pair", fresh, 200, 0},
			{"first use", "/refresh", fresh, 200, 0},
			{"first use of Django's", "/refresh", func() string {
				djangos++
				return signed(hs256, strings.Replace(claims(fmt.Sprintf(`jti:"django %d"`, djangos)), `"access"`, `"refresh"`, 1))
			}, 200, 0},
			{"replay", "/refresh", s.used(0), 200, 0},
			{"logout", "/blacklist", fresh, 200, 0},
			{"logout with a used one", "/blacklist", s.used(0), 200, 0},
			{"verify", "/verify", func() string { return logIn(s, "/pair", "alice").Access }, 200, 0},
			{"reuse", "/refresh", s.used(2 * grace), 401, 1},
			{"logout with one that is reused", "/blacklist", s.used(2 * grace), 401, 1},
		} {
			for _, unanswered := range []bool{false, true} {
				s.events = nil
				token := row.token()
				what := fmt.Sprintf("%s, unanswered %v", row.name, unanswered)
				a := s.goesAway(t, outage, what, unanswered, func() answer { return s.send(row.path, token) })
				if unanswered && row.status == 401 { // the client does not learn what has been done
					if s.raised() > 0 || a.status != 401 {
						t.Errorf("%s, in the end: %d %s, events %v", what, a.status, a.body, s.events)
					}
					continue
				}
				if unanswered && row.path == "/blacklist" { // the logout has been done
					row.status = 401
				}
				if a.status != row.status || s.raised() != row.events {
					t.Errorf("%s, in the end: %d %s, events %v", what, a.status, a.body, s.events)
				}
			}
		}
	})
}

// goesAway makes the database go away after each number of steps in turn, until
// the request needs no more steps, or has been done without an answer. It
// returns the answer to the last attempt.
func (s *stage) goesAway(t *testing.T, outage *dbtest.Outage, what string, unanswered bool, send func() answer) answer {
	t.Helper()
	for n := 0; ; n++ {
		before := dump(t, s.db)
		outage.Begin(n, unanswered)
		a := send()
		if !outage.End() {
			if n < 3 {
				t.Errorf("%s: %d steps", what, n)
			}
			return a
		}
		if a.status != 503 || a.Access != "" || a.Refresh != "" || strings.Contains(a.body, "went away") || s.raised() > 0 {
			t.Errorf("%s, after %d steps: %d %s, events %v", what, n, a.status, a.body, s.events)
		}
		after := dump(t, s.db)
		switch {
		case after == before:
			continue
		case !unanswered:
			t.Fatalf("%s, after %d steps: half done:\n%s\nbefore:\n%s", what, n, after, before)
		}
		a = send()
		if again := dump(t, s.db); again != after && !strings.HasPrefix(what, "login") {
			t.Errorf("%s, after %d steps, done twice:\n%s\nonce:\n%s", what, n, again, after)
		}
		return a
	}
}

// used returns a function that makes a token that was used that long ago.
func (s *stage) used(ago time.Duration) func() string {
	return func() string {
		token := logIn(s, "/pair", "alice").Refresh
		s.good("the first use", token)
		s.wait(ago)
		return token
	}
}

// send sends a token to an endpoint, or logs in.
func (s *stage) send(path, token string) answer {
	switch path {
	case "/pair", "/sliding":
		return logIn(s, path, "alice")
	case "/verify", "/sliding/refresh":
		return post(s, path, "token", token)
	}
	return post(s, path, "refresh", token)
}

// withOutages is migrated on a database that can go away.
func withOutages(t *testing.T, url string) (*gorm.DB, *dbtest.Outage) {
	t.Helper()
	migrated(t, dbtest.Open(t, url))
	db, outage := dbtest.WithOutage(t, url)
	db.Logger = logger.Discard // discards reports of statements that fail and are slow on purpose
	people.Configure(t, db)
	return db, outage
}

// dump returns the contents of the tables of tokens.
func dump(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var all []any
	for _, table := range []string{
		"token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken", "ginauth_token_family", "ginauth_refresh_token",
	} {
		var rows []map[string]any
		if err := db.Table(table).Order("1").Find(&rows).Error; err != nil {
			t.Fatal(err)
		}
		all = append(all, rows)
	}
	var login any
	if err := db.Raw("SELECT last_login FROM auth_user WHERE id = 3").Row().Scan(&login); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(append(all, login))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
