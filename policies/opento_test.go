package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestOpenTo checks which routes the route table calls open.
func TestOpenTo(t *testing.T) {
	open, user, read := ginauth.Public("tests"), policies.IsAuthenticated, policies.ReadOnly
	db := dbtest.Open(t, dbtest.SQLite(t))
	objects := policies.ObjectPermissionFunc("objects",
		func(*gin.Context, *ginauth.Identity, *struct{}) (bool, error) { return true, nil })
	methods := []string{"GET", "HEAD", "OPTIONS", "POST", "DELETE", "*"}
	for _, c := range []struct {
		class ginauth.Permission
		want  string // the methods that are open, of those above; after ";" those of routes without objects, if others
	}{
		{open, "GET HEAD OPTIONS POST DELETE *"},
		{policies.AllowAny, "GET HEAD OPTIONS POST DELETE *"},
		{user, ""},
		{policies.IsAdminUser, ""},
		{policies.InGroup("editors"), ""},
		{read, "GET HEAD OPTIONS"},
		{policies.IsAuthenticatedOrReadOnly, "GET HEAD OPTIONS"},
		{policies.IsOwner("owner_id"), ";GET HEAD OPTIONS POST DELETE *"},
		{policies.ModelPermissions[core](db), ""},
		{policies.ModelPermissionsOrAnonReadOnly[core](db), "GET HEAD OPTIONS"},
		{policies.ObjectPermissions[core](db), ""},
		{policies.HasAPIKey(db), ""},
		{policies.OwnerOrReadOnly("owner_id"), "GET HEAD OPTIONS;GET HEAD OPTIONS POST DELETE *"},
		{objects, ";GET HEAD OPTIONS POST DELETE *"},

		{policies.All(open, user), ""},
		{policies.All(open, read), "GET HEAD OPTIONS"},
		{policies.Any(user, open), "GET HEAD OPTIONS POST DELETE *"},
		{policies.Any(user, read), "GET HEAD OPTIONS"},
		{policies.Any(user, policies.InGroup("editors")), ""},
		{policies.Any(user, policies.All(read, open)), "GET HEAD OPTIONS"},
		{policies.Not(user), ""},
		{policies.Not(open), ""},
		{policies.Deny(open, "no", "no"), "GET HEAD OPTIONS POST DELETE *"},
		{policies.Deny(user, "no", "no"), ""},
		{policies.Conceal(read), "GET HEAD OPTIONS"},
		{policies.All(user, objects), ""},
		{policies.All(read, objects), ";GET HEAD OPTIONS"},
		{policies.Any(user, objects), ";GET HEAD OPTIONS POST DELETE *"},
		{policies.Any(read, objects), "GET HEAD OPTIONS;GET HEAD OPTIONS POST DELETE *"},
		{policies.Not(objects), ""},
		{policies.Deny(objects, "no", "no"), ";GET HEAD OPTIONS POST DELETE *"},

		{drf.All(open, user), ""},
		{drf.All(open, read), "GET HEAD OPTIONS"},
		{drf.Any(user, open), "GET HEAD OPTIONS POST DELETE *"},
		{drf.Any(user, user), ""},
		{drf.All(read, objects), ";GET HEAD OPTIONS"},
		{drf.Any(user, objects), ";GET HEAD OPTIONS POST DELETE *"},
		{drf.Not(user), ""},
	} {
		with, without, differ := strings.Cut(c.want, ";")
		if !differ {
			without = with
		}
		if got := openTo(c.class, ginauth.ObjectsInHandler(), methods); got != with {
			t.Errorf("%s is open to %q, want %q", ginauth.Name(c.class), got, with)
		}
		if got := openTo(c.class, ginauth.NoObject(), methods); got != without {
			t.Errorf("%s, without an object, is open to %q, want %q", ginauth.Name(c.class), got, without)
		}
	}
}

// openTo returns the methods that are open in the route table. "*" stands for
// requests that match no route.
func openTo(p ginauth.Permission, objects ginauth.Rule, methods []string) string {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.PermissionClasses(p), objects)
	auth.NoRoute(ginauth.PermissionClasses(p))
	engine.NoRoute(func(*gin.Context) {})
	for _, method := range methods {
		if method != "*" {
			engine.Handle(method, "/", func(*gin.Context) {})
		}
	}
	open := map[string]bool{}
	for _, route := range auth.Routes() {
		open[route.Method] = route.Open
	}
	var all []string
	for _, method := range methods {
		if open[method] {
			all = append(all, method)
		}
	}
	return strings.Join(all, " ")
}

// TestRulesAboutObjectsOpenRoutesWithoutOne checks that a route is listed as
// open, and described as one that needs no credentials, if all its rules are
// about objects and it declares NoObject.
func TestRulesAboutObjectsOpenRoutesWithoutOne(t *testing.T) {
	owners := ginauth.PermissionClasses(policies.IsOwner("owner_id"))
	engine := gin.New()
	auth := ginauth.New(engine)
	for _, row := range []struct {
		rules []ginauth.Rule
		open  bool
		found string // by Check
	}{
		{[]ginauth.Rule{owners, ginauth.NoObject()}, true, ""},
		{[]ginauth.Rule{owners, ginauth.ObjectsInHandler()}, false, "IsOwner(owner_id) refuses every request about an object: the route has no authentication classes"},
		{[]ginauth.Rule{ginauth.PermissionClasses(policies.IsOwner("owner_id"), policies.IsAuthenticated), ginauth.NoObject()},
			false, "IsAuthenticated refuses every request: the route has no authentication classes"},
	} {
		path := fmt.Sprintf("/%d", len(engine.Routes()))
		auth.With(engine, row.rules[0], row.rules[1]).POST(path, func(*gin.Context) {})
		described := auth.Describe()[len(engine.Routes())-1]
		anonymous := slices.ContainsFunc(described.Alternatives, func(a ginauth.Alternative) bool { return len(a.Credentials) == 0 && !a.Conditional })
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		if described.Open != row.open || anonymous != row.open || row.open && w.Code != http.StatusOK {
			t.Errorf("%s: open %v, described as %+v, answered %d", path, described.Open, described.Alternatives, w.Code)
		}
		var found []string
		for _, f := range auth.Check() {
			if f.Path == path {
				found = append(found, f.Message)
			}
		}
		if got := strings.Join(found, " "); !strings.HasPrefix(got, row.found) || (got == "") != (row.found == "") {
			t.Errorf("%s: found %q, want %q", path, got, row.found)
		}
	}
}
