package policies

import (
	"database/sql/driver"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// failure stands for the conditions of a [Filter] that could not be made. It
// fails the statement that it becomes a part of, negated or not. As a group of
// conditions it adds its error to that statement. GORM drops the errors of a
// sub-query, so there it adds a parameter that no driver can send.
type failure struct{ err error }

// Build implements [clause.Expression].
func (f failure) Build(b clause.Builder) {
	_ = b.AddError(f.err)
	_, _ = b.WriteString("1 = ")
	b.AddVar(b, unsendable(f))
}

type unsendable failure

// Value implements [driver.Valuer].
func (u unsendable) Value() (driver.Value, error) { return nil, u.err }

// fail makes a statement fail that is about to run, or whose conditions are
// about to be read.
func fail(tx *gorm.DB, err error) {
	rowSet{depends, failure{err}}.restrict(tx.Statement)
	if !tx.DryRun {
		_ = tx.AddError(err)
	}
}

// failSubquery replaces a sub-query that GORM would leave out because of an
// error that it drops. IN and NOT IN of nothing must fail too.
func failSubquery(tx *gorm.DB, err error) {
	stmt := tx.Statement
	if stmt.SQL.Len() > 0 { // raw, and not a part of another statement
		stmt.SQL.Reset()
		stmt.Vars = nil
	}
	_ = tx.AddError(err)
	_, _ = stmt.WriteString("SELECT NULL WHERE 1 = ")
	stmt.AddVar(stmt, unsendable{err})
}
