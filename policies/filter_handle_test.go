package policies_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// page is a row that belongs to a folder, which GORM writes before it.
type page struct {
	ID       int64
	OwnerID  int64
	FolderID *int64
	Folder   *folder
}

// careless is a paper whose hook deletes from elsewhere.
type careless paper

func (careless) TableName() string { return "core_paper" }

func (*careless) BeforeDelete(tx *gorm.DB) error {
	tx.Statement.AddClause(clause.From{Tables: []clause.Table{{Name: "auth_group"}}})
	return nil
}

// TestFiltersOfEveryRowAreBoundedToo checks that permissions which let every
// paper pass let no row of another table pass, whatever hooks and later scopes
// add.
func TestFiltersOfEveryRowAreBoundedToo(t *testing.T) {
	later := func(clauses ...clause.Expression) func(tx query) query {
		return func(tx query) query {
			return tx.Model(&paper{}).Scopes(func(tx query) query { return tx.Clauses(clauses...) })
		}
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		for name, write := range map[string]func(tx query) query{
			"an update's hook": func(tx query) query { return tx.Model(&greedy{ID: 1}).Update("id", 2) },
			"a delete's hook":  func(tx query) query { return tx.Unscoped().Delete(&careless{ID: 1}) },
			"a soft delete's hook": func(tx query) query {
				return tx.Model(&paper{}).Where("id = 1").Scopes(func(tx query) query {
					return tx.Clauses(clause.Update{Table: clause.Table{Name: "auth_group"}})
				}).Delete(&paper{})
			},
			"a later scope of a read": func(tx query) query {
				return later(union{clause.Expr{SQL: "SELECT * FROM core_paper"}})(tx).Find(&[]paper{})
			},
			"a later scope of a count": func(tx query) query {
				return later(clause.From{Tables: []clause.Table{{Name: "auth_group"}}})(tx).Count(new(int64))
			},
			"a later scope of a sub-query": func(tx query) query {
				return db.Where("id IN (?)", later(union{clause.Expr{SQL: "SELECT 1"}})(tx).Select("id")).Find(&[]paper{})
			},
		} {
			d.within(t, policies.AllowAny, func(c *gin.Context) {
				if result := write(policies.Filter(c, db)); result.Error == nil || result.RowsAffected > 0 {
					t.Errorf("%s: %d rows, %v", name, result.RowsAffected, result.Error)
				}
				if got := d.owners(t); got != "12311" {
					t.Fatalf("%s has changed the papers: %s", name, got)
				}
			})
		}
	})
}

// TestFilterIsAboutTheTableOfItsModel checks statements about other tables, to
// whose rows the permissions do not apply.
func TestFilterIsAboutTheTableOfItsModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		if err := db.Exec("CREATE TABLE other AS SELECT * FROM core_paper").Error; err != nil {
			t.Fatal(err)
		}
		every := db.Model(&paper{}).Where("id < 4")
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for table, want := range map[string]int{
				"other": -1, "other AS core_paper": -1, "other core_paper": -1, "other, core_paper": -1, "core_paper, other": -1, "core_papers": -1,
				"core_paper": 2, "core_paper AS p": 2, "": 2, "(?) AS p": 1, "(?) AS core_paper": 1,
			} {
				var args []any
				if strings.Contains(table, "?") {
					args = []any{every}
				}
				scopes := map[string]query{
					"of a model": policies.Filter(c, db).Model(&paper{}).Table(table, args...),
					"of rows":    policies.Filter(c, db).Table(table, args...),
					"before":     policies.Filter(c, db.Table(table, args...)),
					"later":      policies.Filter(c, db).Scopes(func(tx query) query { return tx.Table(table, args...) }),
				}
				for name, scope := range scopes {
					var papers []paper
					if err := scope.Find(&papers).Error; (err != nil) != (want < 0) || len(papers) != max(want, 0) {
						t.Errorf("%q %s: %d, want %d, %v", table, name, len(papers), want, err)
					}
				}
				if want < 0 {
					update := policies.Filter(c, db).Model(&paper{}).Table(table).Where("1 = 1").Update("stars", 9)
					gone := policies.Filter(c, db).Table(table).Unscoped().Where("1 = 1").Delete(&paper{})
					if update.Error == nil || gone.Error == nil {
						t.Errorf("%q: updated %v, deleted %v", table, update.Error, gone.Error)
					}
				}
			}
		})
	})
}

