package models_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// visible returns the notes that a user was granted a permission for, using one
// query.
func visible(t *testing.T, db *gorm.DB, user permitted, perm string) (ids []int32) {
	t.Helper()
	query, args, all, err := user.GrantedObjects(noteLabel, perm, &Note{})
	if err != nil {
		t.Fatal(err)
	}
	tx := db.Model(&Note{}).Order("id")
	if !all {
		tx = tx.Where("id IN ("+query+")", args...)
	}
	if err := tx.Pluck("id", &ids).Error; err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestGrantedObjects checks that the lists agree with the answers about single
// objects.
func TestGrantedObjects(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		for _, c := range granted {
			for column, codename := range notePerms {
				var want []int32
				for i, note := range c.notes {
					if note[column] != '-' {
						want = append(want, int32(i+1))
					}
				}
				for _, perm := range []string{codename, "core." + codename} {
					if got := visible(t, db, loaded(t, db, c.user), perm); !slices.Equal(got, want) {
						t.Errorf("%s %s: %v, want %v", c.user, perm, got, want)
					}
				}
			}
		}
		if _, _, _, err := loaded(t, db, "root").GrantedObjects(noteLabel, "auth.view_note", nil); err == nil {
			t.Error("no error for a permission of another app")
		}
		if _, _, _, err := loaded(t, db, "bob").GrantedObjects(noteLabel, "view_note", &pair{}); err == nil {
			t.Error("no error for a model with two keys")
		}
	})
}

// TestGrantedObjectsAsAnExpression puts the sub-select where package policies
// does, beside other conditions.
func TestGrantedObjectsAsAnExpression(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		counted, counter := dbtest.Count(db)
		user := loaded(t, counted, "objonly")
		counter.Statements()
		query, args, all, err := user.GrantedObjects(noteLabel, "view_note", &Note{})
		if err != nil || all || counter.Statements() != 0 {
			t.Fatal(all, err)
		}
		var notes []Note
		err = counted.Where("title <> ?", "").
			Where(clause.Expr{SQL: "? IN (" + query + ")", Vars: append([]any{clause.PrimaryColumn}, args...)}).
			Or("owner_id = ?", -1).Order("id").Find(&notes).Error
		if err != nil || len(notes) != 2 || notes[0].ID != 1 || notes[1].ID != 4 || counter.Statements() != 1 {
			t.Error(notes, err)
		}
	})
}

// Badge has a text as its key.
type Badge struct {
	Code string `gorm:"primaryKey;size:20"`
}

func (Badge) TableName() string { return "site_badge" }

// Folder has a UUID as its key.
type Folder struct {
	ID uuid.UUID `gorm:"type:uuid;primaryKey"`
}

func (Folder) TableName() string { return "site_folder" }

// Big has an integer of another size than the fixture's as its key.
type Big struct{ ID uint64 }

func (Big) TableName() string { return "site_big" }

func TestGrantedObjectsOfAnyKey(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "")
		alice := loaded(t, db, "alice")
		folder := &Folder{ID: uuid.New()}
		for _, c := range []struct{ model, obj, other any }{
			{&Badge{}, &Badge{"7"}, &Badge{"8"}},
			{&Folder{}, folder, &Folder{ID: uuid.New()}},
			{&Big{}, &Big{1 << 40}, &Big{7}},
		} {
			modeltest.AutoMigrate(t, db, c.model)
			if err := models.SyncPermissions(t.Context(), db, c.model); err != nil {
				t.Fatal(err)
			}
			db.Create(c.obj)
			db.Create(c.other)
			label, err := labelOf(db, c.model)
			if err != nil {
				t.Fatal(err)
			}
			if err := models.AssignPerm(t.Context(), db, label.Perm("view"), alice, c.obj); err != nil {
				t.Fatal(err)
			}
			query, args, _, err := alice.GrantedObjects(label, label.Perm("view"), c.model)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			tx := db.Model(c.model).Where(clause.Expr{SQL: "? IN (" + query + ")", Vars: append([]any{clause.PrimaryColumn}, args...)})
			if err := tx.Select("CAST(? AS text)", clause.PrimaryColumn).Scan(&keys).Error; err != nil {
				t.Fatal(err)
			}
			if want, err := models.ObjectPK(db, c.obj); err != nil || len(keys) != 1 || keys[0] != want {
				t.Errorf("%s: %q, %v, want %q", label, keys, err, want)
			}
			for obj, want := range map[any]bool{c.obj: true, c.other: false} {
				if ok, err := alice.HasObjectPerm(t.Context(), label.Perm("view"), obj); ok != want || err != nil {
					t.Errorf("%s: %v, %v, want %v", label, ok, err, want)
				}
			}
		}
		query, args, _, err := alice.GrantedObjects(models.Label{App: "site", Model: "folder"}, "view_folder", nil)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		if err := db.Raw(query, args...).Scan(&keys).Error; err != nil || len(keys) != 1 || keys[0] != folder.ID.String() {
			t.Errorf("as texts: %q, %v", keys, err)
		}
	})
}

// TestGrantsThatAreNoNumbers checks that on SQLite such a grant is for no user;
// the cast of PostgreSQL, and of guardian, fails.
func TestGrantsThatAreNoNumbers(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	dbtest.Fixture(t, db)
	modeltest.Execute(t, db, "INSERT INTO core_note (id, title, owner_id) VALUES (0, 'zero', 1)",
		"UPDATE guardian_userobjectpermission SET object_pk = '1x' WHERE object_pk = '1'")
	if ids := visible(t, db, loaded(t, db, "objonly"), "view_note"); !slices.Equal(ids, []int32{4}) {
		t.Error(ids)
	}
}
