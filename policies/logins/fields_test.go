package logins_test

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

// TestLoginFieldsShareTheBrake checks that all the names of an account are
// counted as one: guesses by one name are guesses by the others, and a login by
// one makes the user known by the others. Each row starts anew.
func TestLoginFieldsShareTheBrake(t *testing.T) {
	names := []string{"alice", "ALICE", "alice@example.com", "Alice@EXAMPLE.com", "ａｌｉｃｅ@example.com"}
	for _, guessed := range names {
		for _, tried := range names {
			w := newFieldsWorld(t)
			for range 5 {
				w.expect("401", "198.51.100.1", guessed, "wrong")
			}
			w.expect("429 after 1", "198.51.100.1", tried, "porridge")
			w.expect("200", "198.51.100.1", "bob", "porridge") // another account
			w.expect("200", "198.51.100.2", tried, "porridge") // another network
		}
	}
}

// TestLoginFieldsMakeOneUserKnown checks that a user who has logged in by one
// name is known by the others, where strangers no longer get in.
func TestLoginFieldsMakeOneUserKnown(t *testing.T) {
	w := newFieldsWorld(t)
	w.expect("200", "198.51.100.1", "alice@example.com", "porridge")
	for i := range 4 { // four networks, to fill the account's gate of 20
		for range 5 {
			w.expect("401", []string{"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"}[i], "ALICE", "wrong")
		}
	}
	for _, name := range []string{"alice", "ALICE", "Alice@Example.com"} {
		w.expect("200", "198.51.100.1", name, "porridge")
	}
	if got := w.login("203.0.113.5", "alice", "porridge"); got == "200" {
		t.Error("the gate of the account is open")
	}
}

// newFieldsWorld returns a world of the users alice and bob, who log in by name
// or address.
func newFieldsWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.Open(t, dbtest.SQLite(t)), now: time.Now()}
	w.store = loginstore.NewMemoryStore(0, 0, func() time.Time { return w.now })
	people.Configure(t, w.db, logins.Limits{Store: w.store}, models.LoginFields{"username", "email"})
	if err := models.Migrate(w.db); err != nil {
		t.Fatal(err)
	}
	for _, user := range []*models.User{{Username: "alice", Email: "alice@example.com"}, {Username: "bob", Email: "bob@example.com"}} {
		if err := models.CreateUser(t.Context(), w.db, user, "porridge"); err != nil {
			t.Fatal(err)
		}
	}
	w.engine = site(w.db)
	return w
}
