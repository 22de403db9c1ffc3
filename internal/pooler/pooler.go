// Package pooler recognizes what a connection pooler that gives each
// transaction another session of PostgreSQL, such as PgBouncer in transaction
// mode, does to prepared statements.
package pooler

import (
	"errors"
	"fmt"
)

// Explain adds the mend to an error that repeating the statement has not ended:
// the session does not have a prepared statement (26000), another client has
// prepared it there (42P05), or PgBouncer keeps it although a migration has
// made it unusable (0A000). It returns any other error, or nil, as it is.
func Explain(err error) error {
	refused, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return err
	}
	switch refused.SQLState() {
	case "26000", "42P05", "0A000":
		return fmt.Errorf("%w; behind PgBouncer add default_query_exec_mode=cache_describe "+
			"to the URL of the database, and leave out GORM's PrepareStmt", err)
	}
	return err
}
