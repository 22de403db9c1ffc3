package main

import (
	"maps"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// permissions returns the permission lists of the matrix by key: those that
// need no database, and those of API keys.
func (app *application) permissions() map[string]ginauth.Rule {
	hasAPIKey := policies.HasAPIKey(app.db)
	lists := maps.Clone(permissions)
	lists["apikey"] = ginauth.PermissionClasses(hasAPIKey)
	lists["apikey-or-auth"] = ginauth.PermissionClasses(drf.Any(hasAPIKey, isAuthenticated))
	lists["apikey-and-auth"] = ginauth.PermissionClasses(drf.All(hasAPIKey, isAuthenticated))
	return lists
}
