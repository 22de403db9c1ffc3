package policies

import (
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/ginauth"
)

// filtered returns tx with the conditions of p, for a permission of another
// package that asks p. That may invert them, so it is an error where
// alternatives without a scope do not count.
func filtered(c *gin.Context, id *ginauth.Identity, p ginauth.Permission, tx *gorm.DB) *gorm.DB {
	q := selection{c: c, id: id, db: tx, model: tx.Statement.Model, limits: limitsOf(id)}
	rows, err := q.of(p)
	if err == nil && q.matter(p) {
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
	return filtered(c, id, p, tx)
}

// selection turns permissions into conditions on the rows of a model. It
// mirrors [question]: what that asks about one object, this asks about all
// rows.
type selection struct {
	c     *gin.Context
	id    *ginauth.Identity
	db    *gorm.DB
	model any
	limits
}

// of returns the rows that a permission lets pass.
func (q selection) of(p ginauth.Permission) (rowSet, error) {
	if q.lacks(p) {
		return rowSet{answer: no}, nil
	}
	switch p := p.(type) {
	case *composed:
		return q.ofComposed(p)
	case *reworded:
		r, err := q.of(p.permission)
		_, err = p.tell(nil, err)
		return r, err
	}
	return q.ofOne(p)
}

func (q selection) ofComposed(p *composed) (rowSet, error) {
	switch p.operator {
	case all:
		return q.every(p.operands)
	case anyOf:
		return q.any(q.alternatives(p))
	}
	q.limits = q.inverse()
	r, err := q.of(p.operands[0])
	if err != nil {
		return rowSet{answer: no}, err
	}
	return r.inverse(), nil
}

func (q selection) every(classes []ginauth.Permission) (rowSet, error) {
	result := rowSet{answer: yes}
	for _, p := range classes {
		r, err := q.of(p)
		if err != nil || r.answer == no {
			return rowSet{answer: no}, err
		}
		result = result.and(r)
	}
	return result, nil
}

func (q selection) any(classes []ginauth.Permission) (rowSet, error) {
	result := rowSet{answer: no}
	for _, p := range classes {
		r, err := q.of(p)
		if err != nil {
			return rowSet{answer: no}, err
		}
		if r.answer == yes {
			return r, nil
		}
		result = result.or(r)
	}
	return result, nil
}

// ofOne returns the rows that a class lets pass which is not composed here.
func (q selection) ofOne(p ginauth.Permission) (rowSet, error) {
	refusing, err := ginauth.Question{Context: q.c, Identity: q.id}.Ask(p)
	if errors.Is(err, ginauth.ErrUnscopedBranch) && q.narrow() {
		return rowSet{answer: no}, nil
	}
	if err != nil || refusing != nil {
		return rowSet{answer: no}, err
	}
	if filterer, ok := p.(Filterer); ok {
		return q.conditions(p, filterer)
	}
	if _, ok := p.(ginauth.ObjectPermission); ok { // even without a rule of its own: drf.Not(IsAdminUser) may refuse
		return rowSet{answer: no}, fmt.Errorf("policies: %s cannot be turned into conditions: "+
			"it has no method Filter", ginauth.Name(p))
	}
	return rowSet{answer: yes}, nil
}

// conditions asks a [Filterer], giving it a query of its own.
func (q selection) conditions(p ginauth.Permission, filterer Filterer) (rowSet, error) {
	tx := q.db.Session(&gorm.Session{NewDB: true}).Model(q.model) // in the same context
	if err := tx.Statement.Parse(q.model); err != nil {
		return rowSet{answer: no}, fmt.Errorf("policies: Filter needs a query with a model, "+
			"such as db.Model(&Note{}): %w", err)
	}
	tx = filterer.Filter(q.c, q.id, tx)
	if tx == nil {
		return rowSet{answer: no}, fmt.Errorf("policies: %s: Filter returned nil", ginauth.Name(p))
	}
	if tx.Error != nil {
		return rowSet{answer: no}, fmt.Errorf("%s: %w", ginauth.Name(p), tx.Error)
	}
	where, err := onlyConditions(tx.Statement)
	switch {
	case err != nil:
		return rowSet{answer: no}, fmt.Errorf("policies: %s: Filter %w", ginauth.Name(p), err)
	case len(where.Exprs) == 0:
		return rowSet{answer: yes}, nil
	}
	return rowSet{depends, conditions{where}}, nil
}

// never is a condition that no row fulfils.
var never = clause.Expr{SQL: "1 = 0"}
