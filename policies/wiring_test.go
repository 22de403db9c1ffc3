package policies_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestCheckFindsWhatCannotJudgeTheObject checks that a rule which would fail on
// every request is a finding, with the mend.
func TestCheckFindsWhatCannotJudgeTheObject(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	wrong, right := policies.IsOwner("owner"), policies.IsOwner("owner_id")
	const lacks = `IsOwner(owner): paper has no column "owner"; it has owner_id (declared at `
	groups := policies.ObjectPermissionFunc("Groups", func(*gin.Context, *ginauth.Identity, *models.Group) (bool, error) { return true, nil })
	for name, row := range map[string]struct {
		class ginauth.Permission
		want  string
	}{
		"the column":          {right, ""},
		"the field":           {policies.IsOwner("OwnerID"), ""},
		"no column":           {wrong, lacks},
		"no column, readable": {policies.OwnerOrReadOnly("owner"), `OwnerOrReadOnly(owner): paper has no column "owner"; it has owner_id`},
		"nothing like it": {policies.IsOwner("x"),
			`IsOwner(x): paper has no column "x"; it has id, owner_id, editor_id, public, stars, deleted_at`},
		"All":          {policies.All(policies.AllowAny, wrong), lacks},
		"Any":          {policies.Any(policies.IsAdminUser, right, wrong), lacks},
		"Not":          {policies.Not(wrong), lacks},
		"Conceal":      {policies.Conceal(wrong), lacks},
		"DRF":          {drf.Any(policies.IsAdminUser, drf.Not(wrong)), lacks},
		"another type": {groups, "Groups is about *models.Group, but the route loads a *policies_test.paper"},
		"another model": {policies.ObjectPermissions[core](db),
			"ObjectPermissions(core.note) is about *policies_test.core, but the route loads a *policies_test.paper"},
	} {
		engine := gin.New()
		_ = engine.SetTrustedProxies(nil)
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(row.class),
			ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Nobody", func(*gin.Context) (*ginauth.Identity, error) {
				return nil, ginauth.ErrNoCredentials
			})))
		auth.With(engine, ginauth.Object(policies.Load[paper](db, "id"))).GET("/papers/:id", ok)
		findings := auth.Check()
		switch {
		case row.want == "" && len(findings) > 0:
			t.Errorf("%s: %v", name, findings)
		case row.want != "" && (len(findings) != 1 || !strings.Contains(findings[0].String(), row.want)):
			t.Errorf("%s: %v, want %s", name, findings, row.want)
		}
	}
}

// TestEmptyNamesPanic checks that empty names panic in the constructor.
func TestEmptyNamesPanic(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, wire := range map[string]func(empty string){
		"InGroup":         func(empty string) { policies.InGroup(empty) },
		"HasRole":         func(empty string) { policies.HasRole("admin", empty) },
		"HasScope":        func(empty string) { policies.HasScope(empty) },
		"HasPerm":         func(empty string) { policies.HasPerm("core.view_note", empty) },
		"IsOwner":         func(empty string) { policies.IsOwner(empty) },
		"OwnerOrReadOnly": func(empty string) { policies.OwnerOrReadOnly(empty) },
		"PermissionFunc": func(empty string) {
			policies.PermissionFunc(empty, func(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil })
		},
		"ObjectPermissionFunc": func(empty string) {
			policies.ObjectPermissionFunc(empty, func(*gin.Context, *ginauth.Identity, *paper) (bool, error) { return true, nil })
		},
		"ModelPermissions": func(empty string) {
			policies.ModelPermissions[core](db, policies.PermsMap{"GET": {empty}})
		},
		"ObjectPermissions": func(empty string) {
			policies.ObjectPermissions[core](db, policies.ObjectPermissionsConfig{Map: policies.PermsMap{"GET": {empty}}})
		},
		"Load": func(empty string) { policies.Load[paper](db, empty) },
	} {
		for _, empty := range []string{"", " "} {
			func() {
				defer func() {
					text, _ := recover().(string)
					if !strings.HasPrefix(text, "policies: ") {
						t.Errorf("%s of %q: %q", name, empty, text)
					}
				}()
				wire(empty)
			}()
		}
	}
}

// TestGrantsOfNoPermission checks that an empty name is an error, not an empty
// list that a Not would invert.
func TestGrantsOfNoPermission(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		user := &models.User{}
		if err := db.Where("username = ?", "direct").Take(user).Error; err != nil {
			t.Fatal(err)
		}
		for _, perm := range []string{"", "core."} {
			if _, _, _, err := user.GrantedObjects(models.Label{App: "core", Model: "note"}, perm, &core{}); err == nil {
				t.Errorf("GrantedObjects(%q): no error", perm)
			}
			if err := models.AssignPerm(t.Context(), db, perm, user, &core{ID: 1}); err == nil {
				t.Errorf("AssignPerm(%q): no error", perm)
			}
		}
	})
}
