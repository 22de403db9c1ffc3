package policies

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

// This file holds what classes ask users for; see Users in the package
// documentation. The methods may be called concurrently. An error is a failure:
// 503, never a no.

// StaffUser is a user that [IsAdminUser] lets pass if Staff is true (Django:
// is_staff).
type StaffUser interface {
	Staff() bool
}

// GroupUser is a user that [InGroup] asks whether it is a member of the group
// of that name.
type GroupUser interface {
	InGroup(ctx context.Context, name string) (bool, error)
}

// RoleUser is a user that [HasRole] asks for its roles, such as the content of a
// column. An empty one counts as none.
type RoleUser interface {
	Roles() []string
}

// PermissionUser is a user that [HasPerm], [ModelPermissions] and
// [ObjectPermissions] ask whether it has all of these permissions, named as in
// Django: "core.change_note".
type PermissionUser interface {
	HasPerms(ctx context.Context, perms ...string) (bool, error)
}

// PreloadUser is a user that is told what classes are about to ask, so that one
// statement answers all of it: whether groups, and which permissions.
type PreloadUser interface {
	Preloaded() bool // something has been read, so there is nothing to tell
	Preload(ctx context.Context, groups bool, perms ...string) error
}

// ScopeUser is a user that [HasScope] asks whether it has the permissions that
// the scope stands for.
type ScopeUser interface {
	HasScope(ctx context.Context, name string) (bool, error)
}

// ObjectPermissionUser is a user that was granted permissions on single
// objects, which [ObjectPermissions] asks for:
//   - ObjectPermsOf returns those on the stored object obj of the model;
//   - GrantedObjects returns the same for [Filter], as a sub-query that selects
//     the keys of the objects on which the user has perm. all means every
//     object.
type ObjectPermissionUser interface {
	ObjectPermsOf(ctx context.Context, of models.Label, obj any) (has func(perm string) bool, err error)
	GrantedObjects(of models.Label, perm string, model any) (query string, args []any, all bool, err error)
}

// NamedUser is a user that throttles count by Subject if it has no primary key,
// and whose Subject the log shows. It must not hold a credential.
type NamedUser interface {
	Subject() string
}

var (
	_ NamedUser            = (*models.User)(nil)
	_ StaffUser            = (*models.User)(nil)
	_ GroupUser            = (*models.User)(nil)
	_ PermissionUser       = (*models.User)(nil)
	_ PreloadUser          = (*models.User)(nil)
	_ ScopeUser            = (*models.User)(nil)
	_ ObjectPermissionUser = (*models.User)(nil)
)
