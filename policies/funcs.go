package policies

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// FuncPermission is a permission made of a function by [PermissionFunc].
type FuncPermission struct {
	denial
	name  string
	allow func(c *gin.Context, id *ginauth.Identity) (bool, error)
}

// PermissionFunc makes a permission of a function with the contract of
// [ginauth.Permission]. The name is what the route table and the log show.
func PermissionFunc(name string, allow func(c *gin.Context, id *ginauth.Identity) (bool, error)) *FuncPermission {
	mustBeNamed("PermissionFunc", name)
	if allow == nil {
		panic("policies: PermissionFunc " + name + " was given a nil function")
	}
	return &FuncPermission{name: name, allow: allow}
}

// mustBeNamed is for constructors: the route table and the log show the name.
func mustBeNamed(class, name string) {
	if strings.TrimSpace(name) == "" {
		panic("policies: " + class + " was given no name; the route table and the log show it")
	}
}

// WithDenial returns a copy that tells the client this message and code when it
// refuses. A nil message or an empty code stands for DRF's.
func (p *FuncPermission) WithDenial(message any, code string) *FuncPermission {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// HasPermission calls the function.
func (p *FuncPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return p.allow(c, id)
}

// String returns the name.
func (p *FuncPermission) String() string { return p.name }

// FuncAuthenticator is an authenticator made of a function by
// [AuthenticatorFunc].
type FuncAuthenticator struct {
	name, challenge string
	authenticate    func(c *gin.Context) (*ginauth.Identity, error)
}

// AuthenticatorFunc makes an authenticator of a function with the contract of
// [ginauth.Authenticator]. The name is what the route table and the log show.
func AuthenticatorFunc(name string, authenticate func(c *gin.Context) (*ginauth.Identity, error)) *FuncAuthenticator {
	if authenticate == nil {
		panic("policies: AuthenticatorFunc " + name + " was given a nil function")
	}
	return &FuncAuthenticator{name: name, authenticate: authenticate}
}

// WithChallenge returns a copy that offers this value of WWW-Authenticate,
// without which refusals are 403 where it is the first authenticator.
func (a *FuncAuthenticator) WithChallenge(value string) *FuncAuthenticator {
	b := *a
	b.challenge = value
	return &b
}

// Authenticate calls the function.
func (a *FuncAuthenticator) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	return a.authenticate(c)
}

// Challenge implements [ginauth.Challenger].
func (a *FuncAuthenticator) Challenge(*gin.Context) string { return a.challenge }

// String returns the name.
func (a *FuncAuthenticator) String() string { return a.name }
