package policies

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// pending stands in the WHERE of a [Filter] until the query runs, for code that
// only reads the conditions, such as a join of an association: it fails.
type pending struct{}

func (pending) Build(b clause.Builder) { failure{errUnfiltered}.Build(b) }

// removePending removes what stood for the conditions, which are about to be
// added.
func removePending(stmt *gorm.Statement) {
	c := stmt.Clauses[clause.Where{}.Name()]
	where, _ := c.Expression.(clause.Where)
	where.Exprs = slices.DeleteFunc(slices.Clone(where.Exprs), func(expr clause.Expression) bool {
		_, waits := expr.(pending)
		return waits
	})
	if c.Expression = where; len(where.Exprs) == 0 {
		delete(stmt.Clauses, clause.Where{}.Name())
		return
	}
	stmt.Clauses[clause.Where{}.Name()] = c
}
