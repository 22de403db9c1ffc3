package usertable

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// Has reports whether a user is of this user model, as opposed to another
// authenticator's.
func (t *Table) Has(user User) bool {
	return reflect.TypeOf(user) == reflect.PointerTo(t.Type)
}

// Key returns the user's primary key. For anything else, such as a nil pointer
// or a user of another kind, it returns nil, which is the key of no row.
func (t *Table) Key(user User) any {
	if !t.Has(user) || reflect.ValueOf(user).IsNil() {
		return nil
	}
	key, _ := t.key(reflect.ValueOf(user))
	return key
}

func (t *Table) key(user reflect.Value) (key any, zero bool) {
	return t.schema.PrioritizedPrimaryField.ValueOf(context.Background(), user)
}

// Stored reports whether the user's primary key differs from zero, the key of a
// user that is not in the database yet.
func (t *Table) Stored(user User) bool {
	_, zero := t.key(reflect.ValueOf(user))
	return !zero
}

// Value returns what a column of a loaded user holds, as the database would
// store it; NULL is nil. ok is false if the user model has no such column, or
// if user is nil or of another kind.
func (t *Table) Value(user User, column string) (value any, ok bool) {
	field := t.schema.FieldsByDBName[column]
	if field == nil || !t.Has(user) || reflect.ValueOf(user).IsNil() {
		return nil, false
	}
	content, _ := field.ValueOf(context.Background(), reflect.ValueOf(user).Elem())
	value, err := driver.DefaultParameterConverter.ConvertValue(content)
	return value, err == nil
}

// Set sets the field of a column of a loaded user.
func (t *Table) Set(ctx context.Context, user User, column string, value any) error {
	return t.schema.LookUpField(column).Set(ctx, reflect.ValueOf(user).Elem(), value)
}

// Username returns what the user logs in with.
func (t *Table) Username(user User) string {
	field := t.schema.LookUpField(t.UsernameField)
	name := reflect.Indirect(field.ReflectValueOf(context.Background(), reflect.ValueOf(user).Elem()))
	if !name.IsValid() {
		return ""
	}
	value := name.Interface()
	if valuer, ok := value.(driver.Valuer); ok {
		value, _ = valuer.Value()
	}
	if text, ok := value.([]byte); ok {
		return string(text)
	}
	return fmt.Sprint(value)
}

// PasswordHash returns the stored hash of the user's password as loaded. It is
// as secret as the password.
func (t *Table) PasswordHash(user User) string {
	field := t.schema.FieldsByDBName[t.PasswordField]
	return field.ReflectValueOf(context.Background(), reflect.ValueOf(user).Elem()).String()
}

// HasColumn reports whether the user model has a column of that name.
func (t *Table) HasColumn(name string) bool { return t.schema.LookUpField(name) != nil }
