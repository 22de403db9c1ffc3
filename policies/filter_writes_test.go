package policies_test

import (
	"errors"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// greedy is a paper whose hooks widen what is written.
type greedy paper

func (greedy) TableName() string { return "core_paper" }

func (*greedy) BeforeCreate(tx *gorm.DB) error {
	tx.Statement.AddClause(clause.OnConflict{UpdateAll: true})
	return nil
}

func (*greedy) BeforeUpdate(tx *gorm.DB) error {
	tx.Statement.AddClause(clause.Update{Modifier: "OR REPLACE"})
	return nil
}

// union is a clause that GORM does not have.
type union struct{ clause.Expr }

func (union) Name() string                   { return "FOR" } // which is written last
func (u union) MergeClause(c *clause.Clause) { c.Name, c.Expression = "UNION", u }

// around puts SQL around a clause, as hints do.
type around struct {
	clause.Expression
	name, sql string
}

func (a around) ModifyStatement(stmt *gorm.Statement) {
	c := stmt.Clauses[a.name]
	c.Name, c.AfterExpression = a.name, clause.Expr{SQL: a.sql}
	stmt.Clauses[a.name] = c
}

// TestWritesThroughAFilterReachNoOtherRow checks writes by alice, who owns 1, 4
// and 5. Statements that could reach bob's paper 2 are refused, even if they
// would not.
func TestWritesThroughAFilterReachNoOtherRow(t *testing.T) {
	grab := map[string]any{"id": 2, "owner_id": alice}
	on := func(clauses ...clause.Expression) func(tx query) query {
		return func(tx query) query { return tx.Model(&paper{}).Clauses(clauses...).Create(grab) }
	}
	update := func(clauses ...clause.Expression) func(tx query) query {
		return func(tx query) query { return tx.Model(&paper{}).Clauses(clauses...).Where("id = 1").Update("id", 2) }
	}
	writes := map[string]func(tx query) query{
		"OR REPLACE":         on(clause.Insert{Modifier: "OR REPLACE"}),
		"OR REPLACE, in two": on(clause.Insert{Modifier: "OR"}, clause.Insert{Table: clause.Table{Name: "core_paper"}}),
		"another table":      on(clause.Insert{Table: clause.Table{Name: "auth_group"}}),
		"DO UPDATE": on(clause.OnConflict{Columns: []clause.Column{{Name: "id"}},
			DoUpdates: clause.Assignments(map[string]any{"owner_id": 1})}),
		"UPDATE ALL":         on(clause.OnConflict{UpdateAll: true}),
		"DO NOTHING and all": on(clause.OnConflict{DoNothing: true, UpdateAll: true}),
		"DO NOTHING of a raw one": on(clause.OnConflict{DoNothing: true,
			Columns: []clause.Column{{Name: "id) DO UPDATE SET owner_id = 1 --", Raw: true}}}),
		"DO NOTHING by constraint": on(clause.OnConflict{DoNothing: true, OnConstraint: "x DO UPDATE SET owner_id = 1 --"}),
		"around VALUES":            on(around{name: "VALUES", sql: "ON CONFLICT (id) DO UPDATE SET owner_id = 1"}),
		"a later scope": func(tx query) query {
			return tx.Model(&paper{}).Scopes(func(tx query) query { return tx.Clauses(clause.Insert{Modifier: "OR REPLACE"}) }).Create(grab)
		},
		"a nested scope": func(tx query) query {
			return tx.Model(&paper{}).Scopes(func(tx query) query {
				return tx.Scopes(func(tx query) query { return tx.Clauses(clause.OnConflict{UpdateAll: true}) })
			}).Create(grab)
		},
		"a hook":                  func(tx query) query { return tx.Create(&greedy{ID: 2, OwnerID: alice}) },
		"a hook, many":            func(tx query) query { return tx.Create([]*greedy{{ID: 2, OwnerID: alice}}) },
		"Save":                    func(tx query) query { return tx.Save(&paper{ID: 2, OwnerID: alice}) },
		"Save, many":              func(tx query) query { return tx.Save([]*paper{{ID: 2, OwnerID: alice}}) },
		"Create of what is there": func(tx query) query { return tx.Create(&paper{ID: 2, OwnerID: alice}) },
		"in batches": func(tx query) query {
			return tx.CreateInBatches([]*paper{{OwnerID: alice}, {ID: 2, OwnerID: alice}}, 1)
		},
		"in batches, with clauses": func(tx query) query {
			return tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches([]*paper{{ID: 2}}, 9)
		},
		"FirstOrCreate":           func(tx query) query { return tx.FirstOrCreate(&paper{ID: 2, OwnerID: alice}, "id = 2") },
		"UPDATE OR REPLACE":       update(clause.Update{Modifier: "OR REPLACE"}),
		"UPDATE of another table": update(clause.Update{Table: clause.Table{Name: "auth_user", Alias: "core_paper"}}),
		"UPDATE, around WHERE": update(around{name: "WHERE", sql: "OR 1 = 1"},
			clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "id = 1"}}}),
		"UPDATE, by a hook": func(tx query) query { return tx.Model(&greedy{ID: 1}).Update("id", 2) },
		"DELETE with a modifier": func(tx query) query {
			return tx.Clauses(clause.Delete{Modifier: "FROM core_paper --"}).Unscoped().Delete(&paper{}, 1)
		},
		"DELETE from another table": func(tx query) query {
			return tx.Clauses(clause.From{Tables: []clause.Table{{Name: "core_paper"}}}).Unscoped().Delete(&paper{}, 1)
		},
		"Exec": func(tx query) query { return tx.Exec("UPDATE core_paper SET owner_id = 1") },
		"Raw": func(tx query) query {
			return tx.Raw("UPDATE core_paper SET owner_id = 1 RETURNING id").Scan(&[]int64{})
		},
		"a new session": func(tx query) query { return tx.Session(&gorm.Session{NewDB: true}).Where("id = 2").Delete(&paper{}) },
		"a read of a union": func(tx query) query {
			return tx.Clauses(union{clause.Expr{SQL: "SELECT * FROM core_paper"}}).Find(&[]paper{})
		},
		"a read around FROM": func(tx query) query { return tx.Clauses(around{name: "FROM", sql: ", core_paper p"}).Find(&[]paper{}) },
		"nothing that exists": func(tx query) query {
			return tx.Model(&paper{}).Clauses(clause.Set{{Column: clause.Column{Name: "owner_id"}, Value: 1}}).
				Where("id = 2").Updates(map[string]any{})
		},
	}
	harmless := map[string]bool{"nothing that exists": true}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for name, write := range writes {
				result := write(policies.Filter(c, db))
				if (result.Error == nil) != harmless[name] || result.RowsAffected > 0 {
					t.Errorf("%s: %d rows, %v", name, result.RowsAffected, result.Error)
				}
				if got := d.owners(t); got != "12311" {
					t.Fatalf("%s has changed the papers: %s", name, got)
				}
			}
			for name, write := range map[string]func(tx query) query{
				"DO NOTHING":           on(clause.OnConflict{DoNothing: true}),
				"DO NOTHING by column": on(clause.OnConflict{DoNothing: true, Columns: []clause.Column{{Name: "id"}}}),
				"foreign rows": func(tx query) query {
					return tx.Model(&paper{}).Clauses(clause.Returning{}).Where("id = 2").Update("owner_id", alice)
				},
				"foreign rows, all columns": func(tx query) query { return tx.Select("*").Updates(&paper{ID: 2, OwnerID: alice}) },
				"foreign rows, without any": func(tx query) query { return tx.Omit("stars").Updates(&paper{ID: 2, OwnerID: alice}) },
				"foreign rows, deleted":     func(tx query) query { return tx.Unscoped().Clauses(clause.Returning{}).Delete(&[]paper{{ID: 2}}) },
			} {
				if result := write(policies.Filter(c, db)); result.Error != nil || result.RowsAffected > 0 || d.owners(t) != "12311" {
					t.Errorf("%s: %d rows, %v, %s", name, result.RowsAffected, result.Error, d.owners(t))
				}
			}
			if result := policies.Filter(c, db).Create(&paper{ID: 6, OwnerID: alice}); result.Error != nil || result.RowsAffected != 1 {
				t.Errorf("Create: %d, %v", result.RowsAffected, result.Error)
			}
		})
	})
}

