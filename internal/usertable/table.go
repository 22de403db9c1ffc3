// Package usertable maps a user model to its table: the columns to read, the
// SQL that joins users to other rows, and what a loaded user holds. It runs no
// queries.
package usertable

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/djangoschema"
)

// User is models.UserModel.
type User interface {
	Authenticated() bool
	Active() bool
}

// Model describes a user model.
type Model struct {
	Sample   User // a pointer to the struct
	Swapped  bool // the model is an application's own
	InGroups bool // it has groups and permissions

	UsernameField, PasswordField string // columns
}

// Table is a user model as it is stored in a database. It is safe for
// concurrent use.
type Table struct {
	Django djangoschema.User // the table, as others refer to it
	SQL    SQL               // the parts of statements that read users
	Type   reflect.Type      // the struct's

	UsernameField string // the column that users log in with (Django: USERNAME_FIELD)
	PasswordField string // the column of the hash

	schema *schema.Schema // as GORM has parsed the struct
	loaded []column       // the columns to load a user from
}

// Describe returns the table of a user model, or an error that says what is
// wrong with the model. It does not query the database.
func Describe(db *gorm.DB, m Model) (*Table, error) {
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(m.Sample); err != nil {
		return nil, err
	}
	t := &Table{
		schema: stmt.Schema, Type: reflect.TypeOf(m.Sample).Elem(),
		UsernameField: m.UsernameField, PasswordField: m.PasswordField,
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	t.loaded = columnsOf(t.schema)
	t.Django = djangoschema.User{
		Model: strings.ToLower(t.Type.Name()), Name: t.schema.Table, InGroups: m.InGroups, Swapped: m.Swapped,
		PK: t.schema.PrioritizedPrimaryField.DBName, PKType: "integer",
	}
	if m.Swapped {
		t.Django.PKType = KeyType(db, t.schema.PrioritizedPrimaryField)
	}
	t.SQL = t.sql(db)
	return t, nil
}

// KeyType returns the type of a column that refers to the key and is not itself
// generated.
func KeyType(db *gorm.DB, key *schema.Field) string {
	reference := *key
	reference.AutoIncrement = false
	return db.DataTypeOf(&reference)
}

// check returns an error that describes what is wrong with the user model.
func (t *Table) check() error {
	if t.schema.PrioritizedPrimaryField == nil {
		return errors.New("it has no single primary key")
	}
	if strings.Contains(t.schema.Table, ".") {
		return fmt.Errorf("the table %s is in a schema of its own; set the search_path instead", t.schema.Table)
	}
	columns := []struct{ setting, column string }{
		{"UsernameField", t.UsernameField}, {"PasswordField", t.PasswordField},
	}
	for _, named := range columns {
		field := t.schema.FieldsByDBName[named.column]
		if field == nil {
			return fmt.Errorf("it has no column %q; set %s", named.column, named.setting)
		}
		if field.FieldType.Kind() != reflect.String {
			return fmt.Errorf("the column %q must be a string, not %s", named.column, field.FieldType)
		}
	}
	for _, clause := range t.schema.QueryClauses {
		// a soft delete with a zero value other than NULL
		if soft, known := clause.(gorm.SoftDeleteQueryClause); !known || soft.ZeroValue.Valid {
			return fmt.Errorf("ginauth does not know the query clause %T, which may hide rows", clause)
		}
	}
	return nil
}

// Columns returns the names of the columns that a user is loaded from.
func (t *Table) Columns() []string {
	names := make([]string, len(t.loaded))
	for i, column := range t.loaded {
		names[i] = column.DBName
	}
	return names
}

// SoftDeleted returns the columns that are not NULL in a row that counts as
// deleted.
func (t *Table) SoftDeleted() (names []string) {
	for _, clause := range t.schema.QueryClauses {
		if c, ok := clause.(gorm.SoftDeleteQueryClause); ok {
			names = append(names, c.Field.DBName)
		}
	}
	return names
}

// SQL holds the parts of a statement that joins the rows of users, called u in
// it, to those of another table. A [Row] reads them.
type SQL struct {
	Columns string // the columns to read, separated by commas
	Table   string // quoted
	Key     string // the primary key
	Live    string // the condition that excludes soft-deleted users; begins with AND, or is empty
}

func (t *Table) sql(db *gorm.DB) SQL {
	q := func(name string) string { return "u." + db.Statement.Quote(name) }
	columns, live := t.Columns(), ""
	for i, name := range columns {
		columns[i] = q(name)
	}
	for _, name := range t.SoftDeleted() {
		live += " AND " + q(name) + " IS NULL"
	}
	return SQL{
		Columns: strings.Join(columns, ", "), Table: db.Statement.Quote(t.Django.Name),
		Key: q(t.Django.PK), Live: live,
	}
}
