package interop_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// TestRevocation tests "log out everywhere" on a database that Django made and
// Migrate has processed. On ginauth's side all credentials end, whichever side
// made them. On Django's side refresh tokens end through the blacklist, and
// sessions when their rows are deleted. What Django writes into the table of
// epochs ends all credentials on ginauth's side too.
func TestRevocation(t *testing.T) {
	t.Parallel()
	url := database(t)
	db := dbtest.Open(t, url)
	dbtest.Fixture(t, db)
	must(t, models.Migrate(db))
	must(t, db.Use(secretKeys))
	p := startBoth(t, db, url)
	revocations := map[string]func(t *testing.T){
		"revoked here":  func(t *testing.T) { must(t, users(t, p).RevokeAll(t.Context(), named(t, p, "bob"))) },
		"revoked there": func(t *testing.T) { p.django.do(t, "revoke_all", "bob") },
	}
	for when, revoke := range revocations {
		// credentials that Django makes in the second of a revocation count as
		// made before it
		time.Sleep(1100 * time.Millisecond)
		sessions, tokens := map[string]*client{}, map[string]map[string]string{}
		for _, s := range p.both() {
			sessions[s.name], tokens[s.name] = logIn(t, s, "bob", "bob-pw"), obtain(t, s, "/jwt/pair", bob)
			sessions[s.name].sees(t, p.here, "bob", "before")
			p.accepts(t, "before", tokens[s.name])
		}
		alices := logIn(t, p.here, "alice", "alice-pw")
		revoke(t)
		for _, s := range p.both() {
			made := when + ", made on " + s.name
			sessions[s.name].sees(t, p.here, nobody, made)
			if got := who(t, p.here, "/m/jwt/auth", "Authorization: Bearer "+tokens[s.name]["access"]); !strings.HasPrefix(got, "Unauthorized") {
				t.Errorf("%s, access token here: %s", made, got)
			}
			if got := post(t, p.here, "/jwt/refresh", "refresh", tokens[s.name]["refresh"]); !strings.HasPrefix(got, "401 ") {
				t.Errorf("%s, refresh token here: %s", made, got)
			}
			if got := post(t, p.there, "/jwt/refresh", "refresh", tokens[s.name]["refresh"]); got != blacklisted {
				t.Errorf("%s, refresh token there: %s", made, got)
			}
		}
		store, err := session.Of(p.db, session.Config{})
		must(t, err)
		_, err = store.DeleteAll(t.Context(), named(t, p, "bob"))
		must(t, err)
		for _, s := range p.both() {
			sessions[s.name].sees(t, p.there, nobody, when+", deleted, made on "+s.name)
			alices.sees(t, s, "alice", when+", another user")
		}
		again := logIn(t, p.here, "bob", "bob-pw")
		p.accepts(t, when+", made afterwards", obtain(t, p.here, "/jwt/pair", bob))
		for _, s := range p.both() {
			again.sees(t, s, "bob", when+", begun afterwards")
		}
	}
}
