package policies_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// folder is a row with associations.
type folder struct {
	ID      int64
	OwnerID int64
	Sheets  []sheet
}

type sheet struct {
	ID       int64
	FolderID int64
	Folder   *folder
}

func newFolders(t *testing.T, db *gorm.DB) *desk {
	t.Helper()
	d := &desk{newSite(t, db), db}
	if err := db.AutoMigrate(&folder{}, &sheet{}); err != nil {
		t.Fatal(err)
	}
	for _, owner := range []int64{alice, bob} { // folder 1 is alice's and holds sheet 1
		if err := db.Create(&folder{OwnerID: owner, Sheets: []sheet{{}}}).Error; err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// TestLaterScopesCannotWidenAFilter checks scopes that are chained to a filter.
// GORM runs them later, and appends their Or to the conditions so far.
func TestLaterScopesCannotWidenAFilter(t *testing.T) {
	wide := func(tx *gorm.DB) *gorm.DB { return tx.Where("id = ?", 1).Or("id > ?", 0) }
	nested := func(tx *gorm.DB) *gorm.DB { return tx.Scopes(wide) }
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			scope := policies.Filter(c, db)
			for name, query := range map[string]*gorm.DB{
				"after": scope.Scopes(wide), "nested": scope.Scopes(nested), "before": policies.Filter(c, db.Scopes(nested)),
				"sub-query": db.Where("id IN (?)", scope.Model(&paper{}).Scopes(wide).Select("id")),
			} {
				if ids, err := found(query); len(ids) != 2 || err != nil {
					t.Errorf("%s: found %v, %v", name, ids, err)
				}
			}
			var n int64
			if err := scope.Model(&paper{}).Scopes(nested).Count(&n).Error; n != 2 || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
			if result := scope.Model(&paper{}).Scopes(wide).Update("stars", 1); result.RowsAffected != 2 || result.Error != nil {
				t.Errorf("updated %d, %v", result.RowsAffected, result.Error)
			}
			if result := scope.Scopes(wide).Delete(&paper{}); result.RowsAffected != 2 || result.Error != nil {
				t.Errorf("deleted %d, %v", result.RowsAffected, result.Error)
			}
		})
	})
}

// TestLaterScopesWithoutSoftDeletion is the same for a model to which GORM adds
// no condition, so that an Or would stand right beside the filter's.
func TestLaterScopesWithoutSoftDeletion(t *testing.T) {
	wide := func(tx *gorm.DB) *gorm.DB { return tx.Or("id > ?", 0) }
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newFolders(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			scope := policies.Filter(c, db)
			for name, query := range map[string]*gorm.DB{
				"one": scope.Scopes(wide), "two": scope.Scopes(wide, wide), "before": policies.Filter(c, db.Scopes(wide)),
				"after a condition": scope.Where("id < ?", 100).Scopes(wide),
			} {
				var ids []int64
				if err := query.Model(&folder{}).Order("id").Pluck("id", &ids).Error; len(ids) != 1 || err != nil {
					t.Errorf("%s: found %v, %v", name, ids, err)
				}
			}
			if result := scope.Model(&folder{}).Scopes(wide).Update("owner_id", bob); result.RowsAffected != 1 || result.Error != nil {
				t.Errorf("updated %d, %v", result.RowsAffected, result.Error)
			}
			if result := scope.Scopes(wide).Delete(&folder{}); result.RowsAffected != 0 || result.Error != nil {
				t.Errorf("deleted %d, %v", result.RowsAffected, result.Error)
			}
		})
	})
}

// TestWhatDoesNotTakeTheConditionsFails checks that queries which lose the
// conditions fail or find nothing.
func TestWhatDoesNotTakeTheConditionsFails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newFolders(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			scope := policies.Filter(c, db)
			if rows, err := gorm.G[folder](scope).Find(c.Request.Context()); len(rows) > 0 || err == nil {
				t.Errorf("gorm.G: %v, %v", rows, err)
			}
			if n, err := gorm.G[folder](scope).Where("1 = 1").Delete(c.Request.Context()); n > 0 || err == nil {
				t.Errorf("gorm.G deletes %d, %v", n, err)
			}
			if err := scope.Transaction(func(tx *gorm.DB) error { return tx.Find(&[]folder{}).Error }); err == nil {
				t.Error("a transaction from the scope")
			}
			var sheets []sheet
			err := db.Joins("Folder", policies.Filter(c, db.Model(&folder{}))).Find(&sheets).Error
			if err == nil || len(sheets) > 0 {
				t.Errorf("a join of an association: %+v, %v", sheets, err)
			}
			prepared := scope.Session(&gorm.Session{PrepareStmt: true})
			if err := prepared.Session(&gorm.Session{NewDB: true}).Find(&sheets).Error; err == nil || len(sheets) > 0 {
				t.Errorf("a session with PrepareStmt: %+v, %v", sheets, err)
			}
			err = db.Transaction(func(tx *gorm.DB) error {
				var mine []folder
				if err := policies.Filter(c, tx).Preload("Sheets").Find(&mine).Error; len(mine) != 1 || len(mine[0].Sheets) != 1 {
					t.Errorf("in a transaction: %v, %v", mine, err)
				}
				batches := 0
				return policies.Filter(c, tx).FindInBatches(&mine, 1, func(*gorm.DB, int) error { batches++; return nil }).Error
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
}

// TestAssociationsOfOthersStayWhereTheyAre checks that a write leaves
// associations alone. GORM writes them by their keys, whether or not their
// owner is found.
func TestAssociationsOfOthersStayWhereTheyAre(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newFolders(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			scope := policies.Filter(c, db)
			for name, result := range map[string]*gorm.DB{
				"deleted by name": scope.Select("Sheets").Delete(&folder{ID: 2}),
				"deleted by all":  scope.Select(clause.Associations).Delete(&folder{ID: 2}),
				"updated by name": scope.Select("Sheets").Updates(&folder{ID: 2, Sheets: []sheet{{ID: 1}}}),
				"full save, by name": scope.Session(&gorm.Session{FullSaveAssociations: true}).Select("Sheets").
					Updates(&folder{ID: 2, Sheets: []sheet{{ID: 1}}}),
				"deleted by relation": scope.Model(&folder{ID: 2}).Select("Sheets").Delete(&folder{}),
			} {
				if result.Error == nil || result.RowsAffected > 0 {
					t.Errorf("%s: %d, %v", name, result.RowsAffected, result.Error)
				}
			}
			result := scope.Updates(&folder{ID: 2, OwnerID: alice, Sheets: []sheet{{ID: 1}, {}}})
			if result.RowsAffected > 0 || result.Error != nil {
				t.Errorf("another's: %d, %v", result.RowsAffected, result.Error)
			}
			if result := scope.Updates(&folder{ID: 1, OwnerID: alice, Sheets: []sheet{{ID: 2}}}); result.RowsAffected != 1 || result.Error != nil {
				t.Errorf("her own: %d, %v", result.RowsAffected, result.Error)
			}
			var sheets []sheet
			if err := db.Order("id").Find(&sheets).Error; err != nil || len(sheets) != 2 || sheets[0].FolderID != 1 || sheets[1].FolderID != 2 {
				t.Errorf("the sheets are %v, %v", sheets, err)
			}
		})
	})
}
