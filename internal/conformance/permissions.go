package main

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

var (
	isAuthenticated = policies.IsAuthenticated
	isAdminUser     = policies.IsAdminUser
	readOnly        = policies.ReadOnly
	inEditors       = policies.InGroup("editors")

	denyMsg = policies.Deny(policies.PermissionFunc("DenyMsg", deny), "Only on Tuesdays.", "not_tuesday")
	hide    = policies.PermissionFunc("Hide", staffOrNotFound)
)

// permissions holds the permission lists of the matrix by key. They are
// composed exactly as DRF composes them.
var permissions = map[string]ginauth.Rule{
	"any":        ginauth.PermissionClasses(policies.AllowAny),
	"empty":      ginauth.PermissionClasses(policies.AllowAny),
	"auth":       ginauth.PermissionClasses(isAuthenticated),
	"admin":      ginauth.PermissionClasses(isAdminUser),
	"auth-ro":    ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly),
	"and":        ginauth.PermissionClasses(drf.All(isAuthenticated, isAdminUser)),
	"or":         ginauth.PermissionClasses(drf.Any(isAdminUser, readOnly)),
	"not-auth":   ginauth.PermissionClasses(drf.Not(isAuthenticated)),
	"not-admin":  ginauth.PermissionClasses(isAuthenticated, drf.Not(isAdminUser)),
	"nested":     ginauth.PermissionClasses(drf.Any(drf.All(isAuthenticated, drf.Not(isAdminUser)), inEditors)),
	"nested-not": ginauth.PermissionClasses(drf.Not(drf.Any(isAuthenticated, readOnly))),
	"xor": ginauth.PermissionClasses(drf.Any(
		drf.All(isAuthenticated, drf.Not(inEditors)), drf.All(drf.Not(isAuthenticated), readOnly))),
	"list":      ginauth.PermissionClasses(isAuthenticated, isAdminUser),
	"editors":   ginauth.PermissionClasses(inEditors),
	"msg":       ginauth.PermissionClasses(denyMsg),
	"auth-msg":  ginauth.PermissionClasses(isAuthenticated, denyMsg),
	"msg-admin": ginauth.PermissionClasses(denyMsg, isAdminUser),
	"admin-msg": ginauth.PermissionClasses(isAdminUser, denyMsg),
	"or-msg":    ginauth.PermissionClasses(drf.Any(denyMsg, isAdminUser)),
	"and-msg":   ginauth.PermissionClasses(drf.All(isAuthenticated, denyMsg)),
	"not-msg":   ginauth.PermissionClasses(drf.Not(denyMsg)),
	"msg-dict": ginauth.PermissionClasses(
		policies.Deny(denyMsg, map[string]any{"reason": "no", "hints": []string{"a", "b"}}, "not_tuesday")),
	"msg-list":      ginauth.PermissionClasses(policies.Deny(denyMsg, []string{"one", "two"}, "not_tuesday")),
	"msg-empty":     ginauth.PermissionClasses(policies.Deny(denyMsg, "", "not_tuesday")),
	"hide":          ginauth.PermissionClasses(hide),
	"hide-auth":     ginauth.PermissionClasses(isAuthenticated, hide),
	"raise-notauth": ginauth.PermissionClasses(policies.PermissionFunc("RaiseNotAuth", raiseNotAuthenticated)),
}

func deny(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil }

// staffOrNotFound answers every user who is not staff as if nothing existed
// here.
func staffOrNotFound(c *gin.Context, id *ginauth.Identity) (bool, error) {
	if ok, _ := isAdminUser.HasPermission(c, id); !ok {
		return false, ginauth.NotFound()
	}
	return true, nil
}

func raiseNotAuthenticated(*gin.Context, *ginauth.Identity) (bool, error) {
	return false, ginauth.NotAuthenticated().WithDetail("Come back with a badge.")
}
