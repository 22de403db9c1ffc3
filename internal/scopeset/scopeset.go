// Package scopeset has the scopes of a database, and checks and compares those
// of credentials that are limited to some.
package scopeset

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/usertable"
)

// All is models.AllScopes.
const All = "*"

// Set is models.Scopes: the permissions that each scope stands for. It is a
// GORM plugin, which models.Scopes gives to the database.
type Set map[string][]string

const (
	plugin  = "ginauth:scopeset"
	readers = "accesstoken.Of, oauth2token.Of, policies.AccessToken, policies.OAuth2Token or policies.HasScope"
)

// Name implements [gorm.Plugin].
func (Set) Name() string { return plugin }

// Initialize implements [gorm.Plugin]. It rejects scopes that come too late.
func (Set) Initialize(db *gorm.DB) error { return setting.Late(db, plugin, "models: Scopes", readers) }

// Of returns the scopes of a database; by default it defines none.
func Of(db *gorm.DB) Set {
	s, _ := setting.Of[Set](db, plugin)
	return s
}

// Defined returns an error if the scope is undefined. Asking for it is a
// programming mistake and must not become a refusal that Not could turn into a
// permission.
func (s Set) Defined(name string) error {
	if _, ok := s[name]; !ok {
		return fmt.Errorf("models: the scope %q is not among the database's models.Scopes", name)
	}
	return nil
}

// May reports whether the user has all permissions of the scope.
func (s Set) May(ctx context.Context, user usertable.User, name string) (bool, error) {
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

// Covers reports whether the scopes of wide include all those of narrow.
func Covers(wide, narrow []string) bool {
	if slices.Contains(wide, All) {
		return true
	}
	return !slices.ContainsFunc(narrow, func(name string) bool { return !slices.Contains(wide, name) })
}

// Check returns the scopes sorted and without duplicates, or what is wrong with
// them: an empty list, too many, or one that is not defined.
func (s Set) Check(names []string) (sorted []string, problem string) {
	const most = 50
	if len(names) == 0 {
		return nil, "This list may not be empty."
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) > most {
		return nil, fmt.Sprintf("Ensure this field has no more than %d elements.", most)
	}
	for _, name := range names {
		if _, ok := s[name]; !ok && name != All {
			return nil, fmt.Sprintf("%q is not a valid choice.", name)
		}
	}
	return names, ""
}