// TestWhatAWriteBelongsTo checks that the owner of a row stays as it is,
// although GORM writes it first, if a later scope or a hook brings the
// associations back.
func TestWhatAWriteBelongsTo(t *testing.T) {
	back := func(tx query) query { return tx.Omit("stars") }
	named := func(tx query) query { return tx.Select("Folder", "FolderID") }
	deep := func(tx query) query {
		return tx.Scopes(func(tx query) query { return tx.Scopes(back) })
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newFolders(t, db)
		if err := db.AutoMigrate(&page{}); err != nil {
			t.Fatal(err)
		}
		skip := db.Session(&gorm.Session{SkipDefaultTransaction: true, FullSaveAssociations: true})
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for name, row := range map[string]struct {
				write func(tx query) query
				rows  int64 // -1: an error
			}{
				"a new one": {func(tx query) query { return tx.Scopes(back).Updates(&page{ID: 1, OwnerID: alice, Folder: &folder{}}) }, 1},
				"another's": {func(tx query) query {
					return tx.Scopes(back).Updates(&page{ID: 1, OwnerID: alice, Folder: &folder{ID: 2}})
				}, 1},
				"of another's": {func(tx query) query {
					return tx.Scopes(back).Updates(&page{ID: 2, OwnerID: alice, Folder: &folder{ID: 2}})
				}, 0},
				"of a new page": {func(tx query) query {
					return tx.Scopes(back).Create(&page{ID: 3, OwnerID: alice, Folder: &folder{ID: 2}})
				}, 1},
				"by its model": {func(tx query) query { return tx.Model(&page{ID: 1}).Scopes(back).Updates(&page{Folder: &folder{}}) }, 0},
				"by name":      {func(tx query) query { return tx.Scopes(named).Updates(&page{ID: 1, Folder: &folder{ID: 2}}) }, -1},
				"by a scope below": {func(tx query) query {
					return tx.Scopes(deep).Updates(&page{ID: 1, OwnerID: alice, Folder: &folder{ID: 2}})
				}, -1},
				"by a hook":          {func(tx query) query { return tx.Updates(&sticky{ID: 1, OwnerID: alice, Folder: &folder{ID: 2}}) }, -1},
				"by a hook, created": {func(tx query) query { return tx.Create(&sticky{ID: 3, OwnerID: alice, Folder: &folder{ID: 2}}) }, -1},
				"by Save":            {func(tx query) query { return tx.Scopes(back).Save(&page{ID: 2, Folder: &folder{ID: 2}}) }, -1},
			} {
				if err := errors.Join(db.Exec("DELETE FROM pages").Error,
					db.Create([]page{{ID: 1, OwnerID: alice}, {ID: 2, OwnerID: bob}}).Error); err != nil {
					t.Fatal(err)
				}
				result := row.write(policies.Filter(c, skip))
				if (result.Error != nil) != (row.rows < 0) || result.RowsAffected != max(row.rows, 0) {
					t.Errorf("%s: %d, %v", name, result.RowsAffected, result.Error)
				}
				var folders []folder
				if err := db.Order("id").Find(&folders).Error; err != nil || len(folders) != 2 || folders[1].OwnerID != bob {
					t.Fatalf("%s: the folders are %v, %v", name, folders, err)
				}
			}
		})
	})
}

// sticky is a page whose hook brings its associations back.
type sticky page

func (sticky) TableName() string { return "pages" }

func (*sticky) BeforeSave(tx *gorm.DB) error {
	tx.Statement.Omits = nil
	return nil
}

// TestFilterOfPreparedSessions checks that sessions with PrepareStmt can be
// filtered, and that a session made of a filter fails, whatever was prepared
// before.
func TestFilterOfPreparedSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		prepared := db.Session(&gorm.Session{PrepareStmt: true})
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for range 2 {
				if ids, err := found(policies.Filter(c, prepared)); len(ids) != 2 || err != nil {
					t.Errorf("found %v, %v", ids, err)
				}
				if ids, err := found(policies.Filter(c, db).Session(&gorm.Session{PrepareStmt: true})); len(ids) > 0 || err == nil {
					t.Errorf("late: %v, %v", ids, err)
				}
			}
			err := prepared.Transaction(func(tx *gorm.DB) error {
				result := policies.Filter(c, tx).Model(&paper{}).Where("1 = 1").Update("stars", 9)
				if result.RowsAffected != 2 {
					t.Errorf("updated %d", result.RowsAffected)
				}
				return result.Error
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
}

// TestFilterLeavesTheQueryAlone checks that a query can be filtered several
// times, and that what the caller does with it itself stays unfiltered.
func TestFilterLeavesTheQueryAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for name, query := range map[string]*gorm.DB{
				"without a context": db.Model(&paper{}),
				"with a context":    db.WithContext(c.Request.Context()).Model(&paper{}),
			} {
				for range 2 {
					var total int64
					if err := policies.Filter(c, query).Count(&total).Error; total != 2 || err != nil {
						t.Errorf("%s: counted %d, %v", name, total, err)
					}
				}
				var total int64
				if err := query.Count(&total).Error; total != 4 || err != nil {
					t.Errorf("%s: %d papers, %v", name, total, err)
				}
			}
		})
	})
}

// TestFilterBesideAPluginThatWritesClauses checks that a filter fails where a
// plugin writes every WHERE.
func TestFilterBesideAPluginThatWritesClauses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		builders := maps.Clone(db.ClauseBuilders)
		if builders == nil {
			builders = map[string]clause.ClauseBuilder{}
		}
		builders["WHERE"] = func(c clause.Clause, b clause.Builder) { c.Build(b) }
		other := db.Session(&gorm.Session{})
		other.ClauseBuilders = builders
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			if ids, err := found(policies.Filter(c, other)); len(ids) > 0 || err == nil {
				t.Errorf("found %v, %v", ids, err)
			}
		})
	})
}
