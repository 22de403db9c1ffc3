package policies

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// leaf is a model of GORM's.
type leaf struct {
	ID   int64
	Name string
}

// TestGORMInternals fails when GORM changes what filter_gorm.go knows of it. It
// asks GORM alone: no filter is applied.
func TestGORMInternals(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.AutoMigrate(&leaf{}); err != nil {
		t.Fatal(err)
	}
	dry := db.Session(&gorm.Session{DryRun: true, SkipDefaultTransaction: true})
	for _, row := range []struct {
		name  string
		holds func() bool
	}{
		{"a query without a context has context.Background", func() bool {
			return !hasContext(db) && !hasContext(db.Model(&leaf{})) && !hasContext(db.Session(&gorm.Session{}))
		}},
		{"a query with a context has that", func() bool { return hasContext(db.WithContext(context.WithValue(t.Context(), row{}, 1))) }},
		{"scopes wait in a field", func() bool {
			field, ok := reflect.TypeFor[gorm.Statement]().FieldByName("scopes")
			return ok && field.Type == reflect.TypeFor[[]func(*gorm.DB) *gorm.DB]() &&
				!hasScopes(db.Model(&leaf{}).Statement) && hasScopes(db.Model(&leaf{}).Scopes(same).Statement)
		}},
		{"scopes of a scope run last", func() bool {
			var order []string
			note := func(name string) func(*gorm.DB) *gorm.DB {
				return func(tx *gorm.DB) *gorm.DB { order = append(order, name); return tx }
			}
			dry.Scopes(func(tx *gorm.DB) *gorm.DB { return runLast(tx, note("last")) }, note("second")).Scopes(note("third")).Find(&[]leaf{})
			return slices.Equal(order, []string{"second", "third", "last"})
		}},
		{"every statement has one of the clauses", func() bool {
			return !slices.ContainsFunc(statements(dry), func(stmt *gorm.Statement) bool {
				return !slices.ContainsFunc(alwaysBuilt[:], func(name string) bool { _, has := stmt.Clauses[name]; return has })
			})
		}},
		{"a builder of a clause writes it", func() bool {
			tx := dry.Where("id = 1")
			c := tx.Statement.Clauses["WHERE"]
			c.Builder = func(_ clause.Clause, b clause.Builder) { _, _ = b.WriteString("WHERE ours") }
			tx.Statement.Clauses["WHERE"] = c
			return strings.HasSuffix(tx.Where("id = 2").Find(&[]leaf{}).Statement.SQL.String(), "WHERE ours")
		}},
		{"a builder of the database comes first", func() bool {
			config := *dry.Config
			config.ClauseBuilders = map[string]clause.ClauseBuilder{
				"WHERE": func(_ clause.Clause, b clause.Builder) { _, _ = b.WriteString("WHERE theirs") },
			}
			tx := dry.Session(&gorm.Session{})
			tx.Config = &config
			return buildsWhere(tx) && !buildsWhere(dry) &&
				strings.HasSuffix(tx.Where("id = 2").Find(&[]leaf{}).Statement.SQL.String(), "WHERE theirs")
		}},
		{"a sub-query that has failed is left out", func() bool {
			sub := dry.Model(&leaf{}).Select("id")
			_ = sub.AddError(errRaw)
			tx := db.Session(&gorm.Session{DryRun: true}).Where("id IN (?)", sub).Find(&[]leaf{})
			return tx.Error == nil && strings.HasSuffix(tx.Statement.SQL.String(), "IN ()") && errors.Is(unwritten(sub), errRaw)
		}},
		{"a sub-query runs dry", func() bool {
			ran := false
			db.Where("id IN (?)", db.Model(&leaf{}).Select("id").Scopes(func(tx *gorm.DB) *gorm.DB { ran = tx.DryRun; return tx })).Find(&[]leaf{})
			return ran
		}},
		{"a session has a config of its own", func() bool {
			tx := disconnect(db.Model(&leaf{}))
			return tx.Config != db.Config && db.Find(&[]leaf{}).Error == nil && errors.Is(tx.Find(&[]leaf{}).Error, errUnfiltered)
		}},
		{"a session with PrepareStmt takes the connection of the config", func() bool {
			early, late := db.Session(&gorm.Session{PrepareStmt: true}), disconnect(db.Model(&leaf{})).Session(&gorm.Session{PrepareStmt: true})
			return connect(disconnect(early).Statement) && !connect(late.Statement)
		}},
		{"the connection of a statement is what it uses", func() bool {
			tx := disconnect(db.Model(&leaf{})).Where("id = 1")
			return connect(tx.Statement) && tx.Find(&[]leaf{}).Error == nil
		}},
		{"a config without a default transaction is copied", func() bool {
			tx := dry.Model(&leaf{})
			makeTransactional(tx)
			return !tx.SkipDefaultTransaction && dry.SkipDefaultTransaction
		}},
	} {
		if !row.holds() {
			t.Errorf("GORM has changed: %s", row.name)
		}
	}
}

type row struct{}

func same(tx *gorm.DB) *gorm.DB { return tx }

// statements returns one statement of each kind, as they were built.
func statements(dry *gorm.DB) (all []*gorm.Statement) {
	one, many, count := leaf{ID: 1, Name: "x"}, []leaf{}, int64(0)
	for _, tx := range []*gorm.DB{
		dry.Create(&one), dry.Save(&one), dry.Where("id = 1").Updates(leaf{Name: "y"}), dry.Model(&leaf{}).Where("id = 1").Update("name", "z"),
		dry.Where("id = 1").Delete(&leaf{}), dry.Find(&many), dry.Model(&leaf{}).Count(&count), dry.Model(&leaf{}).Pluck("id", &[]int64{}),
		dry.Clauses(clause.OnConflict{DoNothing: true}).Create(&one), dry.Limit(1).Find(&one),
	} {
		all = append(all, tx.Statement)
	}
	return all
}
