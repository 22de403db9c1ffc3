package policies

import (
	"fmt"
	"math"
	"reflect"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/ratekey"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies/rates"
)

// userKey returns the key of a user in a counter. It is made of the primary key
// that GORM finds in the user's struct or, if that is zero, which no row has,
// of the result of its method Subject. Programs have keys of their own, so that
// no user shares one by the name they have chosen.
func userKey(by string, user ginauth.User, primaryKey *columns) (rates.Key, error) {
	if u, ok := user.(*models.User); ok && u.ID != 0 {
		return rates.Key(ratekey.OfUser(by, u.ID)), nil
	} else if ok {
		return rates.Key{}, uncountable(user)
	}
	switch program := user.(type) {
	case *accesstoken.Service:
		return rates.Key(ratekey.OfProgram(by, program.Subject())), nil
	case *keyUser:
		return rates.Key(ratekey.OfProgram(by, program.Subject())), nil
	}
	if key, err := primaryKey.value(user); err == nil && !key.IsZero() {
		return keyOfColumn(by, key), nil
	}
	if s, ok := user.(NamedUser); ok && s.Subject() != "" {
		return rates.Key(ratekey.OfUserText(by, s.Subject())), nil
	}
	return rates.Key{}, uncountable(user)
}

func uncountable(user ginauth.User) error {
	return fmt.Errorf("a %T without a primary key cannot be counted; "+
		"give it a method Subject() string, or use policies.KeyRate", user)
}

func keyOfColumn(by string, v reflect.Value) rates.Key {
	v = reflect.Indirect(v)
	switch {
	case v.CanInt():
		return rates.Key(ratekey.OfUser(by, v.Int()))
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return rates.Key(ratekey.OfUser(by, int64(v.Uint())))
	}
	return rates.Key(ratekey.OfUserText(by, fmt.Sprint(v.Interface())))
}
