package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/internal/testing/agreement"
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

// TestAllAgree asks all that tells who may do what about bob's note, alice's,
// and one that does not exist, on every route and as every role.
func TestAllAgree(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h, auth, roles := application(t, db)
		for _, role := range roles[1:] {
			if w := ginauthtest.NewClient(t, h).As(role.User).Post("/api/notes", `{"title":"Buy milk"}`); w.Code != http.StatusCreated {
				t.Fatal(w)
			}
		}
		agreement.Of(t, h.(*gin.Engine), auth, roles, func(route ginauth.RouteInfo) []string {
			ids := []string{"1", "2", "3", "x"}
			if route.Method == http.MethodDelete || strings.HasSuffix(route.Path, "/delete") {
				ids = ids[2:] // what the other routes and roles ask about must not be deleted
			}
			var paths []string
			for _, id := range ids {
				paths = append(paths, strings.ReplaceAll(route.Path, ":id", id))
			}
			return slices.Compact(paths)
		}, agreement.Exceptions{Rendered: http.StatusSeeOther}) // to the login page
		for id, want := range map[string]int{"1": http.StatusNoContent, "2": http.StatusNotFound} { // bob's and alice's
			path := "/api/notes/" + id
			bob := &ginauth.Identity{User: roles[1].User}
			x := auth.Explain(httptest.NewRequest(http.MethodDelete, path, nil), bob)
			w := ginauthtest.NewClient(t, h).As(bob.User).Do(http.MethodDelete, path, nil)
			if w.Code != want || w.Refused != (x.Verdict == ginauth.Refused) {
				t.Errorf("DELETE %s as bob: answered %s, explained as %s", path, w, x)
			}
		}
	})
}

func FuzzPolicies(f *testing.F) {
	h, auth, roles := application(f, dbtest.Open(f, dbtest.SQLite(f)))
	ginauthtest.Fuzz(f, h, auth, roles...)
}
