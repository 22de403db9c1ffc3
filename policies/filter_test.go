package policies_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

const alice, bob, staff = 1, 2, 3 // the keys of newSite's users

// desk is a site with papers, where alice makes all requests. She owns 1, 4 and
// the deleted 5.
type desk struct {
	*site
	db *gorm.DB
}

func newDesk(t *testing.T, db *gorm.DB) *desk {
	t.Helper()
	d := &desk{newSite(t, db), db}
	if err := db.AutoMigrate(&paper{}); err != nil {
		t.Fatal(err)
	}
	for _, owner := range []int64{alice, bob, staff, alice, alice} {
		if err := db.Create(&paper{OwnerID: owner}).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Delete(&paper{}, 5).Error; err != nil {
		t.Fatal(err)
	}
	return d
}

// within calls f in the handler of a route with this permission.
func (d *desk) within(t *testing.T, p ginauth.Permission, f func(c *gin.Context)) {
	t.Helper()
	engine, called := gin.New(), false
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Alice", fixed(t, d.db))),
		ginauth.Logger(slog.New(slog.DiscardHandler)))
	auth.With(engine, ginauth.PermissionClasses(p), ginauth.ObjectsInHandler()).GET("/papers", func(c *gin.Context) {
		called = true
		f(c)
	})
	answer := httptest.NewRecorder()
	engine.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/papers", nil))
	if !called {
		t.Fatalf("%s: %d %s", ginauth.Name(p), answer.Code, answer.Body)
	}
}

// owners returns the owners of the papers 1 to 5, deleted ones too, a digit
// each. A row that is gone is a blank.
func (d *desk) owners(t *testing.T) string {
	t.Helper()
	var papers []*paper
	if err := d.db.Unscoped().Find(&papers).Error; err != nil {
		t.Fatal(err)
	}
	owners := []byte("     ")
	for _, row := range papers {
		owners[row.ID-1] = byte('0' + row.OwnerID)
	}
	return string(owners)
}

func found(query *gorm.DB) ([]int64, error) {
	return find(func(dest *[]*paper) error { return query.Find(dest).Error })
}

// anything returns a rule that refuses every paper, with this filter.
func anything(scope func(tx *gorm.DB) *gorm.DB) ginauth.Permission {
	refuse := func(*gin.Context, *ginauth.Identity, *paper) (bool, error) { return false, nil }
	return policies.ObjectPermissionFunc("Anything", refuse,
		func(_ *gin.Context, _ *ginauth.Identity, tx *gorm.DB) *gorm.DB { return scope(tx) })
}

// TestAFiltererMayAddConditionsOnly checks that anything else is an error,
// inside compositions too, and that nothing is found.
func TestAFiltererMayAddConditionsOnly(t *testing.T) {
	type query = *gorm.DB
	scopes := map[string]func(tx query) query{
		"nil":                   func(query) query { return nil },
		"AddError":              func(tx query) query { _ = tx.AddError(errDown); return tx },
		"AddError, conditions":  func(tx query) query { _ = tx.AddError(errDown); return tx.Where("1 = 1") },
		"Joins":                 func(tx query) query { return tx.Joins("JOIN auth_user u ON u.id = owner_id") },
		"Order":                 func(tx query) query { return tx.Order("id") },
		"Limit":                 func(tx query) query { return tx.Where("1 = 1").Limit(1) },
		"Offset":                func(tx query) query { return tx.Offset(1) },
		"Group":                 func(tx query) query { return tx.Group("owner_id") },
		"Having":                func(tx query) query { return tx.Having("1 = 0") },
		"Select":                func(tx query) query { return tx.Select("id") },
		"Omit":                  func(tx query) query { return tx.Omit("stars") },
		"Distinct":              func(tx query) query { return tx.Distinct() },
		"Preload":               func(tx query) query { return tx.Preload("Owner") },
		"Unscoped":              func(tx query) query { return tx.Unscoped() },
		"Locking":               func(tx query) query { return tx.Clauses(clause.Locking{Strength: "UPDATE"}) },
		"Raw":                   func(tx query) query { return tx.Raw("SELECT * FROM core_paper WHERE 1 = 0") },
		"Scopes":                func(tx query) query { return tx.Scopes(func(tx query) query { return tx.Where("1 = 0") }) },
		"Find":                  func(tx query) query { return tx.Find(&[]*paper{}) },
		"Count":                 func(tx query) query { return tx.Where("1 = 0").Count(new(int64)) },
		"Count, then as it was": func(tx query) query { tx.Count(new(int64)); return tx },
	}
	own := policies.IsOwner("owner_id")
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		for name, scope := range scopes {
			p := anything(scope)
			for _, class := range []ginauth.Permission{p, policies.Conceal(p), policies.Not(p), policies.Any(p, own),
				policies.Any(policies.IsAdminUser, policies.Not(policies.Not(p))), policies.All(own, policies.Conceal(policies.Not(p)))} {
				d.within(t, class, func(c *gin.Context) {
					if ids, err := found(policies.Filter(c, db)); err == nil || len(ids) > 0 {
						t.Errorf("%s in %s: found %v, %v", name, ginauth.Name(class), ids, err)
					}
				})
			}
		}
	})
}

