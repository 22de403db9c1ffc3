package policies

import (
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// rowSet is a set of rows: none, all, or those that fulfil a condition.
type rowSet struct {
	answer    answer
	condition clause.Expression // if the answer depends on the row
}

func (r rowSet) and(s rowSet) rowSet {
	switch {
	case r.answer == no || s.answer == yes:
		return r
	case s.answer == no || r.answer == yes:
		return s
	}
	return rowSet{depends, junction{r.condition, " AND ", s.condition}}
}

func (r rowSet) or(s rowSet) rowSet {
	switch {
	case r.answer == yes || s.answer == no:
		return r
	case s.answer == yes || r.answer == no:
		return s
	}
	return rowSet{depends, junction{r.condition, " OR ", s.condition}}
}

func (r rowSet) inverse() rowSet {
	if r.answer == depends {
		return rowSet{depends, notTrue{r.condition}}
	}
	return rowSet{answer: yes - r.answer}
}

// restrict adds the condition to a statement, apart from all others: an Or that
// the statement has, or gets later, does not widen it.
func (r rowSet) restrict(stmt *gorm.Statement) {
	condition := r.condition
	switch r.answer {
	case yes:
		return
	case no:
		condition = never
	}
	c := stmt.Clauses[clause.Where{}.Name()]
	fixed := &anchored{condition, c.Builder}
	exprs := []clause.Expression{fixed}
	if where, ok := c.Expression.(clause.Where); ok && len(where.Exprs) > 0 {
		exprs = []clause.Expression{conditions{where}, fixed}
	}
	c.Name = clause.Where{}.Name()
	c.Expression = clause.Where{Exprs: exprs}
	c.Builder = fixed.build
	stmt.Clauses[c.Name] = c
}

// anchored is a condition that holds whatever is added to the WHERE after it,
// by scopes that run later or by hooks.
type anchored struct {
	condition clause.Expression
	inner     clause.ClauseBuilder // of an earlier condition of this type, or nil
}

func (e *anchored) Build(b clause.Builder) { e.condition.Build(b) }

// build writes the clause. It repeats the condition unless that is still joined
// to all others by AND.
func (e *anchored) build(c clause.Clause, b clause.Builder) {
	stillBounded(b)
	where, _ := c.Expression.(clause.Where)
	isOr := func(expr clause.Expression) bool { _, or := expr.(clause.OrConditions); return or }
	if slices.ContainsFunc(where.Exprs, isOr) || !slices.Contains(where.Exprs, clause.Expression(e)) {
		c.Expression = clause.Where{Exprs: []clause.Expression{conditions{where}, e.condition}}
	}
	if c.Builder = nil; e.inner != nil {
		e.inner(c, b)
		return
	}
	c.Build(b)
}

// conditions is a whole WHERE in parentheses.
type conditions struct{ where clause.Where }

func (e conditions) Build(b clause.Builder) { parenthesized(b, e.where) }

// junction joins two conditions, in parentheses.
type junction struct {
	left     clause.Expression
	operator string
	right    clause.Expression
}

func (e junction) Build(b clause.Builder) {
	_ = b.WriteByte('(')
	e.left.Build(b)
	_, _ = b.WriteString(e.operator)
	e.right.Build(b)
	_ = b.WriteByte(')')
}

// notTrue negates a condition. NULL counts as false, so its negation is true.
type notTrue struct{ condition clause.Expression }

func (e notTrue) Build(b clause.Builder) {
	parenthesized(b, e.condition)
	_, _ = b.WriteString(" IS NOT TRUE")
}

func parenthesized(b clause.Builder, e clause.Expression) {
	_ = b.WriteByte('(')
	e.Build(b)
	_ = b.WriteByte(')')
}

// onlyConditions returns the conditions of a statement. It returns an error if
// the statement has anything else.
func onlyConditions(stmt *gorm.Statement) (clause.Where, error) {
	where, ok := stmt.Clauses[clause.Where{}.Name()].Expression.(clause.Where)
	extra := len(stmt.Clauses)
	if ok {
		extra--
	}
	opaque := stmt.SQL.Len() > 0 || hasScopes(stmt) // its conditions would be lost
	if extra > 0 || opaque || stmt.Unscoped || stmt.Distinct ||
		len(stmt.Joins)+len(stmt.Preloads)+len(stmt.Selects)+len(stmt.Omits) > 0 {
		return where, errors.New("may add conditions only, by Where, Or and Not; a sub-query takes the place of a join")
	}
	return where, nil
}
