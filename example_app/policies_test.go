package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

// application returns the application, and a role for each kind of client.
func application(t testing.TB, db *gorm.DB) (http.Handler, *ginauth.Auth, []ginauthtest.Role) {
	t.Helper()
	roles := []ginauthtest.Role{{Name: "anonymous"}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Use(ginauthtest.CheapHashes()))
	must(db.Use(models.SecretKeys{secretKey}))
	must(models.Migrate(db))
	must(db.AutoMigrate(&Note{}))
	for _, user := range []*models.User{{Username: "bob"}, {Username: "alice", IsStaff: true}} {
		must(models.CreateUser(t.Context(), db, user, user.Username+"-pw"))
		roles = append(roles, ginauthtest.Role{Name: user.Username, User: user})
	}
	engine, auth, _ := newEngine(db, engineConfig{InsecureCookies: true}, slog.New(slog.DiscardHandler))
	return engine, auth, roles
}

// TestWhoMayDoWhat compares the matrix of routes and roles with the reviewed
// one. alice is staff.
func TestWhoMayDoWhat(t *testing.T) {
	_, auth, roles := application(t, dbtest.Open(t, dbtest.SQLite(t)))
	ginauthtest.Guarded(t, auth)
	got := ginauthtest.Matrix(t, auth, roles...)
	const golden = "testdata/matrix.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || got != string(want) {
		t.Errorf("%v; run the test with -update and look at the difference. Got\n%s", err, got)
	}
}

// TestExplainAgreesWithTheGuard asks both about bob's note, alice's, and one
// that does not exist, on every route and as every role.
func TestExplainAgreesWithTheGuard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, auth, roles := application(t, db)
		for _, role := range roles[1:] {
			if w := ginauthtest.NewClient(t, h).As(role.User).Post("/api/notes", `{"title":"Buy milk"}`); w.Code != http.StatusCreated {
				t.Fatal(w)
			}
		}
		for _, route := range auth.Routes() {
			for _, id := range []string{"1", "2", "3", "x"} {
				for _, role := range roles {
					if route.Method != http.MethodDelete && route.Method != "*" { // a DELETE takes what the others ask about
						agree(t, h, auth, role, route.Method, fill(route.Path, id))
					}
				}
			}
		}
		// The notes are still there: bob may not delete alice's.
		agree(t, h, auth, roles[1], http.MethodDelete, "/api/notes/2")
		agree(t, h, auth, roles[1], http.MethodDelete, "/api/notes/1")
	})
}

func agree(t *testing.T, h http.Handler, auth *ginauth.Auth, role ginauthtest.Role, method, path string) {
	t.Helper()
	client := ginauthtest.NewClient(t, h)
	var id *ginauth.Identity
	if role.User != nil {
		client, id = client.As(role.User), &ginauth.Identity{User: role.User}
	}
	x := auth.Explain(httptest.NewRequest(method, path, nil), id)
	w := client.Do(method, path, nil)
	if w.Refused != (x.Verdict == ginauth.Refused) && w.Code != http.StatusTooManyRequests {
		t.Errorf("%s %s as %s: answered %s, explained as %s", method, path, role.Name, w, x)
	}
}

func FuzzPolicies(f *testing.F) {
	h, auth, roles := application(f, dbtest.Open(f, dbtest.SQLite(f)))
	ginauthtest.Fuzz(f, h, auth, roles...)
}

// fill returns the path of a route about the note with that id.
func fill(path, id string) string { return strings.ReplaceAll(path, ":id", id) }
