package audit

import (
	"errors"
	"slices"
	"strings"
)

// refusal says what a failure to write means for the rows.
type refusal int

const (
	unanswered refusal = iota // the database cannot do it now: it is down, busy, or lacks the table
	uncertain                 // it may be the rows, such as those that a trigger refuses by a code of its own
	forGood                   // it is the rows, and would be again
)

// refusalOf reads the SQLSTATE of PostgreSQL, or SQLite's text. Its drivers
// have different errors, and the same texts.
func refusalOf(err error) refusal {
	refused, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return refusalOfText(err.Error())
	}
	switch class := refused.SQLState()[:min(2, len(refused.SQLState()))]; {
	// Data exception, constraint, limit exceeded, and RAISE in a trigger: to try
	// that again would let a client hold up the rows of others.
	case class == "22", class == "23", class == "54", class == "P0":
		return forGood
	case slices.Contains(passing, class):
		return unanswered
	}
	return uncertain
}

// passing are the classes of PostgreSQL's errors that concern no row: of the
// connection, the transaction, the rights and the table, and of the server.
var passing = []string{"08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "XX"}

func refusalOfText(text string) refusal {
	contains := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case slices.ContainsFunc([]string{"constraint failed", "datatype mismatch", "string or blob too big"}, contains):
		return forGood
	case strings.HasPrefix(text, "panic: "):
		return uncertain
	}
	return unanswered
}
