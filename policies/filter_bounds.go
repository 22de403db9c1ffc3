package policies

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

var errRaw = errors.New("policies: Filter cannot be applied to raw SQL")

// bind confines a statement to the rows of its model that its conditions name,
// or returns why that is impossible.
func bind(stmt *gorm.Statement, model any) error {
	if stmt.SQL.Len() > 0 {
		return errRaw
	}
	if stmt.Model != nil {
		if err := (&gorm.Statement{DB: stmt.DB}).Parse(stmt.Model); err != nil {
			return fmt.Errorf("policies: Filter: %T is not a model: %w", stmt.Model, err)
		}
	}
	if err := bounded(stmt); err != nil {
		return err
	}
	if c := stmt.Clauses[clause.Where{}.Name()]; c.Builder != nil && !isAnchored(c) || buildsWhere(stmt.DB) {
		return errors.New("policies: Filter cannot filter a statement whose WHERE is written by other code")
	}
	watch(stmt)
	return leaveAssociations(stmt, model)
}

// leaveAssociations makes a statement leave the associations of its model
// alone. GORM writes them by their keys, whether or not their owner is found.
func leaveAssociations(stmt *gorm.Statement, model any) error {
	relations := relationsOf(stmt.DB, model)
	if len(relations) == 0 {
		return nil
	}
	for _, name := range stmt.Selects {
		if relations[name] != nil || name == clause.Associations {
			return errors.New("policies: Filter cannot filter the association " + name + "; " +
				"load what may be changed, then change that by a query of its own")
		}
	}
	if !slices.Contains(stmt.Omits, clause.Associations) {
		stmt.Omits = append(slices.Clone(stmt.Omits), clause.Associations)
	}
	return nil
}

// relationsOf returns the associations of a model by their names.
func relationsOf(db *gorm.DB, model any) map[string]*schema.Relationship {
	if model == nil {
		return nil
	}
	parsed := &gorm.Statement{DB: db}
	if parsed.Parse(model) != nil {
		return nil
	}
	return parsed.Schema.Relationships.Relations
}

// bounded returns an error if a clause of a statement may have an effect beyond
// the rows of the model that its WHERE names. Allowed are the clauses of GORM
// that are known to have none.
func bounded(stmt *gorm.Statement) error {
	if err := elsewhere(stmt); err != nil {
		return err
	}
	for name, c := range stmt.Clauses {
		ours := name == clause.Where{}.Name() || isWatched(c) // see bind
		around := c.BeforeExpression != nil || c.AfterNameExpression != nil || c.AfterExpression != nil
		if around || c.Builder != nil && !ours {
			return fmt.Errorf("policies: Filter cannot filter a statement with SQL around its clause %s; "+
				"leave out hints and the like", name)
		}
		if name != (clause.Select{}).Name() && !allowed(c.Expression) {
			return fmt.Errorf("policies: Filter cannot filter a statement with this clause %s (%T), "+
				"which may reach rows that the conditions do not name; "+
				"use Create, with clause.OnConflict{DoNothing: true} if need be, Updates or Delete", name, c.Expression)
		}
	}
	return nil
}

// isAnchored reports whether a [Filter] writes the WHERE.
func isAnchored(c clause.Clause) bool {
	where, _ := c.Expression.(clause.Where)
	return slices.ContainsFunc(where.Exprs, func(e clause.Expression) bool { _, ours := e.(*anchored); return ours })
}

func allowed(e clause.Expression) bool {
	switch e := e.(type) {
	case nil, clause.Where, clause.GroupBy, clause.OrderBy, clause.Limit, clause.Locking,
		clause.Returning, clause.Set, clause.Values:
		return true
	case clause.From:
		return len(e.Tables) == 0 // beside the model's
	case clause.Insert:
		return e == clause.Insert{}
	case clause.Update:
		return e == clause.Update{}
	case clause.Delete:
		return e == clause.Delete{}
	case clause.OnConflict:
		changes := !e.DoNothing || e.UpdateAll || len(e.DoUpdates) > 0
		raw := slices.ContainsFunc(e.Columns, func(c clause.Column) bool { return c.Raw })
		return !changes && !raw && e.OnConstraint == "" && len(e.Where.Exprs)+len(e.TargetWhere.Exprs) == 0
	}
	return false
}

// stillBounded is [bounded] for a statement that is being written, to which
// hooks and later scopes may have added.
func stillBounded(b clause.Builder) {
	stmt, ok := b.(*gorm.Statement)
	if !ok || stmt.Clauses == nil || stmt.Error != nil {
		return
	}
	err := bounded(stmt)
	omitted := slices.Contains(stmt.Omits, clause.Associations)
	if err == nil && writes(stmt) && !omitted && len(relationsOf(stmt.DB, stmt.Model)) > 0 {
		err = errors.New("policies: Filter cannot filter associations: omit clause.Associations")
	}
	if err == nil {
		return
	}
	_ = stmt.AddError(err)
	if stmt.DryRun { // GORM drops the errors of a sub-query
		stmt.AddVar(stmt, unsendable{err})
	}
}

func writes(stmt *gorm.Statement) bool {
	return stmt.Clauses[clause.Set{}.Name()].Expression != nil || stmt.Clauses[clause.Values{}.Name()].Expression != nil
}

// watch checks every statement once more when it is written, including those
// without a WHERE: an INSERT, and a statement about every row.
func watch(stmt *gorm.Statement) {
	for _, name := range alwaysBuilt {
		c := stmt.Clauses[name]
		c.Builder = watched
		stmt.Clauses[name] = c
	}
}

func watched(c clause.Clause, b clause.Builder) {
	stillBounded(b)
	c.Builder = nil
	c.Build(b)
}

func isWatched(c clause.Clause) bool {
	return c.Builder != nil && reflect.ValueOf(c.Builder).Pointer() == reflect.ValueOf(watched).Pointer()
}

// elsewhere returns an error if a statement is about a table other than that of
// its model, to whose rows the permissions apply. An alias, another schema and
// a sub-query, which cannot be written to, do not count as other tables.
func elsewhere(stmt *gorm.Statement) error {
	if stmt.TableExpr == nil || stmt.Model == nil {
		return nil
	}
	parsed := &gorm.Statement{DB: stmt.DB}
	if parsed.Parse(stmt.Model) != nil {
		return nil //nolint:nilerr // GORM fails where it cannot parse the model
	}
	name, _, _ := strings.Cut(strings.Join(strings.Fields(stmt.TableExpr.SQL), " "), " ")
	if strings.HasPrefix(name, "(") || bare(name) == bare(parsed.Schema.Table) {
		return nil
	}
	return fmt.Errorf("policies: Filter is about the table %s of %T, but the statement is about %s: "+
		"use a model of that table", parsed.Schema.Table, stmt.Model, stmt.TableExpr.SQL)
}

// bare returns the name of a table without quotes and schema.
func bare(name string) string {
	name = strings.NewReplacer("`", "", `"`, "").Replace(name)
	return name[strings.LastIndex(name, ".")+1:]
}
