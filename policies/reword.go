package policies

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// Conceal hides that an object exists: requests that the permission refuses,
// anonymous or not, get the 404 "Not found." of an object that does not exist,
// byte for byte. It is for objects. On a route without one the answers to wrong
// credentials, other methods and slashes still reveal that the route exists,
// see [ginauth.Concealer].
//
//	owner := policies.Conceal(policies.IsOwner("owner_id"))
//	ginauth.PermissionClasses(policies.IsAuthenticated, owner)
func Conceal(permission ginauth.Permission) ginauth.Permission {
	mustNotBeNil("Conceal", permission)
	return reword(reworded{permission: permission, concealing: true})
}

// Deny tells the client this message and code when the permission refuses, in
// place of its own or, if it is made of others, of theirs (DRF: the attributes
// message and code). The message is a string, answered as {"detail": ...}, or
// any other JSON value, answered as it is. A nil message or an empty code
// leaves the permission's own or, if it has none, DRF's.
//
//	editors := policies.Any(policies.IsAdminUser, policies.InGroup("editors"))
//	policies.Deny(editors, "This is for editors.", "not_editor")
//
// What is decided stays the same, and so does the rest of the answer:
//   - anonymous requests are told to authenticate;
//   - a refusal that conceals, as of [Conceal] and of [ObjectPermissions],
//     stays 404;
//   - an error that a class returns, such as 405, is answered as it is.
func Deny(permission ginauth.Permission, message any, code string) ginauth.Permission {
	mustNotBeNil("Deny", permission)
	return reword(reworded{permission: permission, message: message, code: code})
}

func reword(p reworded) *reworded {
	p.traits = ginauth.PermissionTraits{
		All:          []ginauth.Permission{p.permission},
		NoObjectRule: !ginauth.HasObjectRule(p.permission),
	}
	return &p
}

// reworded is a permission that decides as another one, but tells the client
// something else about a refusal.
type reworded struct {
	permission ginauth.Permission
	concealing bool   // refusals are 404; else they have a message and a code
	message    any    // nil: the permission's own
	code       string // "": the permission's own
	traits     ginauth.PermissionTraits
}

var (
	_ ginauth.Decider          = (*reworded)(nil)
	_ ginauth.ObjectPermission = (*reworded)(nil)
	_ ginauth.Denial           = (*reworded)(nil)
	_ ginauth.Concealer        = (*reworded)(nil)
	_ Filterer                 = (*reworded)(nil)
)

// tell returns the permission that the client is told about: p, if it conceals
// or has a message or a code for the refusal, else the one that refused. A
// refusal that a class returned as an error is concealed too, a failure is not.
func (p *reworded) tell(refusing ginauth.Permission, err error) (ginauth.Permission, error) {
	switch {
	case err != nil && p.concealing:
		return nil, concealed(err)
	case err != nil:
		return nil, err
	case refusing == nil:
		return nil, nil
	case p.concealing, !conceals(refusing) && speaks(p):
		return p, nil
	}
	return refusing, nil
}

// concealed returns 404 in place of a refusal, and failures as they are.
func concealed(err error) error {
	if e, ok := errors.AsType[*ginauth.Error](err); ok && e != nil && e.Status < http.StatusInternalServerError {
		return ginauth.NotFound().Because(err)
	}
	return err
}

// HasPermission implements [ginauth.Permission].
func (p *reworded) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return ginauth.Question{Context: c, Identity: id}.Passes(p)
}

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p *reworded) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return passesObject(p, c, id, obj)
}

// Decide implements [ginauth.Decider].
func (p *reworded) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
	return p.tell(q.Ask(p.permission))
}

// Describe implements [ginauth.Describer].
func (p *reworded) Describe() ginauth.PermissionTraits { return p.traits }

// Conceals implements [ginauth.Concealer].
func (p *reworded) Conceals() bool { return p.concealing || conceals(p.permission) }

// Message implements [ginauth.Denial].
func (p *reworded) Message() any {
	if own, ok := p.permission.(ginauth.Denial); ok && p.message == nil && !p.concealing {
		return own.Message()
	}
	return p.message
}

// Code implements [ginauth.Denial].
func (p *reworded) Code() string {
	if own, ok := p.permission.(ginauth.Denial); ok && p.code == "" && !p.concealing {
		return own.Code()
	}
	return p.code
}

// Filter implements [Filterer].
func (p *reworded) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	return filtered(c, id, p.permission, tx)
}

// String returns e.g. "Conceal(IsOwner(owner_id))", and for [Deny] the name of
// the permission itself.
func (p *reworded) String() string {
	if p.concealing {
		return "Conceal(" + ginauth.Name(p.permission) + ")"
	}
	return ginauth.Name(p.permission)
}
