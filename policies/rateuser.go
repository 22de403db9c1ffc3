package policies

import (
	"fmt"
	"math"
	"reflect"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// userKey returns the key that identifies a user, without a counter: the
// primary key that GORM finds in its struct or, if that is zero, which no row
// has, the result of its method Subject.
func userKey(user ginauth.User, primaryKey *columns) (RateKey, error) {
	if u, ok := user.(*models.User); ok && u.ID != 0 {
		return RateKey{kind: keyOfUser, id: u.ID}, nil
	} else if ok {
		return RateKey{}, uncountable(user)
	}
	if s, ok := user.(*models.Service); ok {
		return RateKey{kind: keyOfUser, text: plainText(s.Subject())}, nil
	}
	if key, err := primaryKey.value(user); err == nil && !key.IsZero() {
		return keyOfColumn(key), nil
	}
	if s, ok := user.(interface{ Subject() string }); ok && s.Subject() != "" {
		return RateKey{kind: keyOfUser, text: plainText(s.Subject())}, nil
	}
	return RateKey{}, uncountable(user)
}

func uncountable(user ginauth.User) error {
	return fmt.Errorf("a %T without a primary key cannot be counted; give it a method Subject() string, or use policies.KeyRate", user)
}

func keyOfColumn(v reflect.Value) RateKey {
	v = reflect.Indirect(v)
	switch {
	case v.CanInt():
		return RateKey{kind: keyOfUser, id: v.Int()}
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return RateKey{kind: keyOfUser, id: int64(v.Uint())}
	}
	return RateKey{kind: keyOfUser, text: plainText(fmt.Sprint(v.Interface()))}
}
