package policies

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

// The abilities below are methods that classes ask users for. A [models.User]
// has them all, and so has a struct that embeds [models.PermissionsMixin] but
// for Staff. A user that lacks one is refused by the classes that ask for it.
// An application states that its own user has one by an assertion:
//
//	var _ policies.StaffUser = (*Account)(nil)
//
// All of them may be called concurrently. An error is a failure: 503, never a
// no.

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

// PermissionUser is a user that [HasPerm], [ModelPermissions] and
// [ObjectPermissions] ask whether it has all of these permissions, named as in
// Django: "core.change_note".
type PermissionUser interface {
	HasPerms(ctx context.Context, perms ...string) (bool, error)
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
	ObjectPermsOf(ctx context.Context, of models.Label, obj any) (models.PermSet, error)
	GrantedObjects(of models.Label, perm string, model any) (query string, args []any, all bool, err error)
}

var (
	_ StaffUser            = (*models.User)(nil)
	_ GroupUser            = (*models.User)(nil)
	_ PermissionUser       = (*models.User)(nil)
	_ ScopeUser            = (*models.User)(nil)
	_ ObjectPermissionUser = (*models.User)(nil)
)
