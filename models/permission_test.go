package models_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// permitted holds the questions that a user answers: [User], and every
// struct that embeds [PermissionsMixin].
type permitted interface {
	models.UserModel
	InGroup(ctx context.Context, name string) (bool, error)
	HasPerm(ctx context.Context, perm string) (bool, error)
	HasPerms(ctx context.Context, perms ...string) (bool, error)
	AllPermissions(ctx context.Context) ([]string, error)
	Preloaded() bool
	Preload(ctx context.Context, groups bool, perms ...string) error
	HasObjectPerm(ctx context.Context, perm string, obj any) (bool, error)
	ObjectPerms(ctx context.Context, of models.Label, pk string) (has func(perm string) bool, err error)
	ObjectPermsOf(ctx context.Context, of models.Label, obj any) (has func(perm string) bool, err error)
	GrantedObjects(of models.Label, perm string, model any) (query string, args []any, all bool, err error)
}

var _, _ permitted = (*models.User)(nil), (*modeltest.Account)(nil)

// loaded returns a user of the fixture as authenticators load it.
func loaded(t testing.TB, db *gorm.DB, name string) permitted {
	t.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	user, err := users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(name, err)
	}
	return user.(permitted)
}

// notePerms are the permissions of core.note, in the order of the columns in
// the matrices below.
var notePerms = []string{"add_note", "change_note", "delete_note", "view_note"}

// marks writes "acdv" for notePerms, with a dash for each missing one.
func marks(t *testing.T, has func(codename string) (bool, error)) string {
	t.Helper()
	var b strings.Builder
	for _, codename := range notePerms {
		ok, err := has(codename)
		if err != nil {
			t.Error(codename, err)
		}
		if ok {
			b.WriteByte(codename[0])
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

func TestModelPermissions(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, c := range []struct{ user, want string }{
			{"root", "acdv"},    // superuser
			{"exroot", "----"},  // inactive superuser
			{"staff", "----"},   // in a group without permissions
			{"alice", "----"},   // owner of notes
			{"bob", "-c-v"},     // direct
			{"carol", "----"},   // all four, but inactive
			{"direct", "acdv"},  // direct
			{"grouped", "ac--"}, // through editors
			{"viewer", "---v"},  // through viewers
			{"objfull", "acdv"}, // direct, in addition to objects
			{"objonly", "----"}, // objects only
		} {
			user := loaded(t, db, c.user)
			got := marks(t, func(codename string) (bool, error) { return user.HasPerm(t.Context(), "core."+codename) })
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.user, got, c.want)
			}
		}
	})
}

func TestPermissionNames(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, c := range []struct {
			perm         string
			direct, root bool
		}{
			{"core.view_note", true, true},
			{"view_note", false, true},
			{"auth.view_note", false, true},
			{"core.View_note", false, true},
			{"core.publish_note", false, true}, // does not exist
			{"", false, true},
		} {
			for name, want := range map[string]bool{"direct": c.direct, "root": c.root} {
				if got, err := loaded(t, db, name).HasPerm(t.Context(), c.perm); got != want || err != nil {
					t.Errorf("%s %q: %v, %v, want %v", name, c.perm, got, err, want)
				}
			}
		}
	})
}

func TestHasPerms(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, c := range []struct {
			user  string
			perms []string
			want  bool
		}{
			{"bob", nil, true},
			{"carol", nil, true}, // true for an empty list, even if inactive
			{"bob", []string{"core.view_note", "core.change_note"}, true},
			{"bob", []string{"core.view_note", "core.delete_note"}, false},
			{"bob", []string{"core.delete_note", "core.view_note"}, false},
			{"carol", []string{"core.view_note"}, false},
			{"root", []string{"core.view_note", "no.such"}, true},
		} {
			if got, err := loaded(t, db, c.user).HasPerms(t.Context(), c.perms...); got != c.want || err != nil {
				t.Errorf("%s %q: %v, %v", c.user, c.perms, got, err)
			}
		}
	})
}

func TestAllPermissions(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		modeltest.Execute(t, db, "INSERT INTO auth_user_groups (user_id, group_id) SELECT u.id, g.id FROM auth_user u, auth_group g"+
			" WHERE u.username = 'bob' AND g.name = 'editors'") // change_note twice
		for user, want := range map[string][]string{
			"bob":   {"core.add_note", "core.change_note", "core.view_note"},
			"alice": nil, "carol": nil, "exroot": nil, "objonly": nil,
		} {
			if got, err := loaded(t, db, user).AllPermissions(t.Context()); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %q, %v, want %q", user, got, err, want)
			}
		}
		all, err := loaded(t, db, "root").AllPermissions(t.Context())
		if err != nil || len(all) != 52 || !slices.IsSorted(all) || all[0] != "auth.add_group" {
			t.Errorf("root: %q, %v", all, err)
		}
	})
}

// BenchmarkHasPerm measures the second question and all that follow.
func BenchmarkHasPerm(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
		dbtest.Fixture(b, db)
		user := loaded(b, db, "grouped")
		if ok, err := user.HasPerm(b.Context(), "core.change_note"); !ok || err != nil {
			b.Fatal(ok, err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if ok, _ := user.HasPerm(b.Context(), "core.change_note"); !ok {
				b.Fatal("it has changed")
			}
		}
	})
}

func TestHasPermDoesNotAllocate(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	ctx := t.Context()
	for _, name := range []string{"grouped", "root", "carol"} {
		user := loaded(t, db, name)
		ask := func() {
			if _, err := user.HasPerm(ctx, "core.change_note"); err != nil {
				t.Fatal(err)
			}
		}
		ask()
		if n := testing.AllocsPerRun(100, ask); n > 0 {
			t.Errorf("%s: %v allocations a question", name, n)
		}
	}
}
