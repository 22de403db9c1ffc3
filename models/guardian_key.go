package models

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"

	"gorm.io/gorm"
)

// maxObjectPK is the length of guardian's column object_pk.
const maxObjectPK = 255

// ObjectPK returns the primary key of obj, a stored GORM model or a pointer to one, as guardian stores it, which is Python's
// str(obj.pk): digits, a text as it is, a UUID with hyphens.
func ObjectPK(db *gorm.DB, obj any) (string, error) {
	value := reflect.ValueOf(obj)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return "", fmt.Errorf("models: primary key of %T: it is no GORM model", obj)
	}
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(obj); err != nil {
		return "", fmt.Errorf("models: primary key of %T: %w", obj, err)
	}
	field := stmt.Schema.PrioritizedPrimaryField
	if field == nil {
		return "", fmt.Errorf("models: %T has no single primary key", obj)
	}
	key, zero := field.ValueOf(context.Background(), value)
	if zero {
		return "", fmt.Errorf("models: %T has no primary key yet; store it first", obj)
	}
	text, ok := keyText(key)
	if !ok {
		return "", fmt.Errorf("models: the primary key of %T is a %s, which guardian cannot store", obj, field.FieldType)
	}
	return text, nil
}

// keyText is str of a key. What a key is in the database goes before what its Go type prints.
func keyText(key any) (text string, ok bool) {
	switch v := reflect.Indirect(reflect.ValueOf(key)); {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.Kind() == reflect.String:
		return v.String(), true
	case v.Kind() == reflect.Array && v.Len() == 16 && v.Type().Elem().Kind() == reflect.Uint8:
		var uuid [16]byte
		reflect.Copy(reflect.ValueOf(&uuid).Elem(), v)
		return hyphenated(uuid), true
	}
	if valuer, isValuer := key.(driver.Valuer); isValuer {
		if value, err := valuer.Value(); err == nil && value != nil {
			if _, again := value.(driver.Valuer); !again {
				return keyText(value)
			}
		}
	}
	return "", false
}

func hyphenated(uuid [16]byte) string {
	b := hex.EncodeToString(uuid[:])
	return b[:8] + "-" + b[8:12] + "-" + b[12:16] + "-" + b[16:20] + "-" + b[20:]
}

// identify returns the label and the key of an object.
func identify(db *gorm.DB, obj any) (label Label, pk string, err error) {
	if label, err = LabelOf(db, obj); err != nil {
		return Label{}, "", err
	}
	pk, err = ObjectPK(db, obj)
	return label, pk, err
}
