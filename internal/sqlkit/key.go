package sqlkit

import (
	"database/sql/driver"
	"encoding"
	"encoding/hex"
	"reflect"
	"strconv"
	"time"
)

// KeyText returns Python's str of a key. The key's value in the database takes
// precedence over what its Go type prints.
func KeyText(key any) (text string, ok bool) {
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
		return UUIDText(uuid), true
	}
	if valuer, isValuer := key.(driver.Valuer); isValuer {
		if value, err := valuer.Value(); err == nil && value != nil {
			if _, again := value.(driver.Valuer); !again {
				return KeyText(value)
			}
		}
	}
	switch v := key.(type) {
	case time.Time:
		return pythonTime(v.UTC()), true
	case encoding.TextMarshaler: // such as an address
		b, err := v.MarshalText()
		return string(b), err == nil
	}
	return "", false
}

func pythonTime(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02 15:04:05") + "+00:00"
	}
	return t.Format("2006-01-02 15:04:05.000000") + "+00:00"
}

// UUIDText returns a UUID in groups of hexadecimal digits.
func UUIDText(uuid [16]byte) string {
	b := hex.EncodeToString(uuid[:])
	return b[:8] + "-" + b[8:12] + "-" + b[12:16] + "-" + b[16:20] + "-" + b[20:]
}
