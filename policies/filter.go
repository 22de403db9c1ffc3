package policies

import (
	"context"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/ginauth"
)

// Filterer is an optional ability of a [ginauth.ObjectPermission]: its rule as
// conditions of a query, so that [Filter] finds exactly the objects that
// HasObjectPermission lets pass. It is asked only if HasPermission lets the
// request pass.
//
// It returns tx with conditions added by Where, Or and Not, or as it is if the
// rule lets every object pass, and reports a failure by tx.AddError. tx is a
// query of the model, whose schema is parsed, and of nothing else; what else is
// added to it, such as joins or an order, is an error, since conditions must
// stand alone inside [All], [Any] and [Not]. A condition that is NULL counts as
// false.
type Filterer interface {
	Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB
}

// Filter applies the permissions of the request's route to a query, as
// conditions in SQL: it finds, counts, updates and deletes exactly the objects
// that the object check of the same request would let pass.
//
//	var page []Note
//	Filter(c, db).Order("id").Limit(20).Find(&page)
//
//	var total int64
//	Filter(c, db.Model(&Note{})).Count(&total)
//
// The conditions are added when the query runs, apart from all others, so that
// no Or in them can widen it. The result can be used for several queries. It
// has the request's context, unless db has one already.
//
// These fail with an error:
//   - a permission that has a rule about objects but is no [Filterer], or that
//     fails;
//   - raw SQL, a query without a model, a route without a guard;
//   - gorm.G and others that start a new query from db, transactions that begin
//     from it (scope inside of them), sessions with PrepareStmt that are made
//     of it (make them before), and the conditions of a join of an association;
//   - Table with another table than the model's, whose rows the permissions do
//     not know;
//   - Select of associations, which are deleted by their keys;
//   - what may reach rows beside those that the conditions name: an upsert, as
//     of Save or clause.OnConflict, modifiers such as OR REPLACE, other tables
//     in clause.Insert, clause.Update and clause.From, clauses that GORM does
//     not have, and SQL around a clause, as of hints.
//
// Updates leave associations alone; those that are preloaded are not filtered,
// nor is what is created. What hooks and the function of FindInBatches are
// given is a plain *gorm.DB, without the conditions: scope it again. To GORM
// the conditions are a WHERE, so that Delete of a row whose key is zero deletes
// every row that the rule allows: say which row by Where.
//
// The result may be a sub-query or a group of conditions of another query,
// db.Where(Filter(c, db.Model(&Note{}))), to which no further scopes may be
// chained. If it fails, the whole statement does. Negated, as in db.Not or NOT
// IN, it means the rows that the permissions refuse, for anonymous requests
// that own nothing all rows, so it must not decide what a client sees. Raw SQL
// of a sub-query that is called on the result is GORM's own, without the
// conditions, and is not noticed.
func Filter(c *gin.Context, db *gorm.DB) *gorm.DB {
	if db.Statement.Context == context.Background() {
		db = db.WithContext(c.Request.Context())
	}
	tx := db.Where(pending{}).Scopes(func(tx *gorm.DB) *gorm.DB {
		decided := false
		defer func() {
			if !decided { // a permission panics, see [ginauth.CheckObject]
				c.Abort()
			}
		}()
		err := restrict(c, tx)
		decided = true
		if err != nil {
			fail(tx, err)
		} else {
			ginauth.MarkObjectsChecked(c)
		}
		if err := unwritable(tx); err != nil {
			failSubquery(tx, err)
		}
		return tx.Scopes(afterOthers)
	})
	tx.Statement.ConnPool = unscoped{tx.Statement.ConnPool}
	tx = tx.Session(&gorm.Session{})
	tx.Config.ConnPool = unscoped{tx.Config.ConnPool} // which sessions with PrepareStmt take
	return tx
}

// undoable makes GORM's transaction around a write of a model with
// associations, also where it is to be skipped: that a hook has brought the
// associations back is found when the write itself is written, after rows that
// it belongs to.
func undoable(tx *gorm.DB) {
	if tx.SkipDefaultTransaction && hasRelations(tx, modelOf(tx.Statement)) {
		config := *tx.Config
		config.SkipDefaultTransaction = false
		tx.Config = &config
	}
}

// afterOthers is a scope that runs after those that were chained to a [Filter],
// whose Omit takes the place of its own.
func afterOthers(tx *gorm.DB) *gorm.DB {
	if err := leaveAssociations(tx.Statement, modelOf(tx.Statement)); err != nil {
		_ = tx.AddError(err)
	}
	undoable(tx)
	return tx
}

// modelOf returns the model of a statement that GORM has not parsed yet.
func modelOf(stmt *gorm.Statement) any {
	if stmt.Model != nil {
		return stmt.Model
	}
	return stmt.Dest
}

// unwritable returns the error for which GORM would write nothing of a
// sub-query, which it runs dry, or nothing of the conditions.
func unwritable(tx *gorm.DB) error {
	switch {
	case !tx.DryRun:
		return nil
	case tx.Error != nil:
		return tx.Error
	case tx.Statement.SQL.Len() > 0:
		return errRaw
	case tx.Statement.Model == nil:
		return nil
	}
	return (&gorm.Statement{DB: tx}).Parse(tx.Statement.Model)
}

