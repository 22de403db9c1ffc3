package policies_test

import (
	"errors"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

type query = *gorm.DB

// inside holds the ways to use a filter inside another query, with the number
// of papers that alice, who owns 1 and 4, gets by each. scope is a filter of
// papers.
var inside = []struct {
	name string
	find func(db, scope query) query
	want int
}{
	{"group", func(db, scope query) query { return db.Where(scope) }, 2},
	{"group beside", func(db, scope query) query { return db.Where("id > 0").Where(scope) }, 2},
	{"group in a group", func(db, scope query) query { return db.Where(db.Where(scope).Where("id > 0")) }, 2},
	{"Not of a group", func(db, scope query) query { return db.Not(scope) }, 2},
	{"Not of Not", func(db, scope query) query { return db.Not(db.Not(scope)) }, 2},
	{"Or of a group", func(db, scope query) query { return db.Where("id = 0").Or(scope) }, 2},
	{"Having", func(db, scope query) query { return db.Group("id").Having(scope) }, 2},
	{"IN", func(db, scope query) query { return db.Where("id IN (?)", scope.Select("id")) }, 2},
	{"NOT IN", func(db, scope query) query { return db.Where("id NOT IN (?)", scope.Select("id")) }, 2},
	{"Not of IN", func(db, scope query) query { return db.Not("id IN (?)", scope.Select("id")) }, 2},
	{"Not of a map", func(db, scope query) query {
		return db.Not(map[string]any{"id": gorm.Expr("ANY (?)", scope.Select("id"))})
	}, -1},
	{"Or NOT IN", func(db, scope query) query { return db.Where("id = 0").Or("id NOT IN (?)", scope.Select("id")) }, 2},
	{"EXISTS", func(db, scope query) query { return db.Where("EXISTS (?)", scope.Select("id")) }, 4},
	{"NOT EXISTS", func(db, scope query) query { return db.Where("NOT EXISTS (?)", scope.Select("id")) }, 0},
	{"named", func(db, scope query) query {
		return db.Where("id NOT IN (@ids)", map[string]any{"ids": scope.Select("id")})
	}, 2},
	{"sub-query of a sub-query", func(db, scope query) query {
		return db.Where("id NOT IN (?)", db.Model(&paper{}).Select("id").Where("id IN (?)", scope.Select("id")))
	}, 2},
	{"group of a sub-query", func(db, scope query) query {
		return db.Where("id NOT IN (?)", db.Model(&paper{}).Select("id").Not(scope))
	}, 2},
	{"FROM", func(db, scope query) query { return db.Table("(?) AS core_paper", scope) }, 2},
	{"raw join", func(db, scope query) query {
		return db.Joins("LEFT JOIN (?) AS mine ON mine.id = core_paper.id", scope.Select("id")).Where("mine.id IS NULL")
	}, 2},
	{"raw SQL", func(db, scope query) query {
		return db.Raw("SELECT * FROM core_paper WHERE id NOT IN (?) AND deleted_at IS NULL", scope.Select("id"))
	}, 2},
	{"an expression", func(db, scope query) query {
		return db.Where(clause.Not(clause.Expr{SQL: "id IN (?)", Vars: []any{scope.Select("id")}}))
	}, 2},
	{"order", func(db, scope query) query {
		return db.Order(clause.OrderBy{Expression: clause.Expr{SQL: "id IN (?)", Vars: []any{scope.Select("id")}}})
	}, 4},
}

// TestAFilterThatFailsInsideAnotherQuery checks that the whole statement fails,
// whether or not the filter is negated.
func TestAFilterThatFailsInsideAnotherQuery(t *testing.T) {
	outage := policies.PermissionFunc("Outage", func(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil })
	own := policies.IsOwner("owner_id")
	down := anything(func(tx query) query { _ = tx.AddError(errDown); return tx })
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		for _, row := range []struct {
			name  string
			class ginauth.Permission
			scope func(c *gin.Context) query
			fails bool
		}{
			{"that works", own, func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, false},
			{"without a rule of its own", outage, func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, false},
			{"in an outage", down, func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, true},
			{"in an outage, negated", policies.Not(down), func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, true},
			{"of no column", policies.IsOwner("nonesuch"), func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, true},
			{"of no method Filter", noConditions{policies.AllowAny},
				func(c *gin.Context) query { return policies.Filter(c, db.Model(&paper{})) }, true},
			{"of no model", own, func(c *gin.Context) query { return policies.Filter(c, db.Table("core_paper")) }, true},
			{"of no struct", own, func(c *gin.Context) query { return policies.Filter(c, db.Model(7)) }, true},
			{"of no struct, for all", policies.AllowAny, func(c *gin.Context) query { return policies.Filter(c, db.Model(7)) }, true},
			{"of a query that failed before", own, func(c *gin.Context) query {
				tx := db.Model(&paper{})
				_ = tx.AddError(errDown)
				return policies.Filter(c, tx)
			}, true},
			{"of an upsert", own, func(c *gin.Context) query {
				return policies.Filter(c, db.Model(&paper{})).Clauses(clause.OnConflict{UpdateAll: true})
			}, true},
			{"without a guard", own, func(*gin.Context) query { return policies.Filter(requestFrom("192.0.2.1:1", ""), db.Model(&paper{})) }, true},
		} {
			for _, use := range inside {
				if use.want < 0 && db.Name() == "sqlite" {
					continue
				}
				d.within(t, row.class, func(c *gin.Context) {
					var papers []*paper
					err := use.find(db, row.scope(c)).Find(&papers).Error
					switch {
					case row.fails && (err == nil || len(papers) > 0):
						t.Errorf("%s of a filter %s: found %d, %v", use.name, row.name, len(papers), err)
					case row.name == "in an outage" && !errors.Is(err, errDown):
						t.Errorf("%s of a filter %s: %v, not its own error", use.name, row.name, err)
					case row.name == "that works" && (err != nil || use.want >= 0 && len(papers) != use.want):
						t.Errorf("%s of a filter %s: found %d, want %d, %v", use.name, row.name, len(papers), use.want, err)
					}
					if row.fails && use.name != "FROM" && use.name != "order" { // which GORM leaves out
						d.changesNothing(t, use.find(db.Model(&paper{}).Session(&gorm.Session{}), row.scope(c)), use.name+" "+row.name)
					}
				})
			}
		}
	})
}

// changesNothing counts, updates and deletes by a query that has failed.
func (d *desk) changesNothing(t *testing.T, tx query, name string) {
	t.Helper()
	tx = tx.Session(&gorm.Session{})
	var n int64
	if err := tx.Count(&n).Error; err == nil || n > 0 {
		t.Errorf("%s: counted %d, %v", name, n, err)
	}
	if tx.Statement.SQL.Len() > 0 {
		return // raw
	}
	if err := tx.Update("owner_id", bob).Error; err == nil {
		t.Errorf("%s: updated", name)
	}
	if err := tx.Unscoped().Delete(&paper{}).Error; err == nil {
		t.Errorf("%s: deleted", name)
	}
	if got := d.owners(t); got != "12311" {
		t.Fatalf("%s has changed the papers: %s", name, got)
	}
}
