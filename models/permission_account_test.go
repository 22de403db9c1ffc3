package models_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// TestPermissionQueries counts the queries that questions cost.
func TestPermissionQueries(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		note, label := &Note{ID: 5}, models.Label{App: "core", Model: "note"}
		for _, c := range []struct {
			user, question string
			ask            func(ctx context.Context, user permitted) (any, error)
			first, again   int
		}{
			{"grouped", "InGroup", func(ctx context.Context, u permitted) (any, error) { return u.InGroup(ctx, "editors") }, 1, 0},
			{"alice", "InGroup, of none", func(ctx context.Context, u permitted) (any, error) { return u.InGroup(ctx, "editors") }, 1, 0},
			{"grouped", "HasPerm", func(ctx context.Context, u permitted) (any, error) { return u.HasPerm(ctx, "core.add_note") }, 1, 0},
			{"alice", "HasPerm, of none", func(ctx context.Context, u permitted) (any, error) { return u.HasPerm(ctx, "core.add_note") }, 1, 0},
			{"bob", "HasPerms", func(ctx context.Context, u permitted) (any, error) {
				return u.HasPerms(ctx, "core.view_note", "core.change_note", "core.add_note")
			}, 1, 0},
			{"bob", "HasPerms()", func(ctx context.Context, u permitted) (any, error) { return u.HasPerms(ctx) }, 0, 0},
			{"bob", "AllPermissions", func(ctx context.Context, u permitted) (any, error) { return u.AllPermissions(ctx) }, 1, 0},
			{"root", "HasPerm", func(ctx context.Context, u permitted) (any, error) { return u.HasPerm(ctx, "core.add_note") }, 0, 0},
			{"carol", "HasPerm", func(ctx context.Context, u permitted) (any, error) { return u.HasPerm(ctx, "core.add_note") }, 0, 0},
			{"root", "AllPermissions", func(ctx context.Context, u permitted) (any, error) { return u.AllPermissions(ctx) }, 1, 1},
			{"grouped", "HasObjectPerm", func(ctx context.Context, u permitted) (any, error) {
				return u.HasObjectPerm(ctx, "view_note", note)
			}, 1, 1},
			{"grouped", "ObjectPerms", func(ctx context.Context, u permitted) (any, error) { return u.ObjectPerms(ctx, label, "5") }, 1, 1},
			{"root", "ObjectPerms", func(ctx context.Context, u permitted) (any, error) { return u.ObjectPerms(ctx, label, "5") }, 0, 0},
			{"carol", "ObjectPerms", func(ctx context.Context, u permitted) (any, error) { return u.ObjectPerms(ctx, label, "5") }, 0, 0},
		} {
			user := loaded(t, counted, c.user)
			counter.Statements()
			for i, want := range []int{c.first, c.again, c.again} {
				if _, err := c.ask(t.Context(), user); err != nil {
					t.Error(c.user, c.question, err)
				}
				if n := counter.Statements(); n != want {
					t.Errorf("%s %s: question %d costs %d statements, want %d", c.user, c.question, i+1, n, want)
				}
			}
		}
	})
}

// TestConcurrentQuestions checks that goroutines that share a user query for it
// once.
func TestConcurrentQuestions(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		// The user is loaded by GORM, so that even its statements are made at
		// the first question.
		var user models.User
		if err := counted.Where("username = ?", "grouped").Take(&user).Error; err != nil {
			t.Fatal(err)
		}
		counter.Statements()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if ok, err := user.HasPerm(t.Context(), "core.change_note"); !ok || err != nil {
					t.Error(ok, err)
				}
				if ok, err := user.InGroup(t.Context(), "editors"); !ok || err != nil {
					t.Error(ok, err)
				}
				if perms, err := user.AllPermissions(t.Context()); len(perms) != 2 || err != nil {
					t.Error(perms, err)
				}
			})
		}
		wg.Wait()
		if n := counter.Statements(); n < 2 || n > 3 {
			t.Errorf("%d statements, want one for groups and one or two for permissions", n)
		}
	})
}

