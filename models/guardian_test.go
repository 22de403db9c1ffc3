package models_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

var noteLabel = models.Label{App: "core", Model: "note"}

// granted holds the object permissions of the fixture, one column per note.
// Neither a permission for the whole model nor owning a note counts. grouped
// has view_note directly and change_note through editors.
var granted = []struct {
	user  string
	notes [5]string
}{
	{"root", [5]string{"acdv", "acdv", "acdv", "acdv", "acdv"}},    // superuser
	{"exroot", [5]string{"----", "----", "----", "----", "----"}},  // inactive superuser
	{"staff", [5]string{"----", "----", "----", "----", "----"}},   //
	{"alice", [5]string{"----", "----", "----", "----", "----"}},   // owns 1 and 5
	{"bob", [5]string{"---v", "----", "----", "----", "----"}},     // view_note for the whole model
	{"carol", [5]string{"----", "----", "----", "----", "----"}},   // view_note of 1, but inactive
	{"direct", [5]string{"----", "----", "----", "----", "----"}},  // has all for the whole model
	{"grouped", [5]string{"----", "----", "----", "----", "-c-v"}}, // partly through editors
	{"viewer", [5]string{"----", "---v", "----", "----", "----"}},  // through viewers
	{"objfull", [5]string{"---v", "----", "----", "acdv", "-c-v"}}, //
	{"objonly", [5]string{"---v", "-c--", "----", "acdv", "----"}}, //
}

func TestObjectPermissions(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, c := range granted {
			user := loaded(t, db, c.user)
			for i, want := range c.notes {
				note := &Note{ID: int32(i + 1)}
				got := marks(t, func(codename string) (bool, error) { return user.HasObjectPerm(t.Context(), codename, note) })
				if got != want {
					t.Errorf("%s, note %d: %s, want %s", c.user, note.ID, got, want)
				}
				has, err := user.ObjectPerms(t.Context(), noteLabel, fmt.Sprint(note.ID))
				if err != nil {
					t.Error(err)
				}
				if got := marks(t, func(codename string) (bool, error) { return has("core." + codename), nil }); got != want {
					t.Errorf("%s, note %d, as a set: %s, want %s", c.user, note.ID, got, want)
				}
			}
		}
	})
}

func TestObjectPermissionNames(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		note := Note{ID: 4}
		for _, c := range []struct {
			perm         string
			objfull, set bool
			err          string
		}{
			{"core.view_note", true, true, ""},
			{"view_note", true, true, ""},
			{"core.publish_note", false, false, ""},
			{"core.core.view_note", false, false, ""},
			{"", false, false, ""},
			{"auth.view_note", false, false, `"auth.view_note" is of another app than core.note`},
		} {
			user := loaded(t, db, "objfull")
			got, err := user.HasObjectPerm(t.Context(), c.perm, note)
			if got != c.objfull || fails(err, c.err) {
				t.Errorf("%q: %v, %v", c.perm, got, err)
			}
			if has, err := user.ObjectPerms(t.Context(), noteLabel, "4"); err != nil || has(c.perm) != c.set {
				t.Errorf("%q, as a set: %v, %v", c.perm, has(c.perm), err)
			}
			root, err := loaded(t, db, "root").HasObjectPerm(t.Context(), c.perm, note)
			if root != (c.err == "") || fails(err, c.err) {
				t.Errorf("root, %q: %v, %v", c.perm, root, err)
			}
		}
	})
}

// fails reports whether an error is not the wanted one: one that contains the
// text, or nil for an empty text.
func fails(err error, want string) bool {
	if want == "" {
		return err != nil
	}
	return err == nil || !strings.Contains(err.Error(), want)
}

// TestStrangeKeys checks that keys that cannot be in the column belong to no
// grant and do not make the database fail.
func TestStrangeKeys(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		user := loaded(t, db, "objonly")
		for _, pk := range []string{"", "6", "04", " 4", "4.0", "4\x00", "\xff", "4' OR '1'='1", strings.Repeat("é", 256)} {
			has, err := user.ObjectPerms(t.Context(), noteLabel, pk)
			if err != nil || has("view_note") {
				t.Errorf("%q: %v, %v", pk, has("view_note"), err)
			}
		}
		for _, label := range []models.Label{{}, {App: "core", Model: "user"}, {App: "auth", Model: "note"}} {
			if has, err := user.ObjectPerms(t.Context(), label, "4"); err != nil || has("view_note") {
				t.Errorf("%s: %v, %v", label, has("view_note"), err)
			}
		}
	})
}

