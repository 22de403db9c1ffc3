package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// plain is a class of an application that knows its user model only.
var plain = policies.PermissionFunc("Plain", func(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(*models.User)
	return ok && user.Username == "alice", nil
})

// careless panics about other users.
var careless = policies.PermissionFunc("Careless", func(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	return !id.Authenticated() || id.User.(*models.User).Username == "alice", nil
})

var broken = policies.PermissionFunc("Broken", func(*gin.Context, *ginauth.Identity) (bool, error) {
	return false, errors.New("the class is broken")
})

// TestPolicyMatrix checks the verdicts about anonymous clients, users, staff and
// superusers, and that they are right about the users of a database.
func TestPolicyMatrix(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.Scopes{"notes:read": {"core.view_note"}})
		people.Join(t, db, "alice", "editors")
		people.Permit(t, db, "bob", "core.view_note")
		names := []string{"alice", "bob", "staff", "root"}
		var roles []handlers.PoliciesRole
		for _, name := range names {
			roles = append(roles, handlers.PoliciesRole{Name: name, Identity: func(context.Context) (*ginauth.Identity, error) {
				return &ginauth.Identity{User: people.Named(t, db, name)}, nil
			}})
		}
		s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
		handlers.MountPolicies(s.Auth, s.Engine, "/-/policies", handlers.PoliciesConfig{Roles: roles})
		group, perm, scope, factor := policies.InGroup("editors"), policies.HasPerm("core.view_note"), policies.HasScope("notes:read"), policies.HasFactor("otp")
		admin, member, owner := policies.IsAdminUser, policies.IsAuthenticated, policies.IsOwner("owner_id")
		const no = "no 403"
		rows := []struct {
			permission             ginauth.Permission
			anonymous              string
			user, staff, superuser string
		}{
			{policies.AllowAny, "yes", "yes", "yes", "yes"},
			{ginauth.Public("x"), "yes", "yes", "yes", "yes"},
			{member, "no 401", "yes", "yes", "yes"},
			{policies.Not(member), "yes", no, no, no},
			{admin, "no 401", no, "yes", "yes"},
			{policies.Not(admin), "yes", "yes", no, no},
			{policies.ReadOnly, "yes", "yes", "yes", "yes"},
			{policies.Not(policies.ReadOnly), "no 401", no, no, no},
			{group, "no 401", "depends on group editors", "depends on group editors", "depends on group editors"},
			{policies.Not(group), "yes", "depends on group editors", "depends on group editors", "depends on group editors"},
			{perm, "no 401", "depends on permission core.view_note", "depends on permission core.view_note", "yes"},
			{policies.Not(perm), "yes", "depends on permission core.view_note", "depends on permission core.view_note", no},
			{scope, "no 401", "depends on scope notes:read", "depends on scope notes:read", "yes"},
			{policies.ModelPermissions[note](db, policies.ViewPermsMap()), "no 401",
				"depends on permission core.view_note", "depends on permission core.view_note", "yes"},
			{policies.Any(admin, group), "no 401", "depends on group editors", "yes", "yes"},
			{policies.Any(group, member), "no 401", "yes", "yes", "yes"},
			{policies.All(admin, group), "no 401", no, "depends on group editors", "depends on group editors"},
			{policies.All(group, admin), "no 401", no, "depends on group editors", "depends on group editors"},
			{policies.All(group, policies.Not(group)), "no 401", no, no, no},
			{policies.Any(group, policies.Not(group)), "yes", "yes", "yes", "yes"},
			{policies.All(group, policies.Not(perm)), "no 401", "depends on group editors, permission core.view_note",
				"depends on group editors, permission core.view_note", no},
			{policies.Deny(admin, "Only for the staff.", "not_staff"), "no 401", no, "yes", "yes"},
			{policies.Conceal(group), "no 404", "depends on group editors", "depends on group editors", "depends on group editors"},
			{owner, "depends on the object", "depends on the object", "depends on the object", "depends on the object"},
			{policies.All(admin, owner), "no 401", no, "depends on the object", "depends on the object"},
			{policies.All(group, owner), "no 401", "depends on group editors, the object", "depends on group editors, the object",
				"depends on group editors, the object"},
			{factor, "no 401", "depends on HasFactor(otp)", "depends on HasFactor(otp)", "depends on HasFactor(otp)"},
			{policies.All(admin, factor), "no 401", "depends on HasFactor(otp)", "depends on HasFactor(otp)", "depends on HasFactor(otp)"},
			{policies.HasRole("admin"), "no 401", "depends on HasRole(admin)", "depends on HasRole(admin)", "depends on HasRole(admin)"},
			{plain, "no 401", "depends on Plain", "depends on Plain", "depends on Plain"},
			{policies.Any(admin, plain), "no 401", "depends on Plain", "yes", "yes"},
			{policies.Not(policies.Not(plain)), "no 401", "depends on Plain", "depends on Plain", "depends on Plain"},
			{careless, "yes", "depends on a class that fails without a user", "depends on a class that fails without a user",
				"depends on a class that fails without a user"},
			{broken, "failed", "depends on Broken", "depends on Broken", "depends on Broken"},
		}
		for i, row := range rows {
			s.Auth.With(s.Engine, ginauth.PermissionClasses(row.permission), ginauth.ObjectsInHandler()).GET(fmt.Sprintf("/%d", i), sitetest.Me)
		}
		s.Auth.With(s.Engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(member)).GET("/blind", sitetest.Me)
		s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly)).Match([]string{"GET", "POST"}, "/mixed", sitetest.Me)
		matrix := matrixOf(page(t, s, nil))
		for i, row := range rows {
			got := matrix[fmt.Sprintf("GET /%d", i)]
			if want := []string{row.anonymous, row.user, row.staff, row.superuser}; len(got) != len(want)+len(names) || !slices.Equal(got[:4], want) {
				t.Errorf("%s: %q, want %q", ginauth.Name(row.permission), got, want)
				continue
			}
			for j, kind := range []string{row.user, row.user, row.staff, row.superuser} {
				verdict, _, _ := strings.Cut(got[4+j], " ")
				claim, _, _ := strings.Cut(kind, " ")
				if verdict != claim && claim != "depends" && !(claim == "yes" && verdict == "depends") {
					t.Errorf("%s: the kind of %s has %q, but %s has %q", ginauth.Name(row.permission), names[j], kind, names[j], got[4+j])
				}
				agreesWithTheGuard(t, s, fmt.Sprintf("/%d", i), names[j], got[4+j])
			}
			agreesWithTheGuard(t, s, fmt.Sprintf("/%d", i), "", got[0])
		}
		for route, want := range map[string]string{
			"GET /blind":  "[no 403 no 403 no 403 no 403 no 403 no 403 no 403 no 403]",
			"GET /mixed":  "[yes yes yes yes yes yes yes yes]",
			"POST /mixed": "[no 401 yes yes yes yes yes yes yes]",
		} {
			if got := fmt.Sprint(matrix[route]); got != want {
				t.Errorf("%s: %s, want %s", route, got, want)
			}
		}
	})
}

