package interop_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
)

// TestOAuth2Lives follows tokens that Django issues, by its endpoints, to their
// end.
func TestOAuth2Lives(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "oauth2_provider", "psycopg2")
	p := newOAuth2Pair(t)
	p.script.Call(t, "migrate", "oauth2_provider")
	p.script.Call(t, "create_application")
	expect := func(when, token, here, there string) {
		t.Helper()
		for site, want := range map[string]string{p.here: here, p.there: there} {
			if got := p.ask(t, site, "/read", "Bearer "+token)[:3]; got != want {
				t.Errorf("%s: %s for %s (here %s): %s, want %s", when, token, site, p.here, got, want)
			}
		}
	}
	post := func(path string, form url.Values) []byte {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.there+path, strings.NewReader(form.Encode()))
		must(t, err)
		r.SetBasicAuth("client", "secret")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w, err := http.DefaultClient.Do(r)
		must(t, err)
		defer w.Body.Close()
		body, err := io.ReadAll(w.Body)
		must(t, err)
		if w.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.StatusCode, body)
		}
		return body
	}
	var issued struct {
		Token string `json:"access_token"`
	}
	must(t, json.Unmarshal(post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}), &issued))
	expect("issued", issued.Token, "200", "200")
	post("/revoke", url.Values{"token": {issued.Token}})
	expect("revoked", issued.Token, "401", "401")

	p.create(t, "alice-1", "alice", "read", 60)
	p.create(t, "bob-1", "bob", "read", 60)
	expect("new", "alice-1", "200", "200")
	users, err := models.UsersOf(p.db)
	must(t, err)
	must(t, users.RevokeAll(t.Context(), people.Named(t, p.db, "alice")))
	expect("logged out everywhere", "alice-1", "401", "200")
	expect("logged out everywhere", "bob-1", "200", "200")
	p.script.Call(t, "revoke_refresh_tokens", "alice")
	expect("logged out everywhere in Django too", "alice-1", "401", "401")
	time.Sleep(1100 * time.Millisecond) // until the second of the revocation is over
	p.create(t, "alice-2", "alice", "read", 60)
	expect("logged in again", "alice-2", "200", "200")
	must(t, users.SetActive(t.Context(), people.Named(t, p.db, "bob"), false))
	expect("deactivated", "bob-1", "401", "200")
}

// TestOAuth2Migrations checks that a token lives through Django's migrations of
// its table, while the server runs.
func TestOAuth2Migrations(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "oauth2_provider", "psycopg2")
	p := newOAuth2Pair(t)
	if got := p.ask(t, p.here, "/read", "Bearer old"); !strings.HasPrefix(got, "503 ") {
		t.Errorf("without the table: %s", got)
	}
	alice := people.Named(t, p.db, "alice").ID
	want := `200 {"user":"alice","client":1,"scopes":["read"]}`
	for _, migration := range []string{"0001", "0004", "zero", "0001", ""} {
		target := []any{"oauth2_provider"}
		if migration != "" {
			target = append(target, migration)
		}
		p.script.Call(t, "migrate", target...)
		if migration == "zero" {
			if got := p.ask(t, p.here, "/read", "Bearer old"); !strings.HasPrefix(got, "503 ") {
				t.Errorf("dropped: %s", got)
			}
			continue
		}
		if migration == "0001" {
			must(t, p.db.Exec(`INSERT INTO oauth2_provider_application (id, client_id, redirect_uris, client_type, authorization_grant_type,
				client_secret, name, skip_authorization, created, updated) VALUES (1, 'c', '', '', '', '', '', false, now(), now())`).Error)
			must(t, p.db.Exec(`INSERT INTO oauth2_provider_accesstoken (token, expires, scope, application_id, user_id, created, updated)
				VALUES ('old', now() + interval '1 hour', 'read', 1, ?, now(), now())`, alice).Error)
		}
		if got := p.ask(t, p.here, "/read", "Bearer old"); got != want {
			t.Errorf("after %s: %s, want %s", migration, got, want)
		}
	}
	if got := p.ask(t, p.there, "/read", "Bearer old"); got != want {
		t.Errorf("Django: %s", got)
	}
}
