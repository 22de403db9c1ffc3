package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/policies/jwt"
)

// theirs is an answer of real simplejwt.
type theirs struct{ Refresh, Access, Token, User, Error string }

// simpleJWT passes commands, each with a value, to real simplejwt on a
// database.
func simpleJWT(t *testing.T, url string, commands ...string) []theirs {
	t.Helper()
	return simpleJWTOf(t, url, "auth.User", map[string]any{}, commands...)
}

// simpleJWTOf is simpleJWT with another model of users, and with settings.
func simpleJWTOf(t *testing.T, url, model string, settings map[string]any, commands ...string) (answers []theirs) {
	t.Helper()
	out := djangotest.Run(t, "", "testdata/simplejwt.py", append([]string{url, model, string(must(json.Marshal(settings)))}, commands...)...)
	if err := json.Unmarshal([]byte(out), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestSimpleJWT checks that tokens made on either side are valid on the other,
// and that revoking them on either side works on the other.
func TestSimpleJWT(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt", "psycopg2")
	url := dbtest.Postgres(t)
	db := dbtest.Open(t, url)
	load(t, db)
	config := rotating()
	config.Issuer, config.Audience, config.AccessLifetime = "https://issuer.test", []string{"here", "there"}, 7*time.Minute
	config.Accept = []jwt.Type{jwt.Access, jwt.Sliding}
	h := newServer(t, db, config)

	made := simpleJWT(t, url, "pair", "alice", "pair", "alice", "sliding", "alice", "pair", "carol")
	used, revokedThere, slidingThere, inactive := made[0], made[1], made[2], made[3]
	for _, token := range []string{used.Access, slidingThere.Token} {
		if status, who := me(h, token); status != 200 || who != "3" {
			t.Errorf("a token of simplejwt: %d %s", status, who)
		}
	}
	next := post(h, "/refresh", "refresh", used.Refresh)
	if c := payload(t, next.Access); next.status != 200 || c["tenant"] != "théâtre" || payload(t, next.Refresh)["tenant"] != "théâtre" {
		t.Fatalf("refreshed here: %d %s", next.status, next.body)
	}
	if a := post(h, "/refresh", "refresh", inactive.Refresh); a.status != 401 || a.Code != "" || a.Access != "" {
		t.Errorf("an inactive user's: %d %s", a.status, a.body)
	}
	renewed := post(h, "/sliding/refresh", "token", slidingThere.Token)
	ours, slidingHere := logIn(h, "/pair", "alice"), logIn(h, "/sliding", "alice")
	revokedHere := logIn(h, "/pair", "alice")
	if a := post(h, "/blacklist", "refresh", revokedHere.Refresh); a.status != 200 {
		t.Fatal(a.body)
	}
	const blacklisted = "Token is blacklisted"
	commands := []struct{ command, token, failure string }{
		{"refresh", used.Refresh, blacklisted},
		{"verify", used.Refresh, blacklisted},
		{"refresh", revokedHere.Refresh, blacklisted},
		{"verify", next.Access, ""},
		{"verify", renewed.Token, ""},
		{"verify", ours.Refresh, ""},
		{"user", next.Access, ""},
		{"user", ours.Access, ""},
		{"sliding-refresh", slidingHere.Token, ""},
		{"blacklist", revokedThere.Refresh, ""},
		{"refresh", next.Refresh, ""},
		{"refresh", ours.Refresh, ""},
		{"refresh", ours.Refresh, blacklisted},
	}
	var args []string
	for _, c := range commands {
		args = append(args, c.command, c.token)
	}
	answers := simpleJWT(t, url, args...)
	for i, c := range commands {
		if got := answers[i].Error; (got == "") != (c.failure == "") || !strings.Contains(got, c.failure) {
			t.Errorf("%s there: %q, want %q", c.command, got, c.failure)
		}
		if c.command == "user" && answers[i].User != "alice" {
			t.Errorf("the user there: %+v", answers[i])
		}
	}
	for _, refresh := range []string{revokedThere.Refresh, next.Refresh, ours.Refresh} {
		if a := post(h, "/refresh", "refresh", refresh); a.Detail != blacklisted {
			t.Errorf("revoked there, here: %d %s", a.status, a.body)
		}
	}
	if a := post(h, "/refresh", "refresh", answers[11].Refresh); a.status != 200 {
		t.Errorf("refreshed there, here: %d %s", a.status, a.body)
	}
}

// TestSimpleJWTAndFamilies checks that tokens that simplejwt makes from a
// family's token stay in the family, and that ending the family ends them in
// simplejwt.
func TestSimpleJWTAndFamilies(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt", "psycopg2")
	url := dbtest.Postgres(t)
	s := newStage(t, migrated(t, dbtest.Open(t, url)), func(c *jwt.Config) {
		c.Issuer, c.Audience = "https://issuer.test", []string{"here", "there"}
	})
	const blacklisted = "Token is blacklisted"
	begun := make([]answer, 4)
	for i := range begun {
		begun[i] = logIn(s, "/pair", "alice")
	}
	exchanged, revoked, reused, loggedOut := begun[0], begun[1], begun[2], begun[3]
	used := s.good("used here", revoked.Refresh)
	made := simpleJWT(t, url, "refresh", exchanged.Refresh, "blacklist", used.Refresh, "pair", "alice")
	s.refused("exchanged there", exchanged.Refresh, `{"detail":"Token is blacklisted","code":"token_not_valid"}`)
	s.refused("used here, its successor revoked there", revoked.Refresh, `{"detail":"Token is blacklisted","code":"token_not_valid"}`)
	next := s.good("made there of ours", made[0].Refresh)
	if family := payload(t, exchanged.Refresh)["sid"]; payload(t, next.Refresh)["sid"] != family {
		t.Errorf("in the family %v, want %v", payload(t, next.Refresh)["sid"], family)
	}
	first := s.good("made there", made[2].Refresh)
	if again := s.good("made there, once more", made[2].Refresh); again.Refresh != first.Refresh {
		t.Errorf("another successor: %s", again.body)
	}
	last := s.good("used", reused.Refresh)
	s.wait(2 * grace)
	s.refused("used, and again", reused.Refresh, `{"detail":"Token is blacklisted","code":"token_not_valid"}`)
	if a := post(s, "/blacklist", "refresh", loggedOut.Refresh); a.status != 200 || s.raised() != 1 {
		t.Errorf("logout: %d %s, events %v", a.status, a.body, s.events)
	}
	for i, got := range simpleJWT(t, url, "refresh", last.Refresh, "refresh", loggedOut.Refresh, "verify", reused.Refresh, "refresh", next.Refresh) {
		if want := []string{blacklisted, blacklisted, blacklisted, ""}[i]; (got.Error == "") != (want == "") || !strings.Contains(got.Error, want) {
			t.Errorf("answer %d there: %q, want %q", i, got.Error, want)
		}
	}
}
