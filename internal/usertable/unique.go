package usertable

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Unique is a column by which a credential can identify a user.
type Unique struct {
	*schema.Field
	kind columnKind
}

// Unique returns a column of the user model, e.g. "id". As in Django, "pk" is
// the primary key, whatever it is called. The column must be the primary key or
// unique; otherwise one user could pass for another. It must hold integers,
// texts, or a Go type that scans a text (sql.Scanner), as UUIDs do.
func (t *Table) Unique(column string) (*Unique, error) {
	field := t.schema.FieldsByDBName[column]
	if column == "pk" { // even if another column has that name
		field = t.schema.PrioritizedPrimaryField
	}
	if field == nil {
		return nil, fmt.Errorf("models: the user model has no column %q", column)
	}
	if !field.PrimaryKey && !field.Unique && field.UniqueIndex == "" {
		return nil, fmt.Errorf("models: users cannot be looked up by %q: the column must be unique", column)
	}
	u := &Unique{field, kindOf(field)}
	if u.kind == unknownColumn {
		return nil, fmt.Errorf("models: users cannot be looked up by %q: "+
			"its type %s is not an integer, a text or an sql.Scanner", column, field.FieldType)
	}
	return u, nil
}

// Parameter returns the placeholder of a value of the column. A number that is
// too large for the column is not an error.
func (u *Unique) Parameter(placeholder string) string {
	if u.kind == integerColumn {
		return "CAST(" + placeholder + " AS bigint)"
	}
	return placeholder
}

// Of returns the user's value of the column.
func (u *Unique) Of(user User) any {
	value, _ := u.ValueOf(context.Background(), reflect.ValueOf(user).Elem())
	return value
}

// Parse converts a text to a value of the column. Blanks around an integer are
// ignored, as by Python's int. A type is given no text to scan that a column
// could not hold: types take the empty one for their zero value, and may pass a
// NUL on.
func (u *Unique) Parse(text string) (value any, ok bool) {
	if !sqlkit.Storable(text, 1024) {
		return nil, false
	}
	switch u.kind {
	case integerColumn:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		return n, err == nil
	case textColumn:
		return text, true
	}
	scanner := reflect.New(u.IndirectFieldType)
	if err := scanner.Interface().(sql.Scanner).Scan(text); err != nil {
		return nil, false
	}
	return scanner.Elem().Interface(), true
}

// HoldsTexts reports whether the user model has a column of that name that
// holds texts.
func (t *Table) HoldsTexts(column string) bool {
	field := t.schema.FieldsByDBName[column]
	return field != nil && kindOf(field) == textColumn
}

// columnKind says how a text becomes a value of a column.
type columnKind int

const (
	unknownColumn columnKind = iota
	integerColumn
	textColumn
	scannedColumn
)

func kindOf(field *schema.Field) columnKind {
	_, scanned := reflect.New(field.IndirectFieldType).Interface().(sql.Scanner)
	switch kind := field.IndirectFieldType.Kind(); {
	case scanned:
		return scannedColumn
	case reflect.Int <= kind && kind <= reflect.Uint64:
		return integerColumn
	case kind == reflect.String:
		return textColumn
	}
	return unknownColumn
}
