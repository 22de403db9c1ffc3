package policies_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// fixtureSite returns an application on the fixture, without routes, that
// believes the header X-User.
func fixtureSite(db *gorm.DB) (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	return engine, ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.AuthenticationClasses(byName(db)))
}

// byName authenticates the user of the fixture that the header X-User names,
// active or not. The clerk is a user of another type.
func byName(db *gorm.DB) ginauth.Authenticator {
	return policies.AuthenticatorFunc("ByName", func(c *gin.Context) (*ginauth.Identity, error) {
		switch name := c.GetHeader("X-User"); name {
		case "":
			return nil, ginauth.ErrNoCredentials
		case "clerk":
			return &ginauth.Identity{User: clerk{}}, nil
		default:
			user := new(models.User)
			return &ginauth.Identity{User: user}, db.Where("username = ?", name).Take(user).Error
		}
	}, "Name")
}

// clerk is a user that has every permission on models, and is not an
// ObjectPermissionUser.
type clerk struct{}

func (clerk) Authenticated() bool                               { return true }
func (clerk) HasPerms(context.Context, ...string) (bool, error) { return true, nil }

// statuses returns the statuses of requests with these methods by a user of the
// fixture.
func statuses(h http.Handler, target, user string, methods ...string) string {
	var row []string
	for _, method := range methods {
		r := httptest.NewRequest(method, target, nil)
		if user != "" {
			r.Header.Set("X-User", user)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		row = append(row, fmt.Sprint(w.Code))
	}
	return strings.Join(row, " ")
}

// TestModelPermissionsOverHTTP is the matrix of users and methods. The
// permissions of the fixture's users stand beside them.
func TestModelPermissionsOverHTTP(t *testing.T) {
	view := policies.ViewPermsMap()
	own := policies.PermsMap{"GET": {"view"}, "POST": {"add", "shop.publish"}, "PUT": nil}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		engine, auth := fixtureSite(db)
		for path, p := range map[string]ginauth.Permission{
			"/model":    policies.ModelPermissions[core](db),
			"/view":     policies.ModelPermissions[core](db, view),
			"/anon":     policies.ModelPermissionsOrAnonReadOnly[core](db),
			"/anonview": policies.ModelPermissionsOrAnonReadOnly[core](db, view),
			"/map":      policies.ModelPermissions[core](db, own),
			"/perm":     policies.HasPerm("core.change_note", "core.view_note"),
		} {
			auth.With(engine, ginauth.PermissionClasses(p)).Any(path, ok)
		}
		for _, row := range []struct{ path, user, want string }{
			//                              GET HEAD OPT POST PUT PATCH DELETE TRACE
			{"/model", "", "401 401 401 401 401 401 401 401"},
			{"/model", "root", "200 200 200 200 200 200 200 405"},    // superuser
			{"/model", "exroot", "200 200 200 403 403 403 403 405"},  // inactive superuser
			{"/model", "direct", "200 200 200 200 200 200 200 405"},  // all four, directly
			{"/model", "carol", "200 200 200 403 403 403 403 405"},   // all four, inactive
			{"/model", "grouped", "200 200 200 200 200 200 403 405"}, // add and change, by a group
			{"/model", "viewer", "200 200 200 403 403 403 403 405"},  // view, by a group
			{"/model", "bob", "200 200 200 403 200 200 403 405"},     // view and change
			{"/model", "objonly", "200 200 200 403 403 403 403 405"}, // on objects only
			{"/model", "clerk", "200 200 200 200 200 200 200 405"},
			{"/view", "", "401 401 401 401 401 401 401 401"},
			{"/view", "root", "200 200 200 200 200 200 200 405"},
			{"/view", "exroot", "403 403 403 403 403 403 403 405"},
			{"/view", "grouped", "403 403 403 200 200 200 403 405"},
			{"/view", "viewer", "200 200 200 403 403 403 403 405"},
			{"/view", "bob", "200 200 200 403 200 200 403 405"},
			{"/anon", "", "200 200 200 401 401 401 401 405"},
			{"/anon", "exroot", "200 200 200 403 403 403 403 405"},
			{"/anon", "grouped", "200 200 200 200 200 200 403 405"},
			{"/anonview", "", "401 401 401 401 401 401 401 405"},
			{"/anonview", "viewer", "200 200 200 403 403 403 403 405"},
			{"/map", "", "401 401 401 401 401 401 401 401"},
			{"/map", "root", "200 405 405 200 200 405 405 405"},
			{"/map", "direct", "200 405 405 403 200 405 405 405"},
			{"/map", "exroot", "403 405 405 403 200 405 405 405"},
			{"/perm", "", "401 401 401 401 401 401 401 401"},
			{"/perm", "bob", "200 200 200 200 200 200 200 200"},
			{"/perm", "viewer", "403 403 403 403 403 403 403 403"},
			{"/perm", "exroot", "403 403 403 403 403 403 403 403"},
			{"/perm", "clerk", "200 200 200 200 200 200 200 200"},
		} {
			got := statuses(engine, row.path, row.user, "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
			if got != row.want {
				t.Errorf("%s as %q: %s, want %s", row.path, row.user, got, row.want)
			}
		}
	})
}

