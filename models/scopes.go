package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
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
	return setting.Late(db, scopesPlugin, "models: Scopes", tokensReaders)
}

const maxScopeLength = 100

// isScope reports whether name is a scope-token of RFC 6749 of bounded length.
func isScope(name string) bool {
	odd := func(r rune) bool { return r < '!' || r > '~' || r == '"' || r == '\\' }
	return name != "" && len(name) <= maxScopeLength && !strings.ContainsFunc(name, odd)
}

// Scopes returns the setting of the database; by default it defines no scope.
func (u *Users) Scopes() Scopes { return scopesOf(u.db) }

func scopesOf(db *gorm.DB) Scopes {
	s, _ := setting.Of[Scopes](db, scopesPlugin)
	return s
}

// Defined returns an error if the scope is undefined. Asking for it is a
// programming mistake and must not become a refusal that Not could turn into a
// permission.
func (s Scopes) Defined(name string) error {
	if _, ok := s[name]; !ok {
		return fmt.Errorf("models: the scope %q is not among the database's models.Scopes", name)
	}
	return nil
}

// May reports whether the user has all permissions of the scope.
func (s Scopes) May(ctx context.Context, user UserModel, name string) (bool, error) {
	if err := s.Defined(name); err != nil {
		return false, err
	}
	perms := s[name]
	if !user.Active() || len(perms) == 0 {
		return user.Active(), nil
	}
	asked, ok := user.(interface {
		HasPerms(ctx context.Context, perms ...string) (bool, error)
	})
	if !ok {
		return false, nil
	}
	return asked.HasPerms(ctx, perms...)
}

// HasScope reports whether the user has all permissions that the scope stands
// for (see [Scopes]). As with HasPerm, all permissions of the user cost one
// query. An undefined scope is an error.
func (m *membership) HasScope(ctx context.Context, name string) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	return scopesOf(a.db).May(ctx, a.user, name)
}
