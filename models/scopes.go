package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/scopeset"
)

const scopesPlugin = "ginauth:scopes"

// AllScopes is the scope of a token that permits all that its owner may do. A
// route cannot require it.
const AllScopes = "*"

// Scopes are the scopes that access tokens may have. Each stands for
// permissions: an owner who has all of them may give the scope to a token, and
// the token has the scope while its owner has the permissions. Every owner may
// give a scope without permissions. It is a GORM plugin:
//
//	err := db.Use(models.Scopes{
//		"notes:read":  {"core.view_note"},
//		"notes:write": {"core.add_note", "core.change_note"},
//		"profile":     {},
//	})
//
// Names follow RFC 6749: printable ASCII without blanks, quotes and
// backslashes. Without the plugin tokens can only have [AllScopes].
type Scopes map[string][]string

// Name returns the plugin's name.
func (Scopes) Name() string { return scopesPlugin }

// Initialize rejects invalid names of scopes and permissions, and scopes that
// come too late.
func (s Scopes) Initialize(db *gorm.DB) error {
	for name, perms := range s {
		if !isScope(name) || name == AllScopes {
			return fmt.Errorf("models: Scopes: %q cannot be the name of a scope", name)
		}
		for _, perm := range perms {
			app, codename, ok := strings.Cut(perm, ".")
			if !ok || app == "" || codename == "" {
				return fmt.Errorf(`models: Scopes: %s: a permission is called "app.codename", `+
					"such as core.change_note, not %q", name, perm)
			}
		}
	}
	return db.Use(scopeset.Set(s))
}

const maxScopeLength = 100

// isScope reports whether name is a scope-token of RFC 6749 of bounded length.
func isScope(name string) bool {
	odd := func(r rune) bool { return r < '!' || r > '~' || r == '"' || r == '\\' }
	return name != "" && len(name) <= maxScopeLength && !strings.ContainsFunc(name, odd)
}

// HasScope reports whether the user has all permissions that the scope stands
// for (see [Scopes]). As with HasPerm, all permissions of the user cost one
// query. An undefined scope is an error.
func (m *membership) HasScope(ctx context.Context, name string) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	return scopeset.Of(a.db).May(ctx, a.user, name)
}
