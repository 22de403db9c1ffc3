package jwt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
)

// TestSimpleJWTAndPasswords checks that with CHECK_REVOKE_TOKEN each side
// accepts the tokens that the other has made or refreshed, until Django changes
// the password. Before 5.3 simplejwt has no such setting: it accepts all, and
// its own tokens are refused here.
func TestSimpleJWTAndPasswords(t *testing.T) {
	djangotest.Need(t, "rest_framework_simplejwt", "psycopg2")
	checks := djangotest.Since(t, djangotest.ReleasesOf(t).SimpleJWT, "5.3")
	url := dbtest.Postgres(t)
	db := dbtest.Open(t, url)
	load(t, db)
	config := rotating()
	config.Issuer, config.Audience, config.AccessLifetime = "https://issuer.test", []string{"here", "there"}, 7*time.Minute
	config.CheckRevokeToken = true
	h := newServer(t, db, config)
	there := func(commands ...string) []theirs {
		return simpleJWTOf(t, url, "auth.User", map[string]any{"CHECK_REVOKE_TOKEN": true}, commands...)
	}
	ours := logIn(h, "/pair", "alice")
	answers := there("pair", "alice", "user", ours.Access, "refresh", ours.Refresh)
	made, again := answers[0], answers[2]
	if answers[1].User != "alice" || again.Error != "" {
		t.Fatalf("made here, there: %+v", answers)
	}
	access := []string{ours.Access, again.Access}
	if status, body := me(h, made.Access); (status == 200) != checks {
		t.Errorf("made there, here: %d %s", status, body)
	}
	if next := post(h, "/refresh", "refresh", made.Refresh); checks {
		access = append(access, made.Access, next.Access)
	} else if next.status != 401 {
		t.Errorf("without the claim: %d %s", next.status, next.body)
	}
	const changed = "The user's password has been changed."
	see := func(when string, status int, failure string) {
		t.Helper()
		for i, token := range access {
			if got, body := me(h, token); got != status || !strings.Contains(body, failure) {
				t.Errorf("%s, token %d here: %d %s", when, i, got, body)
			}
			if got := there("user", token)[0].Error; (got == "") != (failure == "" || !checks) || checks && !strings.Contains(got, failure) {
				t.Errorf("%s, token %d there: %q", when, i, got)
			}
		}
	}
	see("before", 200, "")
	must(0, db.Exec("UPDATE auth_user SET password = password || 'x' WHERE username = 'alice'").Error) // as Django does
	see("after", 401, changed)
	if next := post(h, "/refresh", "refresh", again.Refresh); next.status != 401 || next.Detail != changed {
		t.Errorf("refreshed there, after: %d %s", next.status, next.body)
	}
}