// TestAssociationsThroughAFilter checks association mode, which writes rows by
// their keys: it is refused, or reaches no row of another owner.
func TestAssociationsThroughAFilter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newFolders(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			for name, change := range map[string]func(a *gorm.Association) error{
				"Append":         func(a *gorm.Association) error { return a.Append(&sheet{ID: 1}) },
				"Replace":        func(a *gorm.Association) error { return a.Replace(&sheet{ID: 1}) },
				"Delete":         func(a *gorm.Association) error { return a.Delete(&sheet{ID: 2}) },
				"Clear":          func(a *gorm.Association) error { return a.Clear() },
				"unscoped Clear": func(a *gorm.Association) error { return a.Unscoped().Clear() },
			} {
				for _, full := range []bool{false, true} {
					scope := policies.Filter(c, db).Session(&gorm.Session{FullSaveAssociations: full})
					if err := change(scope.Model(&folder{ID: 2}).Association("Sheets")); err == nil {
						t.Logf("%s: no error", name)
					}
					var sheets []sheet
					if err := db.Order("id").Find(&sheets).Error; err != nil || len(sheets) != 2 || sheets[0].FolderID != 1 || sheets[1].FolderID != 2 {
						t.Fatalf("%s: the sheets are %v, %v", name, sheets, err)
					}
				}
			}
			later := policies.Filter(c, db).Model(&folder{}).Scopes(func(tx query) query { return tx.Omit("id") })
			err := later.Updates(&folder{ID: 1, OwnerID: alice, Sheets: []sheet{{ID: 2}}}).Error
			var moved int64
			if err := errors.Join(err, db.Model(&sheet{}).Where("id = 2 AND folder_id = 1").Count(&moved).Error); moved > 0 || err != nil {
				t.Errorf("a later scope lets associations be written: %d, %v", moved, err)
			}
		})
	})
}