// TestPermissionsOfARequestCostOneQuery checks that they do, with the user's
// groups, however many classes ask for them, and that a request that needs none
// costs none.
func TestPermissionsOfARequestCostOneQuery(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		db, counter := dbtest.Count(db)
		engine, auth := fixtureSite(db)
		auth.With(engine, ginauth.PermissionClasses(policies.ModelPermissions[core](db), policies.Any(policies.HasPerm("core.fly_note"),
			policies.Not(policies.HasPerm("core.sink_note"))), policies.ModelPermissionsOrAnonReadOnly[core](db))).Any("/", ok)
		auth.With(engine, ginauth.PermissionClasses(policies.ModelPermissions[core](db))).Any("/one", ok)
		auth.With(engine, ginauth.PermissionClasses(policies.InGroup("editors"), policies.HasPerm("core.add_note"))).Any("/group", ok)
		auth.With(engine, ginauth.PermissionClasses(policies.HasPerm("core.add_note"), policies.Not(policies.InGroup("viewers")))).Any("/after", ok)
		auth.With(engine, ginauth.PermissionClasses(policies.InGroup("editors"), policies.HasPerm("a.a", "a.b", "a.c", "a.d", "a.e"))).Any("/many", ok)
		for _, row := range []struct {
			method, path, user, want string
			statements               int // including the one that finds the user
		}{
			{"POST", "/", "grouped", "200", 2}, {"DELETE", "/", "grouped", "403", 2}, {"POST", "/", "exroot", "403", 1},
			{"POST", "/one", "root", "200", 1}, {"GET", "/one", "grouped", "200", 1}, {"POST", "/one", "", "401", 0},
			{"GET", "/group", "grouped", "200", 2}, {"GET", "/group", "viewer", "403", 2}, {"GET", "/group", "root", "403", 2},
			{"GET", "/after", "grouped", "200", 2}, {"GET", "/after", "root", "200", 2}, {"GET", "/after", "exroot", "403", 1},
			{"GET", "/many", "grouped", "403", 2},
		} {
			counter.Statements() // the count begins
			got := statuses(engine, row.path, row.user, row.method)
			if n := counter.Statements(); got != row.want || n != row.statements {
				t.Errorf("%s %s as %q: %s with %d statements, want %s with %d", row.method, row.path, row.user, got, n, row.want, row.statements)
			}
		}
	})
}

// TestGuestsHaveNoPermissions checks that an anonymous user of an application
// is not asked, whatever it would answer.
func TestGuestsHaveNoPermissions(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.UnauthenticatedUser(guest{}, nil), ginauth.AuthenticationClasses(byName(db)))
	auth.With(engine, ginauth.PermissionClasses(policies.HasPerm("core.view_note"))).Any("/perm", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.ModelPermissionsOrAnonReadOnly[core](db))).Any("/anon", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.InGroup("editors"))).Any("/group", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.IsAdminUser)).Any("/admin", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.RecentLogin(time.Minute))).Any("/recent", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.HasFactor("otp"))).Any("/factor", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.HasRole("admin"))).Any("/role", ok)
	for path, want := range map[string]string{"/perm": "401 401", "/anon": "200 401", "/group": "401 401", "/admin": "401 401",
		"/recent": "401 401", "/factor": "401 401", "/role": "401 401"} {
		if got := statuses(engine, path, "", "GET", "POST"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

type guest struct{ clerk }

func (guest) Authenticated() bool                           { return false }
func (guest) Staff() bool                                   { return true }
func (guest) Roles() []string                               { return []string{"admin"} }
func (guest) InGroup(context.Context, string) (bool, error) { return true, nil }
