package models_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ginauth/ginauth/ginauth"

	"github.com/ginauth/ginauth/internal/testing/people"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

func group(t *testing.T, db *gorm.DB, name string) *models.Group {
	t.Helper()
	var g models.Group
	if err := db.Where("name = ?", name).Take(&g).Error; err != nil {
		t.Fatal(err)
	}
	return &g
}

// grants counts the rows of the four tables that hold grants.
func grants(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var counts [4]int64
	for i, table := range []string{
		"auth_user_user_permissions", "auth_group_permissions", "guardian_userobjectpermission", "guardian_groupobjectpermission",
	} {
		if err := db.Table(table).Count(&counts[i]).Error; err != nil {
			t.Fatal(err)
		}
	}
	return strings.Trim(fmt.Sprint(counts), "[]")
}

func TestAssignAndRemovePerm(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		alice, staff := loaded(t, db, "alice"), loaded(t, db, "staff") // in the group empty
		empty, note := group(t, db, "empty"), &Note{ID: 3}
		for _, c := range []struct {
			perm     string
			to, obj  any
			who      permitted
			assigned string // the rows of each table; the fixture has 14 3 16 2
		}{
			{"core.change_note", alice, nil, alice, "15 3 16 2"},
			{"core.change_note", empty, nil, staff, "14 4 16 2"},
			{"core.change_note", alice, note, alice, "14 3 17 2"},
			{"change_note", empty, *note, staff, "14 3 16 3"},
		} {
			check := func(when string, want bool, rows string) {
				t.Helper()
				who := c.who
				if who != c.to { // a group's members do not learn of the change
					who = loaded(t, db, fmt.Sprint(c.who))
				}
				ofModel, err1 := who.HasPerm(t.Context(), "core.change_note")
				ofObject, err2 := who.HasObjectPerm(t.Context(), "change_note", note)
				if ofModel != (want && c.obj == nil) || ofObject != (want && c.obj != nil) || err1 != nil || err2 != nil {
					t.Errorf("%s %s: %v, %v, %v, %v, want %v", c.perm, when, ofModel, ofObject, err1, err2, want)
				}
				if got := grants(t, db); got != rows {
					t.Errorf("%s %s: rows %s, want %s", c.perm, when, got, rows)
				}
			}
			check("before", false, "14 3 16 2")
			for range 2 {
				if err := models.AssignPerm(t.Context(), db, c.perm, c.to, c.obj); err != nil {
					t.Fatal(err)
				}
				check("assigned", true, c.assigned)
			}
			for range 2 {
				if err := models.RemovePerm(t.Context(), db, c.perm, c.to, c.obj); err != nil {
					t.Fatal(err)
				}
				check("removed", false, "14 3 16 2")
			}
		}
	})
}

// TestRemovePermTouchesNothingElse checks that grants for other objects, of
// other permissions and to other users stay.
func TestRemovePermTouchesNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, obj := range []any{&Note{ID: 4}, nil} {
			if err := models.RemovePerm(t.Context(), db, "core.view_note", loaded(t, db, "objfull"), obj); err != nil {
				t.Fatal(err)
			}
		}
		objfull := loaded(t, db, "objfull")
		for note, want := range map[int32]string{1: "---v", 4: "acd-", 5: "-c-v"} {
			got := marks(t, func(codename string) (bool, error) {
				return objfull.HasObjectPerm(t.Context(), codename, &Note{ID: note})
			})
			if got != want {
				t.Errorf("note %d: %s, want %s", note, got, want)
			}
		}
		if got := marks(t, func(codename string) (bool, error) { return objfull.HasPerm(t.Context(), "core."+codename) }); got != "acd-" {
			t.Errorf("for the model: %s", got)
		}
		if got := grants(t, db); got != "13 3 15 2" {
			t.Errorf("rows %s", got)
		}
	})
}

func TestGrantsAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		modeltest.Execute(t, db, "INSERT INTO auth_permission (name, content_type_id, codename)"+
			" SELECT 'x', id, 'twice' FROM django_content_type WHERE app_label = 'auth'")
		alice, note := loaded(t, db, "alice"), &Note{ID: 1}
		before := grants(t, db)
		for _, c := range []struct {
			perm    string
			to, obj any
			want    string
		}{
			{"core.publish_note", alice, nil, "core.publish_note: models: not found"},
			{"core.publish_note", alice, note, "core.publish_note: models: not found"},
			{"publish_note", group(t, db, "empty"), note, "not found"},
			{"nosuch.view_note", alice, nil, "not found"},
			{"core.view_user", alice, note, "not found"}, // of another model
			{"auth.view_note", alice, note, "is of another app than core.note"},
			{"view_note", alice, nil, "is named with its app"},
			{"auth.twice", alice, nil, "several models of the app"},
			{"core.view_note", alice, &Note{}, "has no primary key yet"},
			{"core.view_note", alice, &unnamed{1}, "add the method ModelLabel"},
			{"keys.view_apikey", alice, &APIKey{ID: strings.Repeat("x", 256)}, "column of 255 characters"},
			{"core.view_note", &models.User{}, note, "the user is not stored"},
			{"core.view_note", &models.Group{Name: "new"}, note, "the group is not stored"},
			{"core.view_note", (*models.Group)(nil), note, "the group is not stored"},
			{"core.view_note", (*models.User)(nil), note, "not to a *models.User"},
			{"core.view_note", *alice.(*models.User), note, "granted to a *models.User or a *models.Group, not to a models.User"},
			{"core.view_note", &modeltest.Account{ID: uuid.New()}, note, "not to a *modeltest.Account"},
			{"core.view_note", ginauth.AnonymousUser{}, note, "not to a ginauth.AnonymousUser"},
			{"core.view_note", "alice", note, "not to a string"},
			{"core.view_note", nil, note, "not to a <nil>"},
		} {
			assign := models.AssignPerm(t.Context(), db, c.perm, c.to, c.obj)
			remove := models.RemovePerm(t.Context(), db, c.perm, c.to, c.obj)
			for _, err := range []error{assign, remove} {
				if fails(err, c.want) || errors.Is(err, models.ErrNotFound) != strings.Contains(c.want, "not found") {
					t.Errorf("%s to %T for %T: %v, want %s", c.perm, c.to, c.obj, err, c.want)
				}
			}
		}
		if after := grants(t, db); after != before {
			t.Errorf("rows %s, before %s", after, before)
		}
	})
}

