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
	"github.com/ginauth/ginauth/models/accesstoken"
)

type ownerPermission struct {
	readable bool // with a safe method, by every request
	column   *columns
	userKey  *columns
	traits   ginauth.PermissionTraits
}

var (
	_ ginauth.ObjectPermission = (*ownerPermission)(nil)
	_ Filterer                 = (*ownerPermission)(nil)
)

// IsOwner lets the objects pass whose column holds the primary key of the user.
// The column is named as in the database, by the struct's tag or GORM's naming,
// or as the Go field. A row whose column is NULL has no owner, and anonymous
// requests own nothing. Requests without an object pass. The object is a
// pointer to a GORM model that has the column; any other is a failure. IsOwner
// panics if the column is empty.
func IsOwner(column string) ginauth.Permission { return owner("IsOwner", column, false) }

// OwnerOrReadOnly is [IsOwner] for requests that write, and lets every request
// pass with a safe method: GET, HEAD or OPTIONS.
func OwnerOrReadOnly(column string) ginauth.Permission { return owner("OwnerOrReadOnly", column, true) }

func owner(class, column string, readable bool) *ownerPermission {
	if strings.TrimSpace(column) == "" {
		panic("policies: " + class + " was given no column; name the one that holds the owner's key, such as owner_id")
	}
	p := &ownerPermission{readable: readable, column: &columns{name: column}, userKey: &columns{}}
	p.traits = ginauth.PermissionTraits{RequiresUser: !readable, Ways: p.ways, CheckObjectType: p.checkObjectType}
	return p
}

// HasPermission returns true: the permission is about objects only.
func (p *ownerPermission) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	return true, nil
}

func (p *ownerPermission) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
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
func (p *ownerPermission) keyOf(user ginauth.User) (reflect.Value, error) {
	switch u := user.(type) {
	case *models.User:
		return reflect.ValueOf(&u.ID).Elem(), nil
	case *accesstoken.Service: // not a user: it owns nothing
		return reflect.ValueOf(0), nil
	}
	return p.userKey.value(user)
}

func (p *ownerPermission) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
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

// Describe implements [ginauth.Describer]: anonymous requests own nothing.
func (p *ownerPermission) Describe() ginauth.PermissionTraits { return p.traits }

// checkObjectType returns an error if the objects lack the column.
func (p *ownerPermission) checkObjectType(obj any) error {
	if _, err := p.column.value(obj); err != nil {
		return fmt.Errorf("%s: %s", p, strings.TrimPrefix(err.Error(), "policies: "))
	}
	return nil
}

// ways describes that only objects have owners.
func (p *ownerPermission) ways(method string, objects bool) []ginauth.Alternative {
	switch {
	case !objects:
		return everyRequest()
	case p.readable:
		return readersOr(someUsers(), method)
	}
	return someUsers()
}

// String returns e.g. "IsOwner(owner_id)".
func (p *ownerPermission) String() string {
	if p.readable {
		return "OwnerOrReadOnly(" + p.column.name + ")"
	}
	return "IsOwner(" + p.column.name + ")"
}
