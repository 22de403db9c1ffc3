package models

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Permission is a row of auth_permission. Its name in questions about a user is
// "app_label.codename". [SyncPermissions] creates the permissions that every
// model has.
type Permission struct {
	ID            int32       `gorm:"column:id;primaryKey;autoIncrement"`
	Name          string      `gorm:"column:name;size:255;not null"`
	ContentTypeID int32       `gorm:"column:content_type_id;not null"`
	ContentType   ContentType `gorm:"foreignKey:ContentTypeID"`
	Codename      string      `gorm:"column:codename;size:100;not null"`
}

// TableName returns Django's name for the table.
func (Permission) TableName() string { return "auth_permission" }

// String returns the permission's name in questions about a user, e.g.
// "core.change_note".
func (p Permission) String() string { return p.ContentType.AppLabel + "." + p.Codename }

// ContentType is a row of django_content_type: a model that permissions refer
// to.
type ContentType struct {
	ID       int32  `gorm:"column:id;primaryKey;autoIncrement"`
	AppLabel string `gorm:"column:app_label;size:100;not null"`
	Model    string `gorm:"column:model;size:100;not null"`
}

// TableName returns Django's name for the table.
func (ContentType) TableName() string { return "django_content_type" }

// ModelLabel returns Django's label; the table is not named after the app.
func (ContentType) ModelLabel() string { return "contenttypes.contenttype" }

// HasPerm reports whether the user has a permission, named
// "app_label.codename", directly or as a member of a group (Django: has_perm
// without an object). Active superusers have every permission, even ones that
// do not exist; inactive users have none.
//
// The first question about permissions reads those that it names, the second
// reads all: two queries at most. As in Django, the user keeps them for its
// lifetime: a change in the meantime shows when the user is loaded again.
func (m *membership) HasPerm(ctx context.Context, perm string) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	if !a.user.Active() || a.superuser() {
		return a.user.Active(), nil
	}
	a.hold(ctx)
	defer a.mu.Unlock()
	if has, known := a.permission(perm); known {
		return has, nil
	}
	if err := a.read(ctx, a.want(false, []string{perm})); err != nil {
		return false, err
	}
	has, _ := a.permission(perm)
	return has, nil
}

// HasPerms reports whether the user has all of these permissions, see HasPerm.
// As in Django, it is true for an empty list.
func (m *membership) HasPerms(ctx context.Context, perms ...string) (bool, error) {
	if len(perms) > 1 {
		if err := m.Preload(ctx, false, perms...); err != nil {
			return false, err
		}
	}
	for _, perm := range perms {
		if ok, err := m.HasPerm(ctx, perm); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// AllPermissions returns all permissions of the user, sorted (Django:
// get_all_permissions). For a superuser these are all that exist, read each
// time.
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

// permissions returns the permissions of an active user who is not a superuser.
func (a *account) permissions(ctx context.Context) (map[string]bool, error) {
	a.hold(ctx)
	defer a.mu.Unlock()
	if a.perms == nil {
		if err := a.read(ctx, wanted{all: true}); err != nil {
			return nil, err
		}
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

// Permissions returns all permissions that exist, in Django's order: by app,
// model and codename.
func (u *Users) Permissions(ctx context.Context) (all []Permission, err error) {
	for rows, err := range sqlkit.Rows(ctx, u.pool(), u.sql.allPermissions) {
		var p Permission
		if err == nil {
			err = rows.Scan(p.targets()...)
		}
		if err != nil {
			return nil, fmt.Errorf("find permissions: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// targets returns the destinations for permissionColumns.
func (p *Permission) targets() []any {
	return []any{&p.ID, &p.Name, &p.Codename, &p.ContentType.ID, &p.ContentType.AppLabel, &p.ContentType.Model}
}
