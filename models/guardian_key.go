package models

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// objectPK returns the primary key of obj, a GORM model or a pointer to one, as
// guardian stores it, which is Python's str(obj.pk): digits, a text as it is, a
// UUID with hyphens, an address, a time in UTC. A zero key is an error, because
// an object that is not stored yet has one; leave grants for a row with such a
// key to Django.
func objectPK(db *gorm.DB, obj any) (string, error) {
	if db == nil {
		return "", errNilDatabase
	}
	value, err := structOf(obj)
	if err != nil {
		return "", err
	}
	c, err := compare(db, obj)
	if err != nil {
		return "", err
	}
	key, zero := c.field.ValueOf(context.Background(), value)
	if zero {
		return "", fmt.Errorf("models: %T has no primary key yet; store it first", obj)
	}
	text, ok := fieldText(key, c.field)
	if !ok {
		return "", c.unstorable(obj)
	}
	return text, nil
}

func (c comparison) unstorable(obj any) error {
	return fmt.Errorf("models: the primary key of %T is a %s, which guardian cannot store", obj, c.field.FieldType)
}

// structOf returns the struct that obj is or points to.
func structOf(obj any) (reflect.Value, error) {
	value := reflect.ValueOf(obj)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return value, fmt.Errorf("models: primary key of %T: it is not a GORM model", obj)
	}
	return value, nil
}

// fieldText returns Python's str of a key. If the column is of type uuid, that
// is the str of a UUID.
func fieldText(key any, field *schema.Field) (text string, ok bool) {
	text, ok = sqlkit.KeyText(key)
	if !ok || !strings.EqualFold(field.TagSettings["TYPE"], "uuid") {
		return text, ok
	}
	digits, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(text, "{}"), "-", ""))
	if err != nil || len(digits) != 16 {
		return text, true
	}
	return sqlkit.UUIDText([16]byte(digits)), true
}

// identify returns the label and the key of an object.
func identify(db *gorm.DB, obj any) (label Label, pk string, err error) {
	if label, err = LabelOf(db, obj); err != nil {
		return Label{}, "", err
	}
	pk, err = objectPK(db, obj)
	return label, pk, err
}