// TestGrantsOfManyProcesses checks that the second process finds the permission
// granted.
func TestGrantsOfManyProcesses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		note := &Note{ID: 3}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				to := any(loaded(t, db, "alice"))
				if i%2 == 0 {
					to = group(t, db, "empty")
				}
				for _, obj := range []any{note, nil} {
					if err := models.AssignPerm(t.Context(), db, "core.add_note", to, obj); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := grants(t, db); got != "15 4 17 3" {
			t.Errorf("rows %s", got)
		}
	})
}

// TestRepeatedGrantsUseUpNoNumbers checks the sequence, because an integer key
// has only two thousand million numbers.
func TestRepeatedGrantsUseUpNoNumbers(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		alice, note := loaded(t, db, "alice"), &Note{ID: 3}
		for _, perm := range []string{"core.add_note", "core.add_note", "core.add_note", "core.change_note"} {
			if err := models.AssignPerm(t.Context(), db, perm, alice, note); err != nil {
				t.Fatal(err)
			}
		}
		var ids []int
		db.Table("guardian_userobjectpermission").Where("user_id = 3").Order("id").Pluck("id", &ids)
		if !slices.Equal(ids, []int{17, 18}) {
			t.Errorf("the rows have the ids %v", ids)
		}
	})
}

// TestGrantsInATransaction checks that grants vanish with their transaction.
func TestGrantsInATransaction(t *testing.T) {
	t.Parallel()
	cancel := errors.New("cancel")
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		alice, before := loaded(t, db, "alice"), grants(t, db)
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := models.AssignPerm(t.Context(), tx, "core.add_note", alice, nil); err != nil {
				return err
			}
			if grants(t, tx) == before {
				t.Error("nothing was granted")
			}
			return cancel
		})
		if after := grants(t, db); !errors.Is(err, cancel) || after != before {
			t.Error(err, after)
		}
	})
}

// TestPermissionsOfASwappedUser uses a user model whose tables and columns are
// its own and whose key is a UUID.
func TestPermissionsOfASwappedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}),
			db.AutoMigrate(&modeltest.Account{}, &Note{}), models.Migrate(db), models.SyncPermissions(t.Context(), db, &Note{}))
		if err != nil {
			t.Fatal(err)
		}
		alice, bob := modeltest.NewAccount(t, db, "alice", ""), modeltest.NewAccount(t, db, "bob", "")
		editors, note := &models.Group{Name: "editors"}, &Note{Title: "x"}
		err = errors.Join(db.Create(editors).Error, db.Create(note).Error,
			db.Exec("INSERT INTO accounts_groups (account_id, group_id) VALUES (?, ?)", bob.ID, editors.ID).Error)
		for _, c := range []struct {
			perm    string
			to, obj any
		}{
			{"core.view_note", alice, nil}, {"core.add_note", editors, nil}, {"core.change_note", alice, note}, {"core.delete_note", editors, note},
		} {
			err = errors.Join(err, models.AssignPerm(t.Context(), db, c.perm, c.to, c.obj))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			user, model, object string
			listed              []int32
		}{
			{"alice", "---v", "-c--", []int32{note.ID}},
			{"bob", "a---", "--d-", nil},
		} {
			user := loaded(t, db, c.user)
			model := marks(t, func(codename string) (bool, error) { return user.HasPerm(t.Context(), "core."+codename) })
			object := marks(t, func(codename string) (bool, error) { return user.HasObjectPerm(t.Context(), codename, note) })
			if listed := visible(t, db, user, "change_note"); model != c.model || object != c.object || !slices.Equal(listed, c.listed) {
				t.Errorf("%s: %s, %s, %v, want %v", c.user, model, object, listed, c)
			}
		}
		for change, want := range map[string]string{"is_superuser": "acdv acdv [1]", "blocked": "---- ---- []"} {
			db.Model(&modeltest.Account{}).Where("email = ?", "bob").Update(change, true)
			user := loaded(t, db, "bob")
			model := marks(t, func(codename string) (bool, error) { return user.HasPerm(t.Context(), "core."+codename) })
			object := marks(t, func(codename string) (bool, error) { return user.HasObjectPerm(t.Context(), codename, note) })
			if got := fmt.Sprint(model, " ", object, " ", visible(t, db, user, "change_note")); got != want {
				t.Errorf("bob, %s: %s, want %s", change, got, want)
			}
			db.Model(&modeltest.Account{}).Where("email = ?", "bob").Update(change, false)
		}
	})
}

// TestGrantsNeedPermissionsMixin checks that a user model without it has no
// permissions.
func TestGrantsNeedPermissionsMixin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[Device]{UsernameField: "serial"})
		err := models.AssignPerm(t.Context(), db, "core.view_note", &Device{Serial: "1"}, nil)
		if fails(err, "embed models.PermissionsMixin") {
			t.Error(err)
		}
	})
}
