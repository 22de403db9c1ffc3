package policies

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// PermissionFunc makes a permission of a function with the contract of
// [ginauth.Permission]. The name is what the route table and the log show. It
// panics if the name is empty or the function is nil.
func PermissionFunc(name string, allow func(c *gin.Context, id *ginauth.Identity) (bool, error)) ginauth.Permission {
	mustBeNamed("PermissionFunc", name)
	if allow == nil {
		panic("policies: PermissionFunc " + name + " was given a nil function")
	}
	return &funcPermission{name, allow}
}

type funcPermission struct {
	name  string
	allow func(c *gin.Context, id *ginauth.Identity) (bool, error)
}

func (p *funcPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return p.allow(c, id)
}

func (p *funcPermission) String() string { return p.name }

// mustBeNamed is for constructors: the route table and the log show the name.
func mustBeNamed(class, name string) {
	if strings.TrimSpace(name) == "" {
		panic("policies: " + class + " was given no name; the route table and the log show it")
	}
}

// AuthenticatorFunc makes an authenticator of a function with the contract of
// [ginauth.Authenticator]. The name is what the route table and the log show.
// The challenge is the value of WWW-Authenticate; without one, refusals are 403
// instead of 401 where it is the first authenticator. It panics if the function
// is nil.
//
//	policies.AuthenticatorFunc("Key", byKey, `Key realm="api"`)
func AuthenticatorFunc(
	name string, authenticate func(c *gin.Context) (*ginauth.Identity, error), challenge ...string,
) ginauth.Authenticator {
	if authenticate == nil {
		panic("policies: AuthenticatorFunc " + name + " was given a nil function")
	}
	if len(challenge) > 1 {
		panic("policies: AuthenticatorFunc " + name + " takes one challenge")
	}
	return &funcAuthenticator{name, authenticate, strings.Join(challenge, "")}
}

type funcAuthenticator struct {
	name         string
	authenticate func(c *gin.Context) (*ginauth.Identity, error)
	challenge    string
}

var _ ginauth.Challenger = (*funcAuthenticator)(nil)

func (a *funcAuthenticator) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	return a.authenticate(c)
}

func (a *funcAuthenticator) Challenge(*gin.Context) string { return a.challenge }

func (a *funcAuthenticator) String() string { return a.name }
