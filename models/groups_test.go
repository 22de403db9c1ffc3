package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// described writes a group with its permissions and members.
func described(t *testing.T, users *models.Users, g models.Group) string {
	t.Helper()
	var perms, members []string
	for _, p := range g.Permissions {
		perms = append(perms, p.String())
	}
	for user, err := range users.Members(t.Context(), &g) {
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, users.Username(user))
	}
	return fmt.Sprintf("%s may %s; has %s", g.Name, strings.Join(perms, " "), strings.Join(members, " "))
}

// TestGroupsOfDjango reads the groups that Django has written.
func TestGroupsOfDjango(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		groups, err := users.Groups(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"editors may core.add_note core.change_note; has grouped",
			"empty may ; has staff",
			"viewers may core.view_note; has viewer",
		}
		for i, g := range groups {
			if i >= len(want) || described(t, users, g) != want[i] {
				t.Errorf("group %d: %s", i, described(t, users, g))
			}
			if one, err := users.Group(t.Context(), g.Name); err != nil || described(t, users, *one) != described(t, users, g) {
				t.Errorf("%s by its name: %v, %v", g.Name, one, err)
			}
		}
		if len(groups) != len(want) {
			t.Errorf("%d groups, want %d", len(groups), len(want))
		}
	})
}

func TestGetOrCreateGroup(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		for _, c := range []struct{ name, want string }{
			{"editors", "<nil>"},
			{"Editors", "<nil>"}, // another group: names are compared exactly
			{"a group's name", "<nil>"},
			{strings.Repeat("é", 150), "<nil>"},
			{strings.Repeat("é", 151), "models: the group's name must have 1 to 150 characters"},
			{"", "must have 1 to 150 characters"},
			{"nul\x00", "must have 1 to 150 characters"},
			{"\xff", "must have 1 to 150 characters"},
		} {
			g, err := users.GetOrCreateGroup(t.Context(), c.name)
			if !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("%q: %v, want %s", c.name, err, c.want)
			}
			found, lookup := users.Group(t.Context(), c.name)
			if (err == nil) != (lookup == nil) || err == nil && (found.ID != g.ID || g.ID == 0) {
				t.Errorf("%q: %v, then %v, %v", c.name, g, found, lookup)
			}
			if err != nil && !errors.Is(lookup, models.ErrNotFound) {
				t.Errorf("%q: %v, want %v", c.name, lookup, models.ErrNotFound)
			}
		}
	})
}

// TestGroupsOfManyProcesses creates one group, and adds one user to it, several
// times at once.
func TestGroupsOfManyProcesses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "")
		ids := make([]int32, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				g, err := users.GetOrCreateGroup(t.Context(), "editors")
				if err == nil {
					ids[i] = g.ID
					err = users.AddToGroup(t.Context(), loaded(t, db, "alice"), g)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("groups %v", ids)
			}
		}
		g, err := users.Group(t.Context(), "editors")
		if err != nil {
			t.Fatal(err)
		}
		if got := described(t, users, *g); got != "editors may ; has alice" {
			t.Error(got)
		}
	})
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		editors, viewers := group(t, db, "editors"), group(t, db, "viewers")
		add, remove := users.AddToGroup, users.RemoveFromGroup
		alice, other := loaded(t, db, "alice"), loaded(t, db, "alice")
		for _, c := range []struct {
			change        func(ctx context.Context, user models.UserModel, group *models.Group) error
			group         *models.Group
			groups, perms string
		}{
			{remove, editors, "", "----"}, // not a member
			{add, editors, "editors", "ac--"},
			{add, editors, "editors", "ac--"},
			{add, viewers, "editors viewers", "ac-v"},
			{remove, editors, "viewers", "---v"},
			{remove, editors, "viewers", "---v"},
			{remove, viewers, "", "----"},
		} {
			if err := c.change(t.Context(), alice, c.group); err != nil {
				t.Fatal(err)
			}
			// The user passed and one loaded anew see the change at once.
			for _, user := range []permitted{alice, loaded(t, db, "alice")} {
				groups, err := user.(interface {
					AllGroups(ctx context.Context) ([]string, error)
				}).AllGroups(t.Context())
				member, err2 := user.InGroup(t.Context(), c.group.Name)
				perms := marks(t, func(codename string) (bool, error) { return user.HasPerm(t.Context(), "core."+codename) })
				if got := strings.Join(groups, " "); got != c.groups || perms != c.perms || member != strings.Contains(c.groups, c.group.Name) ||
					errors.Join(err, err2) != nil {
					t.Errorf("%s: %q, %s, %v, %v, %v", c.group.Name, got, perms, member, err, err2)
				}
			}
			// One that has asked before keeps its answer.
			if member, err := other.InGroup(t.Context(), "editors"); member || err != nil {
				t.Errorf("another value for alice: %v, %v", member, err)
			}
		}
	})
}

func TestMembershipsAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		alice, editors := loaded(t, db, "alice"), group(t, db, "editors")
		for _, c := range []struct {
			user      models.UserModel
			group     *models.Group
			want      string
			notStored bool
		}{
			{alice, nil, "the group is not stored", true},
			{alice, &models.Group{Name: "editors"}, "the group is not stored", true},
			{alice, &models.Group{ID: 99, Name: "gone"}, "", true},
			{&models.User{ID: 99}, editors, "", true},
			{(*models.User)(nil), editors, "the user is nil", true},
			{&modeltest.Account{ID: uuid.New()}, editors, "*modeltest.Account cannot be in groups", false},
			{nil, editors, "<nil> cannot be in groups", false},
		} {
			err := users.AddToGroup(t.Context(), c.user, c.group)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, models.ErrNotStored) != c.notStored {
				t.Errorf("add %v to %v: %v, want %s", c.user, c.group, err, c.want)
			}
			// What is not there need not be removed.
			err = users.RemoveFromGroup(t.Context(), c.user, c.group)
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || c.want == "" && err != nil {
				t.Errorf("remove %v from %v: %v, want %q", c.user, c.group, err, c.want)
			}
		}
		if got := described(t, users, *editors); got != "editors may ; has grouped" {
			t.Error(got)
		}
	})
}

func TestDeleteGroup(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		editors := group(t, db, "editors")
		if err := models.AssignPerm(t.Context(), db, "core.view_note", editors, &Note{ID: 1}); err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, "CREATE TABLE team (group_id integer REFERENCES auth_group (id))", "INSERT INTO team SELECT id FROM auth_group WHERE name = 'editors'")
		before := grants(t, db)
		if err := users.DeleteGroup(t.Context(), editors); err == nil || !strings.Contains(err.Error(), "rows of another table refer to it") {
			t.Errorf("an application's table refers to the group: %v", err)
		}
		if after := grants(t, db); after != before {
			t.Errorf("rows %s, want %s", after, before)
		}
		modeltest.Execute(t, db, "DELETE FROM team")
		if err := users.DeleteGroup(t.Context(), editors); err != nil {
			t.Fatal(err)
		}
		if err := users.DeleteGroup(t.Context(), editors); !errors.Is(err, models.ErrNotStored) {
			t.Errorf("once more: %v", err)
		}
		if got := grants(t, db); got != "14 1 16 1" {
			t.Errorf("rows %s", got)
		}
		grouped := loaded(t, db, "grouped")
		if member, err := grouped.InGroup(t.Context(), "editors"); member || err != nil {
			t.Error(member, err)
		}
	})
}

// TestGroupsOfASwappedUser uses a user model whose key is a UUID.
func TestGroupsOfASwappedUser(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Account]{UsernameField: "email"})
		modeltest.AutoMigrate(t, db, &modeltest.Account{})
		users := modeltest.Migrated(t, db)
		alice, bob := modeltest.NewAccount(t, db, "alice", ""), modeltest.NewAccount(t, db, "bob", "")
		editors, err := users.GetOrCreateGroup(t.Context(), "editors")
		for _, user := range []models.UserModel{alice, bob} {
			err = errors.Join(err, users.AddToGroup(t.Context(), user, editors))
		}
		if err = errors.Join(err, users.RemoveFromGroup(t.Context(), bob, editors)); err != nil {
			t.Fatal(err)
		}
		if got := described(t, users, *editors); got != "editors may ; has alice" {
			t.Error(got)
		}
		if err := errors.Join(users.Delete(t.Context(), alice), users.DeleteGroup(t.Context(), editors)); err != nil {
			t.Error(err)
		}
		if _, err := users.ByUsername(t.Context(), "alice"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("alice was deleted: %v", err)
		}
	})
}

// TestGroupsNeedPermissionsMixin checks that a user model without it has no
// groups.
func TestGroupsNeedPermissionsMixin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.SwapUser(t, db, models.AuthUserModel[Device]{UsernameField: "serial"})
		modeltest.AutoMigrate(t, db, &Device{})
		users := modeltest.Migrated(t, db)
		editors, err := users.GetOrCreateGroup(t.Context(), "editors")
		if err != nil {
			t.Fatal(err)
		}
		if err := users.AddToGroup(t.Context(), &Device{Serial: "1"}, editors); fails(err, "embed models.PermissionsMixin") {
			t.Error(err)
		}
	})
}
