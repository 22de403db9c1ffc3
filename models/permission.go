package models

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// HasPerm reports whether the user has a permission, named "app_label.codename": itself, or as a member of a group (Django:
// has_perm without an object). Active superusers have every one, also those that do not exist; inactive users have none.
//
// All of the user's permissions are read by one query when the first is asked for, and kept for as long as the user lives, as
// Django does. A change in the meantime is seen when the user is loaded again.
func (m *membership) HasPerm(ctx context.Context, perm string) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	if !a.user.Active() || a.superuser() {
		return a.user.Active(), nil
	}
	perms, err := a.permissions(ctx)
	return perms[perm], err
}

// HasPerms reports whether the user has all of these permissions, see HasPerm. Everybody has all of none, as in Django.
func (m *membership) HasPerms(ctx context.Context, perms ...string) (bool, error) {
	for _, perm := range perms {
		if ok, err := m.HasPerm(ctx, perm); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// AllPermissions returns all permissions that the user has, sorted (Django: get_all_permissions). A superuser has all that there
// are, and reads them each time.
func (m *membership) AllPermissions(ctx context.Context) ([]string, error) {
	a, err := m.bound()
	if err != nil || !a.user.Active() {
		return nil, err
	}
	var perms map[string]bool
	if a.superuser() {
		perms, err = a.everyPermission(ctx)
	} else {
		perms, err = a.permissions(ctx)
	}
	return slices.Sorted(maps.Keys(perms)), err
}

// permissions returns what an active user who is no superuser has.
func (a *account) permissions(ctx context.Context) (map[string]bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.perms != nil {
		return a.perms, nil
	}
	users, err := a.model()
	if err != nil {
		return nil, err
	}
	if a.perms, err = users.texts(ctx, users.sql.permissions, a.key, a.key); err != nil {
		return nil, fmt.Errorf("find permissions: %w", err)
	}
	return a.perms, nil
}

func (a *account) everyPermission(ctx context.Context) (map[string]bool, error) {
	users, err := a.model()
	if err != nil {
		return nil, err
	}
	perms, err := users.texts(ctx, users.sql.everyPermission)
	if err != nil {
		return nil, fmt.Errorf("find permissions: %w", err)
	}
	return perms, nil
}
