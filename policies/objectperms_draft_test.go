package policies_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestARowWithoutAKeyIsNoDraft checks that the handler decides what is a draft:
// a stored row with the key 0 is a stored row. direct has every permission on
// the model and none on objects; objonly has the reverse for note 4.
func TestARowWithoutAKeyIsNoDraft(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, statement := range []string{"INSERT INTO core_note (id, title, owner_id) VALUES (0, 'zero', 1)",
			"UPDATE guardian_userobjectpermission SET object_pk = '0' WHERE object_pk = '5'"} {
			if err := db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		p := policies.ObjectPermissions[core](db)
		for name, class := range map[string]ginauth.Permission{
			"alone": p, "Any": policies.Any(p, policies.Not(policies.AllowAny)),
			"All": policies.All(p, policies.AllowAny), "Conceal": policies.Conceal(p),
			"Not of Not": policies.Not(policies.Not(p)), "Not of Conceal": policies.Not(policies.Not(policies.Conceal(p))),
			"DRF": drf.All(policies.AllowAny, p), "DRF's Any": drf.Any(p, p),
		} {
			engine, auth := fixtureSite(db)
			classes := ginauth.PermissionClasses(class)
			auth.With(engine, classes, ginauth.Object(policies.Load[core](db, "id"))).Any("/loaded/:id", ok)
			handler := auth.With(engine, classes, ginauth.ObjectsInHandler())
			handler.Any("/checked/0", checkOf(&core{}))
			handler.Any("/draft", draftOf(&core{}))
			handler.Any("/draft-with-key", draftOf(&core{ID: 4}))
			for _, row := range []struct {
				path, user string
				want       [2]bool // PUT, DELETE
			}{
				{"/loaded/0", "direct", [2]bool{false, false}}, {"/checked/0", "direct", [2]bool{false, false}},
				{"/loaded/0", "objfull", [2]bool{true, false}}, {"/checked/0", "objfull", [2]bool{true, false}}, // change on the object
				{"/loaded/1", "direct", [2]bool{false, false}}, {"/loaded/4", "objfull", [2]bool{true, true}},
				{"/draft", "direct", [2]bool{true, true}}, {"/draft-with-key", "direct", [2]bool{true, true}},
				{"/draft", "objonly", [2]bool{false, false}}, {"/draft-with-key", "objonly", [2]bool{false, false}},
				{"/loaded/0", "root", [2]bool{true, true}}, {"/draft", "viewer", [2]bool{false, false}},
			} {
				for i, method := range []string{"PUT", "DELETE"} {
					if got := statuses(engine, row.path, row.user, method); (got == "200") != row.want[i] || got == "503" {
						t.Errorf("%s: %s %s as %s: %s, want %v", name, method, row.path, row.user, got, row.want[i])
					}
				}
			}
		}
	})
}
