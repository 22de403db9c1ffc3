package policies

import (
	"fmt"
	"reflect"
	"strings"

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
	_ Filterer                 = (*OwnerPermission)(nil)
)

// IsOwner lets pass the objects whose column holds the primary key of the user.
// The column is named as in the database, by the struct's tag or GORM's naming,
// or as the Go field. An object without an owner, NULL, is nobody's, and
// anonymous requests own nothing. Requests without an object pass. The object
// is a pointer to a GORM model that has the column, any other is a failure.
func IsOwner(column string) *OwnerPermission { return owner("IsOwner", column, false) }

// OwnerOrReadOnly is [IsOwner] for who writes, and lets everybody pass with a
// safe method: GET, HEAD or OPTIONS.
func OwnerOrReadOnly(column string) *OwnerPermission { return owner("OwnerOrReadOnly", column, true) }

func owner(class, column string, readable bool) *OwnerPermission {
	if strings.TrimSpace(column) == "" {
		panic("policies: " + class + " was given no column; name the one that holds the owner's key, such as owner_id")
	}
	return &OwnerPermission{readable: readable, column: &columns{name: column}, userKey: &columns{}}
}

// WithDenial returns a copy that tells the client this message and code when it
// refuses. A nil message or an empty code stands for DRF's.
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
	if err != nil || isNoKey(user) { // a user that is not stored owns nothing, no draft either
		return false, err
	}
	return sameKey(owner, user)
}

// keyOf returns the user's primary key. It allocates nothing for a
// [models.User].
func (p *OwnerPermission) keyOf(user ginauth.User) (reflect.Value, error) {
	switch u := user.(type) {
	case *models.User:
		return reflect.ValueOf(&u.ID).Elem(), nil
	case *models.Service: // which is no user: it owns nothing
		return reflect.ValueOf(0), nil
	}
	return p.userKey.value(user)
}

// Filter implements [Filterer].
func (p *OwnerPermission) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
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
	if isNoKey(user) {
		return tx.Where(never)
	}
	key, possible, err := keyIn(field, user)
	switch {
	case err != nil:
		_ = tx.AddError(err)
		return tx
	case !possible:
		return tx.Where(never)
	}
	return tx.Where(clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: field.DBName}, Value: key})
}

// CheckObjectType implements [ginauth.ObjectTypeChecker]: the objects must have
// the column.
func (p *OwnerPermission) CheckObjectType(obj any) error {
	if _, err := p.column.value(obj); err != nil {
		return fmt.Errorf("%s: %s", p, strings.TrimPrefix(err.Error(), "policies: "))
	}
	return nil
}

// RequiresUser implements [ginauth.UserRequirer]: anonymous requests own
// nothing.
func (p *OwnerPermission) RequiresUser() bool { return !p.readable }

// String returns e.g. "IsOwner(owner_id)".
func (p *OwnerPermission) String() string {
	if p.readable {
		return "OwnerOrReadOnly(" + p.column.name + ")"
	}
	return "IsOwner(" + p.column.name + ")"
}
