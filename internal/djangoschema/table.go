package djangoschema

import (
	"fmt"
	"strings"
)

// table is a table as Django's schema editor sees it: enough to write the
// statements that Django would create it with, including the names of
// constraints and indexes.
type table struct {
	name    string
	fields  []field
	unique  [][]string // the columns of each unique_together
	indexes []index
	// rows do not change, and are deleted only when they are old
	appendOnly bool
}

// index is one of Meta.indexes, with the name from Django's migrations.
type index struct {
	name    string
	columns []string
}

// field is a column. The zero value of an option is Django's default: NOT NULL,
// no constraint.
type field struct {
	name       string
	typ        fieldType
	null       bool
	primary    bool
	auto       bool // the database numbers the rows
	unique     bool
	references reference
	// the column's name when its unique constraint got its own name; default:
	// name
	formerly string
	// the foreign key was recreated after a change of its type, for which
	// Django has a shorter name
	retyped bool
}

// reference is the column that a foreign key refers to. The zero value is no
// reference.
type reference struct{ table, column string }

// fieldType is the type of a column in each database's words.
type fieldType struct{ postgres, sqlite string }

var (
	integer   = sameType("integer")
	boolean   = fieldType{postgres: "boolean", sqlite: "bool"}
	timestamp = fieldType{postgres: "timestamp with time zone", sqlite: "datetime"}
	// bigKey is the type of a key that the database numbers (Django:
	// BigAutoField). SQLite numbers only an integer, which has 64 bits.
	bigKey = fieldType{postgres: "bigint", sqlite: "integer"}
)

func varchar(length int) fieldType { return sameType(fmt.Sprintf("varchar(%d)", length)) }

func sameType(name string) fieldType { return fieldType{postgres: name, sqlite: name} }

// foreignKey returns a column that holds the key of a row of another table.
func foreignKey(name string, typ fieldType, to reference) field {
	return field{name: name, typ: typ, references: to}
}

func (f field) isForeignKey() bool { return f.references != reference{} }

// indexed reports whether Django makes an index for the field in addition to
// those of its constraints.
func (f field) indexed() bool { return f.isForeignKey() && !f.unique }

// joinTable returns the table of a many-to-many field. Its key is of type id;
// each of the two columns refers to a row.
func joinTable(name string, id fieldType, from, to field) table {
	return table{
		name:   name,
		fields: []field{{name: "id", typ: id, primary: true, auto: true}, from, to},
		unique: [][]string{{from.name, to.name}},
	}
}

// createIndexes returns the statements that create a table's Meta.indexes, in
// either database.
func createIndexes(t table) []string {
	statements := make([]string, len(t.indexes))
	for i, x := range t.indexes {
		statements[i] = createIndex(t.name, x)
	}
	return statements
}

func createIndex(table string, x index) string {
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s)", quoteName(x.name), quoteName(table), quoteNames(x.columns))
}

// quoteName quotes an identifier, in either database.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText quotes a text, in either database.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// quoteNames quotes a list of columns.
func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quoteName(name)
	}
	return strings.Join(quoted, ", ")
}