// agreesWithTheGuard compares a cell with the answer to a request.
func agreesWithTheGuard(t *testing.T, s *sitetest.Site, path, user, cell string) {
	t.Helper()
	as := sitetest.Anonymous
	if user != "" {
		as = sitetest.Basic(user)
	}
	w := s.Do(http.MethodGet, path, as, "")
	verdict, status, _ := strings.Cut(cell, " ")
	switch {
	case verdict == "failed" && w.Code < 500,
		verdict == "yes" && w.Code != 200,
		verdict == "no" && fmt.Sprint(w.Code) != status:
		t.Errorf("%s as %q: %s, but the page says %q", path, user, w, cell)
	}
}

// note has a name, but no table.
type note struct{ ID int64 }

func (note) ModelLabel() string { return "core.note" }

// TestPolicyRolesAreLoadedForEachPage checks that no answer about a sample user
// is kept, and that one who cannot be loaded fails its column only.
func TestPolicyRolesAreLoadedForEachPage(t *testing.T) {
	var id *ginauth.Identity
	var err error
	s := policySite(t, handlers.PoliciesConfig{Roles: []handlers.PoliciesRole{
		{Name: "sample", Identity: func(context.Context) (*ginauth.Identity, error) { return id, err }},
	}})
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.InGroup("editors"))).GET("/x", sitetest.Me)
	for _, row := range []struct {
		id   *ginauth.Identity
		err  error
		want string
		log  string
	}{
		{id: &ginauth.Identity{User: people.Named(t, s.DB, "alice")}, want: "no 403"},
		{err: errors.New("gone"), want: "failed", log: "sample: gone"},
		{id: nil, want: "failed", log: "returned no authenticated user"},
		{id: &ginauth.Identity{User: ginauth.AnonymousUser{}}, want: "failed"},
		{id: &ginauth.Identity{User: people.Named(t, s.DB, "inactive")}, want: "failed"},
		{id: &ginauth.Identity{User: people.Named(t, s.DB, "bob")}, want: "no 403"},
	} {
		id, err = row.id, row.err
		if got := matrixOf(page(t, s, nil))["GET /x"]; len(got) != 5 || got[4] != row.want || got[0] != "no 401" {
			t.Errorf("%v, %v: %q, want %q", row.id, row.err, got, row.want)
		}
		if !strings.Contains(s.Log.String(), row.log) {
			t.Errorf("the log lacks %q: %s", row.log, s.Log.String())
		}
	}
	people.Join(t, s.DB, "bob", "editors")
	id = &ginauth.Identity{User: people.Named(t, s.DB, "bob")}
	if got := matrixOf(page(t, s, nil))["GET /x"]; got[4] != "yes" {
		t.Errorf("a member: %q", got)
	}
}
