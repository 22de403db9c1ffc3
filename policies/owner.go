package policies

import (
	"database/sql/driver"
	"fmt"
	"reflect"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// OwnerPermission is a permission made by [IsOwner] or [OwnerOrReadOnly].
type OwnerPermission struct {
	denial
	readable bool // by everybody
	column   *columns
	userKey  *columns
}

var (
	_ ginauth.ObjectPermission = (*OwnerPermission)(nil)
	_ Scoper                   = (*OwnerPermission)(nil)
)

// IsOwner lets pass the objects whose column holds the primary key of the user. The column is named as in the database, by the
// struct's tag or GORM's naming, or as the Go field. An object without an owner, NULL, is nobody's, and anonymous requests own
// nothing. Requests without an object pass. The object is a pointer to a GORM model that has the column, any other is a failure.
func IsOwner(column string) *OwnerPermission { return owner("IsOwner", column, false) }

// OwnerOrReadOnly is [IsOwner] for who writes, and lets everybody pass with a safe method: GET, HEAD or OPTIONS.
func OwnerOrReadOnly(column string) *OwnerPermission { return owner("OwnerOrReadOnly", column, true) }

func owner(class, column string, readable bool) *OwnerPermission {
	if column == "" {
		panic("policies: " + class + " was given no column; name the one that holds the owner's key, such as owner_id")
	}
	return &OwnerPermission{readable: readable, column: &columns{name: column}, userKey: &columns{}}
}

// WithDenial returns a copy that tells the client this message and code when it refuses. A nil message or an empty code stands
// for DRF's.
func (p *OwnerPermission) WithDenial(message any, code string) *OwnerPermission {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// HasPermission implements [ginauth.Permission]: it is about objects only.
func (p *OwnerPermission) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	return true, nil
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p *OwnerPermission) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	if p.readable && safe(c.Request.Method) {
		return true, nil
	}
	owner, err := p.column.value(obj)
	if err != nil || !id.Authenticated() {
		return false, err
	}
	user, err := p.keyOf(id.User)
	if err != nil || user.IsZero() { // a user that is not stored owns nothing, no draft either
		return false, err
	}
	return sameKey(owner, user)
}

// keyOf returns the user's primary key. It allocates nothing for a [models.User].
func (p *OwnerPermission) keyOf(user ginauth.User) (reflect.Value, error) {
	if u, ok := user.(*models.User); ok {
		return reflect.ValueOf(&u.ID).Elem(), nil
	}
	return p.userKey.value(user)
}

// Scope implements [Scoper].
func (p *OwnerPermission) Scope(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	if p.readable && safe(c.Request.Method) {
		return tx
	}
	if !id.Authenticated() {
		return tx.Where(never)
	}
	field, err := lookUp(tx.Statement.Schema, p.column.name)
	if err != nil {
		_ = tx.AddError(err)
		return tx
	}
	user, err := p.keyOf(id.User)
	if err != nil {
		_ = tx.AddError(err)
		return tx
	}
	if user.IsZero() {
		return tx.Where(never)
	}
	return tx.Where(clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: field.DBName}, Value: user.Interface()})
}

// RequiresUser implements [ginauth.UserRequirer]: anonymous requests own nothing.
func (p *OwnerPermission) RequiresUser() bool { return !p.readable }

// String returns e.g. "IsOwner(owner_id)".
func (p *OwnerPermission) String() string {
	if p.readable {
		return "OwnerOrReadOnly(" + p.column.name + ")"
	}
	return "IsOwner(" + p.column.name + ")"
}

// sameKey compares two keys, of which the first may be NULL. Integers of all sizes compare by value.
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

// sameStored compares keys of different types, such as a UUID and one that may be NULL, by what the database stores.
func sameStored(a, b reflect.Value) (bool, error) {
	x, err := stored(a)
	if err != nil || x == nil {
		return false, err
	}
	y, err := stored(b)
	if err != nil {
		return false, err
	}
	return fmt.Sprint(x) == fmt.Sprint(y), nil
}

func stored(v reflect.Value) (driver.Value, error) {
	return driver.DefaultParameterConverter.ConvertValue(v.Interface())
}