// restrict adds the conditions of the route's permissions to a query that is
// about to run.
func restrict(c *gin.Context, tx *gorm.DB) error {
	classes, guarded := ginauth.PermissionsOf(c)
	if !guarded {
		return errors.New("policies: Filter was called on a route without a guard")
	}
	s := scoping{c: c, id: ginauth.Current(c), db: tx, model: modelOf(tx.Statement)}
	s.limits = limitsOf(s.id)
	if preparedLate(tx.Statement) {
		return errUnscoped
	}
	begin(tx.Statement)
	if err := fit(tx.Statement, s.model); err != nil {
		return err
	}
	rows, err := s.every(classes)
	if err == nil {
		rows.restrict(tx.Statement)
	}
	return err
}

// scoped returns tx with the conditions of p, for a permission of another
// package that is made of it. Such a one may invert them, so it is an error
// where alternatives without a scope do not count.
func scoped(c *gin.Context, id *ginauth.Identity, p ginauth.Permission, tx *gorm.DB) *gorm.DB {
	s := scoping{c: c, id: id, db: tx, model: tx.Statement.Model, limits: limitsOf(id)}
	rows, err := s.of(p)
	if err == nil && s.matter(p) {
		err = ginauth.InsufficientScope().Because(ginauth.ErrUnscopedBranch)
	}
	if err != nil {
		_ = tx.AddError(err)
		return tx
	}
	rows.restrict(tx.Statement)
	return tx
}

// Filter implements [Filterer].
func (p *composed) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	return scoped(c, id, p, tx)
}

// scoping turns permissions into conditions on the rows of a model.
type scoping struct {
	c     *gin.Context
	id    *ginauth.Identity
	db    *gorm.DB
	model any
	limits
}

// of returns the rows that a permission lets pass.
func (s scoping) of(p ginauth.Permission) (rows, error) {
	if s.lacks(p) {
		return rows{answer: no}, nil
	}
	switch p := p.(type) {
	case *composed:
		return s.ofComposed(p)
	case *reworded:
		r, err := s.of(p.permission)
		_, err = p.tell(nil, err)
		return r, err
	}
	return s.ofOne(p)
}

func (s scoping) ofComposed(p *composed) (rows, error) {
	switch p.operator {
	case all:
		return s.every(p.operands)
	case anyOf:
		return s.any(s.alternatives(p))
	}
	s.limits = s.inverse()
	r, err := s.of(p.operands[0])
	if err != nil {
		return rows{answer: no}, err
	}
	return r.inverse(), nil
}

func (s scoping) every(classes []ginauth.Permission) (rows, error) {
	result := rows{answer: yes}
	for _, p := range classes {
		r, err := s.of(p)
		if err != nil || r.answer == no {
			return rows{answer: no}, err
		}
		result = result.and(r)
	}
	return result, nil
}

func (s scoping) any(classes []ginauth.Permission) (rows, error) {
	result := rows{answer: no}
	for _, p := range classes {
		r, err := s.of(p)
		if err != nil {
			return rows{answer: no}, err
		}
		if r.answer == yes {
			return r, nil
		}
		result = result.or(r)
	}
	return result, nil
}

// ofOne asks a class that is not composed.
func (s scoping) ofOne(p ginauth.Permission) (rows, error) {
	refusing, err := ginauth.Decide(p, s.c, s.id)
	if errors.Is(err, ginauth.ErrUnscopedBranch) && s.narrow() {
		return rows{answer: no}, nil
	}
	if err != nil || refusing != nil {
		return rows{answer: no}, err
	}
	if scoper, ok := p.(Filterer); ok {
		return s.conditions(p, scoper)
	}
	if _, ok := p.(ginauth.ObjectPermission); ok { // also one that has no rule of its own, as drf.Not(IsAdminUser): it may refuse
		return rows{answer: no}, fmt.Errorf("policies: %s cannot be turned into conditions: it has no method Filter", ginauth.Name(p))
	}
	return rows{answer: yes}, nil
}

// conditions asks a Filterer, with a query of its own.
func (s scoping) conditions(p ginauth.Permission, scoper Filterer) (rows, error) {
	tx := s.db.Session(&gorm.Session{NewDB: true, Context: s.db.Statement.Context}).Model(s.model)
	if err := tx.Statement.Parse(s.model); err != nil {
		return rows{answer: no}, fmt.Errorf("policies: Filter needs a query with a model, such as db.Model(&Note{}): %w", err)
	}
	tx = scoper.Filter(s.c, s.id, tx)
	if tx == nil {
		return rows{answer: no}, fmt.Errorf("policies: %s: Filter returned nil", ginauth.Name(p))
	}
	if tx.Error != nil {
		return rows{answer: no}, fmt.Errorf("%s: %w", ginauth.Name(p), tx.Error)
	}
	where, err := onlyConditions(tx.Statement)
	switch {
	case err != nil:
		return rows{answer: no}, fmt.Errorf("policies: %s: Filter %w", ginauth.Name(p), err)
	case len(where.Exprs) == 0:
		return rows{answer: yes}, nil
	}
	return rows{depends, conditions{where}}, nil
}

// never is the condition that no row fulfils.
var never = clause.Expr{SQL: "1 = 0"}
