package policies

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// Concealed is a permission made by [Conceal].
type Concealed struct{ permission ginauth.Permission }

var (
	_ ginauth.ObjectPermission = Concealed{}
	_ ginauth.DraftDecider     = Concealed{}
	_ ginauth.Concealer        = Concealed{}
	_ Filterer                 = Concealed{}
)

// Conceal makes a permission not tell that an object is there: requests that it
// refuses, anonymous or not, get the 404 "Not found." that an object which does
// not exist gets, byte for byte. It is for objects: on a route without one the
// answers to wrong credentials, other methods and slashes still tell that the
// route exists, see [ginauth.Concealer].
//
//	ginauth.PermissionClasses(policies.IsAuthenticated, policies.Conceal(policies.IsOwner("owner_id")))
func Conceal(p ginauth.Permission) Concealed {
	if isNil(p) {
		panic("policies: Conceal was given a nil permission")
	}
	return Concealed{p}
}

// HasPermission implements [ginauth.Permission].
func (p Concealed) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return concealed(p.permission.HasPermission(c, id))
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p Concealed) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	refusing, err := ginauth.DecideObject(p.permission, c, id, obj)
	return concealed(refusing == nil && err == nil, err)
}

// DecideDraft implements [ginauth.DraftDecider].
func (p Concealed) DecideDraft(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	refusing, err := ginauth.DecideDraft(p.permission, c, id, obj)
	if refusing != nil {
		refusing = p
	}
	_, err = concealed(false, err)
	return refusing, err
}

// concealed makes the refusals that a class returns as errors 404 too. A
// failure stays one.
func concealed(ok bool, err error) (bool, error) {
	if e, is := errors.AsType[*ginauth.Error](err); is && e != nil && e.Status < http.StatusInternalServerError {
		return false, ginauth.NotFound().Because(err)
	}
	return ok, err
}

// HasObjectRule implements [ginauth.ObjectRuler].
func (p Concealed) HasObjectRule() bool { return ginauth.HasObjectRule(p.permission) }

// Conceals implements [ginauth.Concealer]: it is true.
func (Concealed) Conceals() bool { return true }

// Filter implements [Filterer].
func (p Concealed) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	return scoped(c, id, p.permission, tx)
}

// Parts implements [ginauth.Composite].
func (p Concealed) Parts() []ginauth.Permission { return []ginauth.Permission{p.permission} }

// TokenScopes implements [ginauth.TokenScoper].
func (p Concealed) TokenScopes() []string { return ginauth.TokenScopesOf(p.permission) }

// RequiresUser implements [ginauth.UserRequirer].
func (p Concealed) RequiresUser() bool {
	u, ok := p.permission.(ginauth.UserRequirer)
	return ok && u.RequiresUser()
}

// String returns e.g. "Conceal(IsOwner(owner_id))".
func (p Concealed) String() string { return "Conceal(" + ginauth.Name(p.permission) + ")" }