// TestFailuresAreNotKept checks that an outage is an error and that the next
// question queries again.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		note := &Note{ID: 5}
		for question, ask := range map[string]func(ctx context.Context, u permitted) (bool, error){
			"InGroup":  func(ctx context.Context, u permitted) (bool, error) { return u.InGroup(ctx, "editors") },
			"HasPerm":  func(ctx context.Context, u permitted) (bool, error) { return u.HasPerm(ctx, "core.change_note") },
			"HasPerms": func(ctx context.Context, u permitted) (bool, error) { return u.HasPerms(ctx, "core.change_note") },
			"HasObjectPerm": func(ctx context.Context, u permitted) (bool, error) {
				return u.HasObjectPerm(ctx, "core.change_note", note)
			},
			"AllPermissions": func(ctx context.Context, u permitted) (bool, error) {
				all, err := u.AllPermissions(ctx)
				return len(all) > 0, err
			},
		} {
			user := loaded(t, db, "grouped")
			if ok, err := ask(gone, user); ok || err == nil {
				t.Errorf("%s during an outage: %v, %v", question, ok, err)
			}
			if ok, err := ask(t.Context(), user); !ok || err != nil {
				t.Errorf("%s after an outage: %v, %v", question, ok, err)
			}
		}
	})
}

func TestUnboundUsersCannotAsk(t *testing.T) {
	t.Parallel()
	for question, ask := range map[string]func(permitted) error{
		"InGroup":        func(u permitted) error { _, err := u.InGroup(t.Context(), "editors"); return err },
		"HasPerm":        func(u permitted) error { _, err := u.HasPerm(t.Context(), "core.add_note"); return err },
		"HasPerms":       func(u permitted) error { _, err := u.HasPerms(t.Context(), "core.add_note"); return err },
		"AllPermissions": func(u permitted) error { _, err := u.AllPermissions(t.Context()); return err },
		"HasObjectPerm": func(u permitted) error {
			_, err := u.HasObjectPerm(t.Context(), "core.add_note", &Note{ID: 1})
			return err
		},
		"ObjectPerms":    func(u permitted) error { _, err := u.ObjectPerms(t.Context(), models.Label{}, "1"); return err },
		"GrantedObjects": func(u permitted) error { _, _, _, err := u.GrantedObjects(models.Label{}, "x", nil); return err },
	} {
		root := &models.User{IsActive: true, IsSuperuser: true}
		for _, user := range []permitted{&models.User{IsActive: true}, root, &models.User{}, &modeltest.Account{}} {
			if err := ask(user); err == nil || !strings.Contains(err.Error(), "call models.Bind") {
				t.Errorf("%s of %T: %v", question, user, err)
			}
		}
	}
}

// row is the result of a query that reads users and something else.
type row struct {
	models.User
	Notes int
}

func TestBind(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		byHand := &models.User{ID: 13, IsActive: true}
		models.Bind(db, byHand)
		var list []models.User
		if err := db.Where("username = ?", "direct").Find(&list).Error; err != nil {
			t.Fatal(err)
		}
		var embedded row
		if err := db.Table("auth_user").Select("auth_user.*, 7 AS notes").Where("username = ?", "direct").Take(&embedded).Error; err != nil {
			t.Fatal(err)
		}
		copied := list[0]
		for how, user := range map[string]permitted{"by hand": byHand, "in a list": &list[0], "copied": &copied, "embedded": &embedded} {
			if ok, err := user.HasPerm(t.Context(), "core.delete_note"); !ok || err != nil {
				t.Errorf("%s: %v, %v", how, ok, err)
			}
		}
	})
}

// TestReloadingForgets checks that a user loaded again into the same struct
// reads its permissions again.
func TestReloadingForgets(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		var user models.User
		load := func() {
			if err := db.Where("username = ?", "bob").Take(&user).Error; err != nil {
				t.Fatal(err)
			}
		}
		view := func() bool {
			ok, err := user.HasPerm(t.Context(), "core.view_note")
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		load()
		before := view()
		modeltest.Execute(t, db, "DELETE FROM auth_user_user_permissions")
		kept := view()
		load()
		if after := view(); !before || !kept || after {
			t.Error(before, kept, after)
		}
	})
}

// TestNewUsersCanBeAsked checks that a user need not be loaded again.
func TestNewUsersCanBeAsked(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := models.Migrate(db); err != nil {
			t.Fatal(err)
		}
		carol := &models.User{Username: "carol"}
		if err := models.CreateUser(t.Context(), db, carol, "carol-pw"); err != nil {
			t.Fatal(err)
		}
		if in, err := carol.InGroup(t.Context(), "editors"); in || err != nil {
			t.Errorf("in the group: %v %v", in, err)
		}
	})
}
