package policies

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"

	"gorm.io/gorm/schema"
)

// isNoKey reports whether a user's key belongs to no row: it is the zero value,
// or the database would store it as NULL.
func isNoKey(key reflect.Value) bool {
	if key.IsZero() || key.CanInt() || key.CanUint() || key.Kind() == reflect.String { // without an allocation
		return key.IsZero()
	}
	valuer, ok := key.Interface().(driver.Valuer)
	if !ok {
		return false
	}
	value, err := valuer.Value()
	return err == nil && value == nil
}

// sameKey reports whether two keys are equal. The first may be NULL. Integers
// of all sizes compare by value.
func sameKey(a, b reflect.Value) (bool, error) {
	for a.Kind() == reflect.Pointer {
		if a.IsNil() {
			return false, nil
		}
		a = a.Elem()
	}
	switch {
	case a.CanInt() && b.CanInt():
		return a.Int() == b.Int(), nil
	case a.CanUint() && b.CanUint():
		return a.Uint() == b.Uint(), nil
	case a.CanInt() && b.CanUint():
		return a.Int() >= 0 && uint64(a.Int()) == b.Uint(), nil
	case a.CanUint() && b.CanInt():
		return b.Int() >= 0 && a.Uint() == uint64(b.Int()), nil
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return a.String() == b.String(), nil
	case a.Type() == b.Type() && a.Comparable():
		return a.Equal(b), nil
	}
	return sameStored(a, b)
}

// sameStored compares keys of different types, such as a UUID and a nullable
// UUID, by what the database stores for them.
func sameStored(a, b reflect.Value) (bool, error) {
	x, err := stored(a)
	if err != nil || x == nil {
		return false, err
	}
	y, err := stored(b)
	if err != nil {
		return false, err
	}
	bytesX, isX := x.([]byte)
	bytesY, isY := y.([]byte)
	if isX || isY { // bytes must not be compared as a text
		return isX && isY && bytes.Equal(bytesX, bytesY), nil
	}
	return fmt.Sprint(x) == fmt.Sprint(y), nil
}

func stored(v reflect.Value) (driver.Value, error) {
	return driver.DefaultParameterConverter.ConvertValue(v.Interface())
}

// keyIn returns a user's key in a form in which a query compares it with a
// column as sameKey compares it with a field. possible is false if the column
// cannot hold it. Drivers refuse some keys of other types, and databases read
// the text "01" as 1 in a column of numbers.
func keyIn(column *schema.Field, key reflect.Value) (value any, possible bool, err error) {
	if value, err = stored(key); err != nil {
		return nil, false, err
	}
	text, isText := value.(string)
	_, isBytes := value.([]byte)
	switch column.GORMDataType {
	case schema.String:
		return fmt.Sprint(value), !isBytes, nil
	case schema.Bytes:
		return value, isBytes || isText && column.IndirectFieldType.Kind() != reflect.Slice, nil
	case schema.Int, schema.Uint:
		if !isText {
			return value, !isBytes, nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil && strconv.FormatInt(n, 10) == text, nil
	}
	return value, true, nil
}
