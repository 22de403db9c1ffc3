package policies

import (
	"errors"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// Filterer is implemented by a [ginauth.ObjectPermission] whose rule can be
// said in SQL, so that [Filter] finds exactly the objects that
// HasObjectPermission lets pass. It is asked only if HasPermission lets the
// request pass.
//
// It returns tx with conditions added by Where, Or and Not, or unchanged if the
// rule lets every object pass, and reports a failure by tx.AddError. tx is a
// query of the model, whose schema is parsed, and of nothing else. Anything
// else added to it, such as joins or an order, is an error, since conditions
// must stand alone inside [All], [Any] and [Not]. A condition that is NULL
// counts as false.
type Filterer interface {
	Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB
}

// Filter applies the permissions of the request's route to a query, as
// conditions in SQL. The query finds, counts, updates and deletes exactly the
// objects that the object check of the same request would let pass.
//
//	var page []Note
//	Filter(c, db).Order("id").Limit(20).Find(&page)
//
//	var total int64
//	Filter(c, db.Model(&Note{})).Count(&total)
//
// The conditions are added when the query runs, apart from all others, so that
// no Or in those can widen them. The result can be used for several queries. It
// has the request's context, unless db has a context already.
//
// These fail with an error:
//   - a permission that has a rule about objects and is not a [Filterer], or
//     that fails;
//   - raw SQL, a query without a model, a route without a guard;
//   - whatever starts a new query from the result, such as gorm.G; transactions
//     that begin from it (filter inside of them); sessions with PrepareStmt made
//     of it (make them before); the conditions of a join of an association;
//   - Table with a table other than the model's, to whose rows the permissions
//     do not apply;
//   - Select of associations, which are deleted by their keys;
//   - what may reach rows that the conditions do not name: an upsert, as of Save
//     or clause.OnConflict; modifiers such as OR REPLACE; other tables in
//     clause.Insert, clause.Update and clause.From; clauses that GORM does not
//     have; SQL around a clause, as of hints.
//
// Updates leave associations alone. Associations that are preloaded are not
// filtered, nor is what is created. Hooks and the function of FindInBatches get
// a plain *gorm.DB without the conditions: filter it again. To GORM the
// conditions are a WHERE, so Delete of a row whose key is zero deletes every
// row that the rule allows: name the row by Where.
//
// The result may be a sub-query or a group of conditions of another query,
// db.Where(Filter(c, db.Model(&Note{}))), to which no further scopes may be
// chained. If it fails, the whole statement does. Negated, as in db.Not or NOT
// IN, it means the rows that the permissions refuse. An anonymous request owns
// nothing, so for it those may be all rows: never let a negation decide what a
// client sees. Raw called on the result inside another query is GORM's own,
// without the conditions, and goes unnoticed.
func Filter(c *gin.Context, db *gorm.DB) *gorm.DB {
	own := db.Session(&gorm.Session{}) // or the caller's query would change
	query := own.Where(pending{}).Scopes(func(tx *gorm.DB) *gorm.DB {
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
		if err := unwritten(tx); err != nil {
			failSubquery(tx, err)
		}
		return runLast(tx, guardAssociations)
	})
	if !hasContext(query) {
		query.Statement.Context = c.Request.Context()
	}
	return disconnect(query)
}

// restrict adds the conditions of the route's permissions to a query that is
// about to run.
func restrict(c *gin.Context, tx *gorm.DB) error {
	classes, guarded := ginauth.PermissionsOf(c)
	if !guarded {
		return errors.New("policies: Filter was called on a route without a guard")
	}
	q := selection{c: c, id: ginauth.Current(c), db: tx, model: modelOf(tx.Statement)}
	q.limits = limitsOf(q.id)
	if !connect(tx.Statement) {
		return errUnfiltered
	}
	removePending(tx.Statement)
	if err := bind(tx.Statement, q.model); err != nil {
		return err
	}
	rows, err := q.every(classes)
	if err == nil {
		rows.restrict(tx.Statement)
	}
	return err
}

// guardAssociations runs after all scopes that were chained to a [Filter],
// since an Omit in those replaces its own. A write is undone if a hook brings
// the associations back: that shows only when the write itself is written,
// after the rows that it belongs to.
func guardAssociations(tx *gorm.DB) *gorm.DB {
	model := modelOf(tx.Statement)
	if err := leaveAssociations(tx.Statement, model); err != nil {
		_ = tx.AddError(err)
	}
	if tx.SkipDefaultTransaction && len(relationsOf(tx, model)) > 0 {
		makeTransactional(tx)
	}
	return tx
}

// modelOf returns the model of a statement that GORM has not parsed yet.
func modelOf(stmt *gorm.Statement) any {
	if stmt.Model != nil {
		return stmt.Model
	}
	return stmt.Dest
}
