package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

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
	has, err := m.ObjectPermsOf(ctx, label, obj)
	return has(perm), err
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
		return fmt.Errorf("models: %T has no primary key yet; "+
			"store it first, or ask ObjectPermsOf about a stored one", obj)
	}
	return nil
}

func nothing(string) bool    { return false }
func everything(string) bool { return true }

// ObjectPermsOf returns a function that reports whether the user was granted a
// permission for obj (see HasObjectPerm), named "change_note" or with its app
// "core.change_note". It costs one query. obj is a stored GORM model of that
// label or a pointer to one. Its key may be zero, as that of a row can be.
func (m *membership) ObjectPermsOf(ctx context.Context, of Label, obj any) (has func(perm string) bool, err error) {
	a, err := m.bound()
	if err != nil {
		return nothing, err
	}
	value, err := structOf(obj)
	if err != nil {
		return nothing, err
	}
	c, err := compare(a.db, obj)
	if err != nil {
		return nothing, err
	}
	key, _ := c.field.ValueOf(ctx, value)
	if c.byText {
		text, ok := fieldText(key, c.field)
		if !ok {
			return nothing, c.unstorable(obj)
		}
		return m.ObjectPerms(ctx, of, text)
	}
	return a.objectPerms(ctx, of, key, func(query string) string { return c.ofRow(a.db, query) })
}

// ObjectPerms is ObjectPermsOf for an object that is named by its primary key,
// in the text that guardian stores.
func (m *membership) ObjectPerms(ctx context.Context, of Label, pk string) (has func(perm string) bool, err error) {
	a, err := m.bound()
	if err != nil || !a.user.Active() {
		return nothing, err
	}
	if pk != "" && !sqlkit.Storable(pk, djangoschema.MaxObjectPK) && !a.superuser() {
		return nothing, nil
	}
	return a.objectPerms(ctx, of, pk, func(query string) string { return query })
}

// objectPerms runs a query that takes the key, unless the answer is known.
func (a *account) objectPerms(
	ctx context.Context, of Label, key any, by func(query string) string,
) (has func(perm string) bool, err error) {
	if !a.user.Active() {
		return nothing, nil
	}
	if a.superuser() {
		return everything, nil
	}
	users, err := a.model()
	if err != nil {
		return nothing, err
	}
	codenames, err := users.texts(ctx, by(users.sql.objectPerms),
		of.App, of.Model, a.key, key, of.App, of.Model, a.key, key)
	if err != nil {
		return nothing, fmt.Errorf("find object permissions: %w", err)
	}
	return func(perm string) bool {
		app, codename, dotted := strings.Cut(perm, ".")
		if !dotted {
			return codenames[perm]
		}
		return app == of.App && codenames[codename]
	}, nil
}
