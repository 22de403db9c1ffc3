package models

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Lookup finds users by the unique column by which a credential identifies
// them. It is safe for concurrent use.
type Lookup struct {
	users *Users
	field *schema.Field
	query userQuery
	// also selects whether a family of tokens is live; the family is the first
	// parameter
	inFamily userQuery
}

// LookupBy returns a look-up by a column of the user model, e.g. "id". As in
// Django, "pk" is the primary key, whatever it is called. The column must be
// the primary key or unique; otherwise one user could pass for another. It must
// hold integers, texts, or a Go type that scans a text (sql.Scanner), as UUIDs
// do.
func (u *Users) LookupBy(column string) (*Lookup, error) {
	field := u.schema.FieldsByDBName[column]
	if column == "pk" { // even if another column has that name
		field = u.schema.PrioritizedPrimaryField
	}
	if field == nil {
		return nil, fmt.Errorf("models: the user model has no column %q", column)
	}
	if !field.PrimaryKey && !field.Unique && field.UniqueIndex == "" {
		return nil, fmt.Errorf("models: users cannot be looked up by %q: the column must be unique", column)
	}
	l := &Lookup{users: u, field: field}
	cast := "%s"
	switch kind := kindOf(field); kind {
	case integerColumn:
		cast = "CAST(%s AS bigint)" // a number too large for the column must not be an error
	case textColumn, scannedColumn:
	default:
		return nil, fmt.Errorf("models: users cannot be looked up by %q: "+
			"its type %s is not an integer, a text or an sql.Scanner", column, field.FieldType)
	}
	parameter := func(n int) string { return fmt.Sprintf(cast, sqlkit.Placeholder(u.db, n)) }
	l.query = u.sql.byColumn(u.db.Statement.Quote(field.DBName), parameter(1))
	l.inFamily = u.sql.byColumnInFamily(u.db.Statement.Quote(field.DBName), parameter(2))
	return l, nil
}

// Find returns the user with that value in the column. It returns [ErrNotFound]
// if there is no such user or the text cannot be a value of the column. It
// costs one query.
func (l *Lookup) Find(ctx context.Context, text string) (UserModel, error) {
	value, ok := l.parse(text)
	if !ok {
		return nil, ErrNotFound
	}
	return l.users.find(ctx, l.query, value)
}

// FindInFamily is Find, and also reports whether the family of JSON web tokens
// with that name is live: it exists and has not ended. It costs no additional
// query.
func (l *Lookup) FindInFamily(ctx context.Context, text, family string) (user UserModel, live bool, err error) {
	value, ok := l.parse(text)
	if !ok {
		return nil, false, ErrNotFound
	}
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		family = "" // no family has the empty name
	}
	user, err = l.users.findBy(ctx, l.inFamily, []any{family, value}, &live)
	return user, live && err == nil, err
}

// Value returns the user's value of the column.
func (l *Lookup) Value(user UserModel) any {
	value, _ := l.field.ValueOf(context.Background(), reflect.ValueOf(user).Elem())
	return value
}

// parse converts a text to a value of the column. Blanks around an integer are
// ignored, as by Python's int. A type is given no text to scan that a column
// could not hold: types take the empty one for their zero value, and may pass a
// NUL on.
func (l *Lookup) parse(text string) (value any, ok bool) {
	if !sqlkit.Storable(text, 1024) {
		return nil, false
	}
	switch kindOf(l.field) {
	case integerColumn:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		return n, err == nil
	case textColumn:
		return text, true
	}
	scanner := reflect.New(l.field.IndirectFieldType)
	if err := scanner.Interface().(sql.Scanner).Scan(text); err != nil {
		return nil, false
	}
	return scanner.Elem().Interface(), true
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

// UsernameField returns the column that users log in with (Django:
// USERNAME_FIELD).
func (u *Users) UsernameField() string { return u.schema.username }
