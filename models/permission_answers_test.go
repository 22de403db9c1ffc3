package models_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// TestOneNameIsAllOfThem compares, for every user and every permission that
// exists or nearly does, what the first question reads with what a user that
// has read all its permissions says, on Django's user and on an own one.
func TestOneNameIsAllOfThem(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		modeltest.Execute(t, db,
			"INSERT INTO auth_permission (name, content_type_id, codename) SELECT 'dotted', id, 'a.b' FROM django_content_type WHERE model = 'note'",
			"INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT u.id, p.id FROM auth_user u, auth_permission p"+
				" WHERE u.username = 'grouped' AND p.codename = 'a.b'")
		names, err := loaded(t, db, "root").AllPermissions(t.Context())
		if err != nil || !slices.Contains(names, "core.a.b") {
			t.Fatal(names, err)
		}
		names = append(names, "", ".", "core.", ".add_note", "core", "core.Add_note", "CORE.add_note", "core..add_note", " core.add_note",
			"core.add_note ", "core.add_note\x00", "core.add\xff", "core."+strings.Repeat("x", 300), "core.%", "core.add_note' OR '1' = '1")
		granted := 0
		for _, name := range []string{"root", "exroot", "alice", "bob", "carol", "direct", "grouped", "viewer"} {
			whole := loaded(t, db, name)
			if _, err := whole.AllPermissions(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, perm := range names {
				want, wanted := whole.HasPerm(t.Context(), perm)
				got, err := loaded(t, db, name).HasPerm(t.Context(), perm)
				twice := loaded(t, db, name)
				both, failed := twice.HasPerms(t.Context(), perm, perm)
				if err := errors.Join(err, wanted, failed); got != want || both != want || err != nil {
					t.Errorf("%s %q: %v, twice %v, want %v, %v", name, perm, got, both, want, err)
				}
				if want && name != "root" {
					granted++
				}
			}
		}
		if granted < 8 {
			t.Errorf("only %d permissions are granted", granted)
		}
	})
}

// TestStatementsOfQuestions counts the statements of several questions to one
// user.
func TestStatementsOfQuestions(t *testing.T) {
	t.Parallel()
	const add, view, change = "core.add_note", "core.view_note", "core.change_note"
	type step func(ctx context.Context, u permitted) error
	has := func(perms ...string) step {
		return func(ctx context.Context, u permitted) error { _, err := u.HasPerms(ctx, perms...); return err }
	}
	in := func(ctx context.Context, u permitted) error { _, err := u.InGroup(ctx, "editors"); return err }
	all := func(ctx context.Context, u permitted) error { _, err := u.AllPermissions(ctx); return err }
	preload := func(groups bool, perms ...string) step {
		return func(ctx context.Context, u permitted) error { return u.Preload(ctx, groups, perms...) }
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		for _, row := range []struct {
			name, user string
			steps      []step
			want       string // the statements of each step
		}{
			{"one name again", "grouped", []step{has(add), has(add)}, "1 0"},
			{"the second name reads all", "grouped", []step{has(add), has(view), has(change), all}, "1 1 0 0"},
			{"several at once", "grouped", []step{has(add, change), has(change), has(view), has("core.x")}, "1 0 1 0"},
			{"too many at once", "grouped", []step{has(add, view, change, "core.a", "core.b"), has("core.c"), all}, "1 0 0"},
			{"all first", "grouped", []step{all, has(add), has(view)}, "1 0 0"},
			{"groups are their own", "grouped", []step{in, has(add), in}, "1 1 0"},
			{"told before", "grouped", []step{preload(true, add, view), in, has(view), has(add), has(change)}, "1 0 0 0 1"},
			{"told before, too many", "grouped", []step{preload(true, add, view, change, "core.a", "core.b"), in, all}, "1 0 0"},
			{"told twice", "grouped", []step{preload(false, add), preload(true, view)}, "1 0"},
			{"told nothing", "grouped", []step{preload(false), in}, "0 1"},
			{"told about a superuser", "root", []step{preload(true, add), in, has(add)}, "1 0 0"},
			{"told about permissions of a superuser", "root", []step{preload(false, add), has(add)}, "0 0"},
			{"told about an inactive user", "carol", []step{preload(false, add), has(add)}, "0 0"},
		} {
			user := loaded(t, counted, row.user)
			counter.Statements()
			var got []string
			for _, step := range row.steps {
				if err := step(t.Context(), user); err != nil {
					t.Error(row.name, err)
				}
				got = append(got, fmt.Sprint(counter.Statements()))
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%s: %v, want %s", row.name, got, row.want)
			}
		}
	})
}

// TestAThousandPermissions checks that the first question about one permission
// costs the same whether the user has a few or a thousand. (The count includes
// what database/sql and the driver allocate.)
func TestAThousandPermissions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		cost := func() float64 {
			user := loaded(t, db, "direct")
			return testing.AllocsPerRun(20, func() {
				models.Forget(user)
				if ok, err := user.HasPerm(t.Context(), "core.view_note"); !ok || err != nil {
					t.Fatal(ok, err)
				}
			})
		}
		few := cost()
		modeltest.Execute(t, db,
			"INSERT INTO auth_permission (name, content_type_id, codename) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"+
				" SELECT 'p', 13, 'p' || i FROM n",
			"INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT u.id, p.id FROM auth_user u, auth_permission p"+
				" WHERE u.username = 'direct' AND p.name = 'p'")
		if many := cost(); many > few+1 || many > 90 {
			t.Errorf("%v allocations with a few permissions, %v with a thousand", few, many)
		}
	})
}
