package ginauth

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// Public returns a permission that lets every request pass, as
// policies.AllowAny does, and says why the route is open to everyone. The
// reason is for reviewers: it stands in the route table, and is not sent to
// clients.
//
//	open := ginauth.Public("asked by the load balancer")
//	auth.With(r, ginauth.PermissionClasses(open)).GET("/health", health)
//
// Public panics if the reason is empty.
func Public(reason string) Permission {
	if strings.TrimSpace(reason) == "" {
		panic("ginauth: Public was given no reason; say why everyone may call the route, or declare policies.AllowAny")
	}
	return public(reason)
}

type public string

func (public) HasPermission(*gin.Context, *Identity) (bool, error) { return true, nil }

func (public) OpenTo(string, bool) bool { return true }

func (public) JudgesStandIns() {}

func (p public) String() string { return "Public(" + strconv.Quote(string(p)) + ")" }

// Opener is implemented by a [Permission] that lets every request with certain
// methods pass, from any client. objects tells whether its rule about objects
// applies: it does not where the route declares [NoObject]. A composed
// permission answers for the whole. [Auth.Routes] uses it to find open routes.
type Opener interface {
	OpenTo(method string, objects bool) bool
}

// OpenTo reports whether a permission lets every request with a method pass, as
// far as it says so; see [Opener].
func OpenTo(p Permission, method string, objects bool) bool {
	o, ok := p.(Opener)
	return ok && o.OpenTo(method, objects)
}

// opens reports whether a class lets every request of a route pass.
func (p policy) opens(class Permission, method string) bool {
	return OpenTo(class, method, p.objects.place != none)
}

// openTo reports whether every request with a method passes the permissions,
// and why, if one of them is [Public].
func (p policy) openTo(method string) (open bool, reason string) {
	for _, class := range p.permissions {
		if !p.opens(class, method) {
			return false, ""
		}
	}
	var reasons []string
	for class := range parts(p.permissions) {
		if public, ok := class.(public); ok {
			reasons = append(reasons, string(public))
		}
	}
	return true, strings.Join(reasons, "; ")
}
