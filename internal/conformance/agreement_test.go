package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/ginauthtest"
	"github.com/ginauth/ginauth/internal/testing/agreement"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestAllAgree asks all that tells who may do what about every route of the
// application, as every kind of user: about a note of alice's, one of another
// user's with permissions of its own, one that does not exist, and a key that
// no note can have. Nothing is left out but the reset of the database. What is
// asked of the database is held by TestCorpus on both kinds of it.
func TestAllAgree(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	app := newApplication(db, recordedIterations)
	roles := []ginauthtest.Role{{Name: "anonymous"}}
	for _, name := range strings.Fields("root staff alice bob direct grouped objfull objonly viewer") {
		user, err := app.users.ByUsername(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		roles = append(roles, ginauthtest.Role{Name: name, User: user})
	}
	compared := agreement.Of(t, app.engine, app.auth, roles, pathsOf,
		agreement.Exceptions{Undescribed: ownStatus, Unsure: needsUnknown})
	if t.Logf("%d answers", compared); compared < 100_000 {
		t.Error("too few to be every route")
	}
}

func pathsOf(route ginauth.RouteInfo) (paths []string) {
	if route.Path == "/_oracle/reset" {
		return nil
	}
	path := strings.ReplaceAll(route.Path, ":username", "alice")
	for _, id := range []string{"1", "4", "99", "x"} {
		paths = append(paths, strings.ReplaceAll(path, ":id", id))
	}
	return slices.Compact(paths)
}

// needsUnknown reports whether a class of a route is a Not.
func needsUnknown(route ginauth.RouteInfo) bool {
	return strings.Contains(strings.Join(route.Permissions, " "), "Not(")
}

// ownStatus reports the statuses of the application's own class that returns
// 404, and of those that know the permissions of some methods only.
func ownStatus(route ginauth.RouteInfo, status int) bool {
	names := func(class string) bool { return strings.Contains(strings.Join(route.Permissions, " "), class) }
	switch status {
	case http.StatusNotFound:
		return names("Hide")
	case http.StatusMethodNotAllowed:
		return (names("ModelPermissions") || names("ObjectPermissions")) &&
			(route.Method == http.MethodConnect || route.Method == http.MethodTrace)
	}
	return false
}
