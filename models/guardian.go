package models

import (
	"context"
	"fmt"
	"strings"
)

// PermSet is the permissions that a user has for one object. The zero value has none.
type PermSet struct {
	all       bool // those of a superuser
	app       string
	codenames map[string]bool
}

// Has reports whether a permission is in the set: "change_note", or with its app "core.change_note".
func (s PermSet) Has(perm string) bool {
	if s.all {
		return true
	}
	app, codename, dotted := strings.Cut(perm, ".")
	if !dotted {
		return s.codenames[perm]
	}
	return app == s.app && s.codenames[codename]
}

// HasObjectPerm reports whether the user was granted a permission for obj, a stored GORM model or a pointer to one: itself, or
// as a member of a group (Django's has_perm with an object, by guardian's backend). The permission is named "core.change_note"
// or "change_note". Permissions for the whole model do not count. Active superusers have every one; inactive users have none.
//
// It costs one query. For more than one question about an object ask ObjectPerms.
func (m *membership) HasObjectPerm(ctx context.Context, perm string, obj any) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	label, pk, err := identify(a.db, obj)
	if err != nil {
		return false, err
	}
	if _, err := label.codename(perm); err != nil {
		return false, err
	}
	perms, err := m.ObjectPerms(ctx, label, pk)
	return perms.Has(perm), err
}

// ObjectPerms returns what the user was granted for one object of a model, see HasObjectPerm, by one query. The object is named
// by its primary key as guardian stores it, see [ObjectPK].
func (m *membership) ObjectPerms(ctx context.Context, of Label, pk string) (PermSet, error) {
	a, err := m.bound()
	if err != nil || !a.user.Active() {
		return PermSet{}, err
	}
	if a.superuser() {
		return PermSet{all: true}, nil
	}
	if !storable(pk, maxObjectPK) {
		return PermSet{}, nil
	}
	users, err := a.model()
	if err != nil {
		return PermSet{}, err
	}
	codenames, err := users.texts(ctx, users.sql.objectPerms, of.App, of.Model, a.key, pk, of.App, of.Model, a.key, pk)
	if err != nil {
		return PermSet{}, fmt.Errorf("find object permissions: %w", err)
	}
	return PermSet{app: of.App, codenames: codenames}, nil
}
