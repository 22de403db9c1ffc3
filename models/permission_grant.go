package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// AssignPerm grants a permission to a user or a group (guardian: assign_perm).
//
//   - The permission is named "core.change_note"; with an object, "change_note"
//     will do.
//   - to is a pointer to a stored user, which is a [User] or the application's
//     own struct, or to a stored [Group].
//   - obj is the object that the permission is for, a stored GORM model or a
//     pointer to one. If it is nil, the permission is for the whole model.
//
// AssignPerm returns [ErrNotFound] if the permission does not exist, see
// [SyncPermissions]. An existing grant stays as it is. The user passed as to
// discards what it has read; other values for the same user, and members of the
// group, see the change when they are loaded again.
func AssignPerm(ctx context.Context, db *gorm.DB, perm string, to, obj any) error {
	return change(ctx, db, to, obj, func(g *grant) error {
		if err := g.assign(ctx, perm); err != nil {
			return fmt.Errorf("assign %s: %w", perm, err)
		}
		return nil
	})
}

// RemovePerm takes back what [AssignPerm] with the same arguments has granted
// (guardian: remove_perm). Removing a grant that does not exist, or is gone
// with the user or group, is not an error.
func RemovePerm(ctx context.Context, db *gorm.DB, perm string, from, obj any) error {
	return change(ctx, db, from, obj, func(g *grant) error {
		if err := g.remove(ctx, perm); err != nil {
			return fmt.Errorf("remove %s: %w", perm, err)
		}
		return nil
	})
}

func change(ctx context.Context, db *gorm.DB, to, obj any, do func(*grant) error) error {
	users, err := UsersOf(db)
	if err != nil {
		return err
	}
	g := &grant{users: users}
	if obj != nil {
		if err := g.setObject(obj); err != nil {
			return err
		}
	}
	if err := g.setReceiver(to); err != nil {
		return err
	}
	defer g.forget()
	name := announcement.Everything // the members of a group are many
	if g.user != nil {
		name = announcement.User(keyText(g.to))
	}
	return users.announcing(ctx, name, func(tx *Users) error {
		g.users = tx
		return do(g)
	})
}

// grant says which user or group gets a permission, and for what.
type grant struct {
	users  *Users
	object *grantObject // nil: the whole model
	to     any          // the key of the user or group
	user   member       // nil: it is a group
	sql    grantStatements
}

type grantObject struct {
	label Label
	pk    string
}

func (g *grant) setObject(obj any) error {
	label, pk, err := identify(g.users.db, obj)
	if err != nil {
		return err
	}
	if !sqlkit.Storable(pk, djangoschema.MaxObjectPK) {
		return fmt.Errorf("models: the primary key of %T does not fit into guardian's column of %d characters",
			obj, djangoschema.MaxObjectPK)
	}
	g.object = &grantObject{label, pk}
	return nil
}

// setReceiver determines the receiver, and with it the statements.
func (g *grant) setReceiver(to any) error {
	u := g.users
	if group, ok := to.(*Group); ok {
		if group == nil || group.ID == 0 {
			return fmt.Errorf("the group is not stored: %w", ErrNotStored)
		}
		g.to, g.sql = group.ID, compileGrant(u.db, "auth_group_permissions", "group_id", "permission_id")
		if g.object != nil {
			g.sql = compileGrant(u.db, "guardian_groupobjectpermission", "group_id", "permission_id", "object_pk")
		}
		return nil
	}
	value, want := reflect.ValueOf(to), reflect.PointerTo(u.table.Type)
	if !value.IsValid() || value.Type() != want || value.IsNil() {
		return fmt.Errorf("models: permissions are granted to a %s or a *models.Group, not to a %T", want, to)
	}
	var ok bool
	if g.user, ok = to.(member); !ok {
		return fmt.Errorf("models: %T has no permissions: embed models.PermissionsMixin", to)
	}
	user := to.(UserModel) // as the user model's type is
	if !u.table.Stored(user) {
		return fmt.Errorf("the user is not stored: %w", ErrNotStored)
	}
	joined := u.table.Django
	g.to, g.sql = u.Key(user), compileGrant(u.db, joined.Name+"_user_permissions", joined.Model+"_id", "permission_id")
	if g.object != nil {
		g.sql = compileGrant(u.db, "guardian_userobjectpermission", "user_id", "permission_id", "object_pk")
	}
	return nil
}

// forget makes the receiving user see the change.
func (g *grant) forget() {
	if g.user == nil {
		return
	}
	if a, err := g.user.bound(); err == nil {
		a.forget()
	}
}

func (g *grant) assign(ctx context.Context, perm string) error {
	p, err := g.find(ctx, perm)
	if err != nil {
		return err
	}
	granted, err := g.users.texts(ctx, g.sql.find, g.args(p)...)
	if err != nil || len(granted) > 0 {
		return err // an insert without effect would use up a number of the table's sequence
	}
	args := g.args(p)
	if g.object != nil {
		args = append(args, p.contentType)
	}
	_, err = sqlkit.Exec(ctx, g.users.pool(), g.sql.insert, args...)
	return err
}

func (g *grant) remove(ctx context.Context, perm string) error {
	p, err := g.find(ctx, perm)
	if err != nil {
		return err
	}
	_, err = sqlkit.Exec(ctx, g.users.pool(), g.sql.remove, g.args(p)...)
	return err
}

// args returns the arguments that every statement begins with.
func (g *grant) args(p permissionRow) []any {
	if g.object != nil {
		return []any{g.to, p.id, g.object.pk}
	}
	return []any{g.to, p.id}
}

// find returns the permission of that name: of the object's model, or of the
// one model in the app that has it.
func (g *grant) find(ctx context.Context, perm string) (permissionRow, error) {
	if g.object != nil {
		codename, err := g.object.label.codename(perm)
		if err != nil {
			return permissionRow{}, err
		}
		label := g.object.label
		return g.users.permission(ctx, g.users.sql.permissionOfModel, codename, label.App, label.Model)
	}
	app, codename, dotted := strings.Cut(perm, ".")
	if !dotted {
		return permissionRow{}, errors.New("models: a permission for a whole model is named with its app, " +
			`e.g. "core.change_note"`)
	}
	return g.users.permission(ctx, g.users.sql.permissionOfApp, codename, app)
}