// core is another model than paper, with Django's name.
type core struct {
	ID      int64
	OwnerID int64
}

func (core) TableName() string  { return "core_note" }
func (core) ModelLabel() string { return "core.note" }

// noConditions has a rule about objects, and no filter.
type noConditions struct{ ginauth.Permission }

func (noConditions) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return true, nil
}

// TestFilterFailsWhereItCannotBeExact checks that such a query is an error that
// finds and changes nothing.
func TestFilterFailsWhereItCannotBeExact(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d, own := newDesk(t, db), policies.IsOwner("owner_id")
		rule := policies.ObjectPermissionFunc("Mine", func(*gin.Context, *ginauth.Identity, *paper) (bool, error) { return true, nil })
		view := policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap(), ObjectOnly: true}
		list := func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]*paper{}) }
		for _, row := range []struct {
			name  string
			class ginauth.Permission
			query func(tx *gorm.DB) *gorm.DB
			why   string
		}{
			{"raw SQL", own, func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT * FROM core_paper").Scan(&[]*paper{}) }, "raw SQL"},
			{"a raw statement", own, func(tx *gorm.DB) *gorm.DB { return tx.Exec("DELETE FROM core_paper") }, "raw SQL"},
			{"no model", own, func(tx *gorm.DB) *gorm.DB { return tx.Table("core_paper").Find(&[]map[string]any{}) }, "a query with a model"},
			{"no model at all", own, func(tx *gorm.DB) *gorm.DB { return tx.Table("core_paper").Count(new(int64)) }, "a query with a model"},
			{"a model without the column", own, func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]*models.Group{}) }, `no column "owner_id"`},
			{"another model", policies.ObjectPermissions[core](db, view), list, "cannot filter"},
			{"no method Filter", noConditions{policies.AllowAny}, list, "has no method Filter"},
			{"no method Filter, negated", policies.Not(noConditions{policies.AllowAny}), list, "has no method Filter"},
			{"no filter", rule, list, "give ObjectPermissionFunc a filter"},
			{"DRF's operators", drf.Any(policies.IsAuthenticated, own), list, "has no method Filter"},
			{"DRF's, which refuse every object", drf.Not(policies.IsAdminUser), list, "has no method Filter"},
			{"DRF's, inside", policies.Any(drf.Not(policies.IsAdminUser), own), list, "has no method Filter"},
			{"an upsert", own, func(tx *gorm.DB) *gorm.DB { return tx.Save(&paper{ID: 2, OwnerID: alice}) }, "clause ON CONFLICT"},
		} {
			d.within(t, row.class, func(c *gin.Context) {
				result := row.query(policies.Filter(c, db))
				if result.Error == nil || !strings.Contains(result.Error.Error(), row.why) || result.RowsAffected > 0 {
					t.Errorf("%s: %d rows, %v", row.name, result.RowsAffected, result.Error)
				}
			})
			if got := d.owners(t); got != "12311" {
				t.Fatalf("%s has changed the papers: %s", row.name, got)
			}
		}
	})
}

// TestFilterChangesOnlyWhatItFinds checks writes whose own Or could widen the
// conditions.
func TestFilterChangesOnlyWhatItFinds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		d := newDesk(t, db)
		d.within(t, policies.IsOwner("owner_id"), func(c *gin.Context) {
			scope := policies.Filter(c, db)
			update := scope.Model(&paper{}).Where("id = ?", 1).Or("1 = 1").Update("owner_id", staff)
			if err := errors.Join(update.Error, db.Model(&paper{}).Where("id = ?", 1).Update("owner_id", alice).Error); err != nil {
				t.Error(err)
			}
			if update.RowsAffected != 2 || d.owners(t) != "12331" {
				t.Errorf("updated %d: %s", update.RowsAffected, d.owners(t))
			}
			gone := scope.Unscoped().Where("id > ?", 0).Or("1 = 1").Delete(&paper{})
			if gone.Error != nil || gone.RowsAffected != 2 || d.owners(t) != " 233 " {
				t.Errorf("deleted %d: %s, %v", gone.RowsAffected, d.owners(t), gone.Error)
			}
		})
	})
}