// TestGrantsForOthers checks that two kinds of grants do not count: one for an
// object of another model with the same key, and one whose content type is not
// the permission's, as only broken software can leave it.
func TestGrantsForOthers(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		alice := loaded(t, db, "alice")
		if err := models.AssignPerm(t.Context(), db, "auth.view_user", alice, &models.User{ID: 4}); err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, `INSERT INTO guardian_userobjectpermission
			(object_pk, content_type_id, permission_id, user_id) SELECT '4', 1, id, 3
			FROM auth_permission WHERE codename = 'view_note'`, `INSERT INTO guardian_groupobjectpermission (object_pk, content_type_id,
			permission_id, group_id) SELECT '4', 1, id, 3 FROM auth_permission WHERE codename = 'view_note'`)
		for _, name := range []string{"alice", "staff"} { // staff is in the group
			user := loaded(t, db, name)
			if ok, err := user.HasObjectPerm(t.Context(), "view_note", &Note{ID: 4}); ok || err != nil {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
			if ids := visible(t, db, user, "view_note"); len(ids) > 0 {
				t.Errorf("%s: %v", name, ids)
			}
		}
		if ok, err := alice.HasObjectPerm(t.Context(), "view_user", &models.User{ID: 4}); !ok || err != nil {
			t.Errorf("of the user: %v, %v", ok, err)
		}
	})
}

type (
	serial  int64
	number  int32
	Keyless struct{ Name string }
	pair    struct {
		A int `gorm:"primaryKey"`
		B int `gorm:"primaryKey"`
	}
)

// String is for people; the database has the number.
func (n number) String() string { return fmt.Sprintf("no. %d", int32(n)) }

func TestObjectPK(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	id := uuid.MustParse("0B0FA2F0-9D2B-4E5C-8B0A-112233445566")
	text := "a/b é"
	for _, c := range []struct {
		obj       any
		want, err string
	}{
		{&Note{ID: 7}, "7", ""},
		{Note{ID: 7}, "7", ""},
		{&APIKey{ID: "goodgood.hash"}, "goodgood.hash", ""},
		{&models.Token{Key: "0123abcd"}, "0123abcd", ""}, // a Secret prints as another text
		{&modeltest.Account{ID: id}, "0b0fa2f0-9d2b-4e5c-8b0a-112233445566", ""},
		{&struct{ ID serial }{-7}, "-7", ""},
		{&struct{ ID uint64 }{1<<64 - 1}, "18446744073709551615", ""},
		{&struct{ ID number }{7}, "7", ""},
		{&struct{ ID *string }{&text}, text, ""},
		{&struct{ ID [16]byte }{id}, id.String(), ""},
		{&struct{ ID uuid.NullUUID }{uuid.NullUUID{UUID: id, Valid: true}}, id.String(), ""},
		{&Note{}, "", "has no primary key yet; store it first"},
		{&modeltest.Account{}, "", "has no primary key yet"},
		{&struct{ ID *string }{}, "", "has no primary key yet"},
		{(*Note)(nil), "", "it is not a GORM model"},
		{nil, "", "it is not a GORM model"},
		{"4", "", "it is not a GORM model"},
		{[]Note{{ID: 7}}, "", "it is not a GORM model"},
		{&Keyless{}, "", "has no single primary key"},
		{&pair{1, 2}, "", "has no single primary key"},
		{&struct{ ID float64 }{1.5}, "", "which guardian cannot store"},
		{&struct{ ID [4]byte }{[4]byte{1}}, "", "which guardian cannot store"},
	} {
		if got, err := models.ObjectPK(db, c.obj); got != c.want || fails(err, c.err) {
			t.Errorf("%T: %q, %v, want %q %s", c.obj, got, err, c.want, c.err)
		}
	}
}
