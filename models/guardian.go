package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// PermSet holds the permissions that a user has for one object. The zero value
// is empty.
type PermSet struct {
	all       bool // every permission, as for a superuser
	app       string
	codenames map[string]bool
}

// Has reports whether a permission is in the set: "change_note", or with its
// app "core.change_note".
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

// HasObjectPerm reports whether the user was granted a permission for obj,
// directly or as a member of a group (Django's has_perm with an object, by
// guardian's backend). obj is a stored GORM model or a pointer to one. The
// permission is named "core.change_note" or "change_note". Permissions for the
// whole model do not count. Active superusers have every permission; inactive
// users have none.
//
// It costs one query. To ask more than one question about an object use
// ObjectPerms.
func (m *membership) HasObjectPerm(ctx context.Context, perm string, obj any) (bool, error) {
	a, err := m.bound()
	if err != nil {
		return false, err
	}
	label, err := LabelOf(a.db, obj)
	if err != nil {
		return false, err
	}
	if err := stored(a.db, obj); err != nil {
		return false, err
	}
	if _, err := label.codename(perm); err != nil {
		return false, err
	}
	perms, err := m.ObjectPermsOf(ctx, label, obj)
	return perms.Has(perm), err
}

// stored returns an error for an object whose key is zero, like that of an
// object not yet stored.
func stored(db *gorm.DB, obj any) error {
	value, err := structOf(obj)
	if err != nil {
		return err
	}
	c, err := compare(db, obj)
	if err != nil {
		return err
	}
	if _, zero := c.field.ValueOf(context.Background(), value); zero {
		return fmt.Errorf("models: %T has no primary key yet; store it first, or ask ObjectPermsOf about a stored one", obj)
	}
	return nil
}

// ObjectPermsOf returns the permissions that the user was granted for obj (see
// HasObjectPerm), using one query. obj is a stored GORM model of that label or
// a pointer to one. Its key may be zero, as that of a row can be.
func (m *membership) ObjectPermsOf(ctx context.Context, of Label, obj any) (PermSet, error) {
	a, err := m.bound()
	if err != nil {
		return PermSet{}, err
	}
	value, err := structOf(obj)
	if err != nil {
		return PermSet{}, err
	}
	c, err := compare(a.db, obj)
	if err != nil {
		return PermSet{}, err
	}
	key, _ := c.field.ValueOf(ctx, value)
	if c.byText {
		text, ok := fieldText(key, c.field)
		if !ok {
			return PermSet{}, c.unstorable(obj)
		}
		return m.ObjectPerms(ctx, of, text)
	}
	return a.objectPerms(ctx, of, key, func(query string) string { return c.ofRow(a.db, query) })
}

// ObjectPerms returns the permissions that the user was granted for one object
// of a model (see HasObjectPerm), using one query. pk is the object's primary
// key as guardian stores it, see [ObjectPK].
func (m *membership) ObjectPerms(ctx context.Context, of Label, pk string) (PermSet, error) {
	a, err := m.bound()
	if err != nil || !a.user.Active() {
		return PermSet{}, err
	}
	if pk != "" && !sqlkit.Storable(pk, djangoschema.MaxObjectPK) && !a.superuser() {
		return PermSet{}, nil
	}
	return a.objectPerms(ctx, of, pk, func(query string) string { return query })
}

// objectPerms runs a query that takes the key, unless the answer is known.
func (a *account) objectPerms(ctx context.Context, of Label, key any, by func(query string) string) (PermSet, error) {
	if !a.user.Active() {
		return PermSet{}, nil
	}
	if a.superuser() {
		return PermSet{all: true}, nil
	}
	users, err := a.model()
	if err != nil {
		return PermSet{}, err
	}
	codenames, err := users.texts(ctx, by(users.sql.objectPerms), of.App, of.Model, a.key, key, of.App, of.Model, a.key, key)
	if err != nil {
		return PermSet{}, fmt.Errorf("find object permissions: %w", err)
	}
	return PermSet{app: of.App, codenames: codenames}, nil
}
