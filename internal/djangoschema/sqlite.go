package djangoschema

import (
	"fmt"
	"strings"
)

// sqliteNameLength is the longest name that Django allows on a database without
// a limit of its own.
const sqliteNameLength = 200

// sqliteDDL returns the statements that create a table on SQLite, word for word
// as Django writes them, because Django reads the constraints back from the
// text.
func sqliteDDL(t table) []string {
	columns := make([]string, len(t.fields))
	for i, f := range t.fields {
		columns[i] = sqliteColumn(f)
	}
	statements := []string{fmt.Sprintf("CREATE TABLE %s (%s)", quoteName(t.name), strings.Join(columns, ", "))}
	for _, unique := range t.unique {
		statements = append(statements, sqliteIndex(t, "UNIQUE INDEX", unique, "_uniq"))
	}
	for _, f := range t.fields {
		if f.indexed() {
			statements = append(statements, sqliteIndex(t, "INDEX", []string{f.name}, ""))
		}
	}
	if t.appendOnly {
		statements = append(statements, sqliteAppendOnly(t)...)
	}
	return append(statements, createIndexes(t)...)
}

func sqliteColumn(f field) string {
	column := quoteName(f.name) + " " + f.typ.sqlite + nullability(f)
	switch {
	case f.auto:
		column += " PRIMARY KEY AUTOINCREMENT"
	case f.primary:
		column += " PRIMARY KEY"
	case f.unique:
		column += " UNIQUE"
	}
	if f.isForeignKey() {
		to := f.references
		column += fmt.Sprintf(" REFERENCES %s (%s) DEFERRABLE INITIALLY DEFERRED",
			quoteName(to.table), quoteName(to.column))
	}
	return column
}

func sqliteIndex(t table, kind string, columns []string, suffix string) string {
	name := indexName(t.name, columns, suffix, sqliteNameLength)
	return fmt.Sprintf("CREATE %s %s ON %s (%s)", kind, quoteName(name), quoteName(t.name), quoteNames(columns))
}
