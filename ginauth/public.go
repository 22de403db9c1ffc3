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

func (public) Describe() PermissionTraits { return PermissionTraits{Ways: everyRequest} }

// everyRequest describes a permission that lets every request pass.
func everyRequest(string, bool) []Alternative { return []Alternative{{}} }

func (public) JudgesStandIns() {}

func (p public) String() string { return "Public(" + strconv.Quote(string(p)) + ")" }

// opens reports whether a class lets every request of a route pass.
func (p policy) opens(class Permission, method string) bool {
	return openTo(class, method, p.objects.place != none)
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
