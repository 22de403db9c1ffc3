package models

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// Group is a row of auth_group.
type Group struct {
	ID          int32        `gorm:"column:id;primaryKey;autoIncrement"`
	Name        string       `gorm:"column:name;size:150;not null;unique"`
	Permissions []Permission `gorm:"many2many:auth_group_permissions"`
}

// TableName returns Django's name for the table.
func (Group) TableName() string { return "auth_group" }

// maxGroupName is the length of auth_group's column.
const maxGroupName = 150

// Group returns the group of exactly that name with its permissions, or
// [ErrNotFound].
func (u *Users) Group(ctx context.Context, name string) (*Group, error) {
	if !sqlkit.Storable(name, maxGroupName) {
		return nil, ErrNotFound
	}
	groups, err := u.readGroups(ctx, u.sql.groupByName, name)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, ErrNotFound
	}
	return &groups[0], nil
}

// Groups returns all groups with their permissions, ordered by name.
func (u *Users) Groups(ctx context.Context) ([]Group, error) {
	return u.readGroups(ctx, u.sql.allGroups)
}

// readGroups runs a query for groups and their permissions, one row each. A
// group without permissions has a row whose permission is zero.
func (u *Users) readGroups(ctx context.Context, query string, args ...any) (groups []Group, err error) {
	for rows, err := range sqlkit.Rows(ctx, u.pool(), query, args...) {
		var g Group
		var p Permission
		if err == nil {
			err = rows.Scan(append(p.targets(), &g.ID, &g.Name)...)
		}
		if err != nil {
			return nil, fmt.Errorf("find groups: %w", err)
		}
		if n := len(groups); n == 0 || groups[n-1].ID != g.ID {
			groups = append(groups, g)
		}
		if p.ID != 0 {
			last := &groups[len(groups)-1]
			last.Permissions = append(last.Permissions, p)
		}
	}
	return groups, nil
}

// GetOrCreateGroup returns the group of that name, creating it if necessary.
// Concurrent calls return the same group. Any name of 1 to 150 characters will
// do, stored as it is.
func (u *Users) GetOrCreateGroup(ctx context.Context, name string) (*Group, error) {
	if !sqlkit.Storable(name, maxGroupName) {
		return nil, fmt.Errorf("models: the group's name must have 1 to %d characters, "+
			"in UTF-8 and without NUL", maxGroupName)
	}
	if g, err := u.Group(ctx, name); !errors.Is(err, ErrNotFound) {
		return g, err
	}
	if _, err := sqlkit.Exec(ctx, u.pool(), u.sql.insertGroup, name); err != nil {
		return nil, fmt.Errorf("create group: %w", err)
	}
	return u.Group(ctx, name)
}

// DeleteGroup deletes a group, and with it its memberships and permissions,
// including those for objects. It returns [ErrNotStored] if the group has no
// row. If another table refers to the group, nothing is deleted and the error
// says so.
func (u *Users) DeleteGroup(ctx context.Context, group *Group) error {
	if err := groupStored(group); err != nil {
		return err
	}
	err := u.Transaction(ctx, func(tx *Users) error {
		tx.announce(ctx, announcement.Everything)
		if there, err := sqlkit.Row(ctx, tx.pool(), u.sql.lockGroup, []any{group.ID}, new(int64)); err != nil {
			return err
		} else if !there {
			return ErrNotStored
		}
		if err := tx.deleteReferences(ctx, "auth_group", group.ID); err != nil {
			return err
		}
		return changeRow(ctx, tx.pool(), u.sql.deleteGroup, group.ID)
	})
	if err != nil {
		return fmt.Errorf("delete group: %w", explainReference(err))
	}
	return nil
}

// AddToGroup makes a user a member of a group. A membership that exists stays
// as it is. It returns [ErrNotStored] if the user or the group has no row. The
// user discards what it has read; other values for the same user see the change
// when they are loaded again, which for an authenticator without a cache is the
// next request.
func (u *Users) AddToGroup(ctx context.Context, user UserModel, group *Group) error {
	err := u.changeMembership(ctx, user, group, func(tx *Users) error {
		if member, err := tx.isMember(ctx, user, group); member || err != nil {
			return err // an insert without effect would use up a number of the table's sequence
		}
		n, err := sqlkit.Exec(ctx, tx.pool(), u.sql.insertMember, u.Key(user), group.ID)
		if n > 0 || err != nil {
			return err
		}
		if member, err := tx.isMember(ctx, user, group); member || err != nil {
			return err // another process was first
		}
		return ErrNotStored
	})
	if err != nil {
		return fmt.Errorf("add to group: %w", err)
	}
	return nil
}

// RemoveFromGroup ends a membership, with the same effect on values for the
// user as [Users.AddToGroup]. Removing one that does not exist is not an error.
func (u *Users) RemoveFromGroup(ctx context.Context, user UserModel, group *Group) error {
	err := u.changeMembership(ctx, user, group, func(tx *Users) error {
		_, err := sqlkit.Exec(ctx, tx.pool(), u.sql.deleteMember, u.Key(user), group.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove from group: %w", err)
	}
	return nil
}

// changeMembership calls change if the user and the group can be related,
// announces it, and makes the user see it.
func (u *Users) changeMembership(
	ctx context.Context, user UserModel, group *Group, change func(tx *Users) error,
) error {
	m, ok := user.(member)
	if !ok || !u.table.Has(user) {
		return fmt.Errorf("models: %T cannot be in groups: it is not this database's user model, "+
			"or does not embed models.PermissionsMixin", user)
	}
	if err := groupStored(group); err != nil {
		return err
	}
	if u.Key(user) == nil {
		return fmt.Errorf("the user is nil: %w", ErrNotStored)
	}
	if err := u.announcing(ctx, u.announced(user), change); err != nil {
		return err
	}
	if a, err := m.bound(); err == nil {
		a.forget()
	}
	return nil
}

func (u *Users) isMember(ctx context.Context, user UserModel, group *Group) (bool, error) {
	found, err := sqlkit.Texts(ctx, u.pool(), u.sql.findMember, u.Key(user), group.ID)
	return len(found) > 0, err
}

// groupStored returns an error unless the group has been loaded or created.
func groupStored(group *Group) error {
	if group == nil || group.ID == 0 {
		return fmt.Errorf("the group is not stored: %w", ErrNotStored)
	}
	return nil
}

// Members iterates over the users in a group in the order of the primary key,
// under the conditions of [Users.All].
func (u *Users) Members(ctx context.Context, group *Group) iter.Seq2[UserModel, error] {
	return func(yield func(UserModel, error) bool) {
		if err := groupStored(group); err != nil {
			yield(nil, err)
			return
		}
		u.each(ctx, yield, u.sql.members, group.ID)
	}
}

// groupStatements are the fixed queries that list and change groups.
type groupStatements struct {
	allGroups, groupByName                 string // permissionColumns, id and name, ordered
	allPermissions                         string // permissionColumns
	insertGroup, lockGroup, deleteGroup    string
	members                                string // the users in a group
	findMember, insertMember, deleteMember string // of a user and a group
}

const (
	// permissionColumns are what [Permission.targets] reads. They are zero for
	// a group without permissions.
	permissionColumns = `COALESCE(p."id", 0), COALESCE(p."name", ''), COALESCE(p."codename", ''), ` +
		`COALESCE(c."id", 0), COALESCE(c."app_label", ''), COALESCE(c."model", '')`

	permissionOrder = `c."app_label", c."model", p."codename"`
)

func compileGroups(db *gorm.DB, t *usertable.Table) groupStatements {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	user := t.SQL
	members, column := q(t.Django.Name+"_groups"), q(t.Django.Model+"_id")
	groups := `SELECT ` + permissionColumns + `, g."id", g."name" FROM "auth_group" g ` +
		`LEFT JOIN "auth_group_permissions" r ON r."group_id" = g."id" ` +
		`LEFT JOIN ("auth_permission" p JOIN "django_content_type" c ON c."id" = p."content_type_id") ` +
		`ON p."id" = r."permission_id"`
	one := fmt.Sprintf(`%s = %s AND "group_id" = %s`, column, p(1), p(2))
	return groupStatements{
		allGroups:      groups + ` ORDER BY g."name", ` + permissionOrder,
		groupByName:    groups + ` WHERE g."name" = ` + p(1) + ` ORDER BY ` + permissionOrder,
		allPermissions: `SELECT ` + permissionColumns + ` FROM ` + ofTheModel + ` ORDER BY ` + permissionOrder,
		insertGroup: fmt.Sprintf(`INSERT INTO "auth_group" ("name") VALUES (%s) `+
			`ON CONFLICT ("name") DO NOTHING`, p(1)),
		lockGroup:   `SELECT "id" FROM "auth_group" WHERE "id" = ` + p(1) + sqlkit.ForUpdate(db),
		deleteGroup: `DELETE FROM "auth_group" WHERE "id" = ` + p(1),
		members: fmt.Sprintf(`SELECT %s FROM %s m JOIN %s u ON %s = m.%s WHERE m."group_id" = %s%s ORDER BY %s`,
			user.Columns, members, user.Table, user.Key, column, p(1), user.Live, user.Key),
		findMember: fmt.Sprintf(`SELECT 'member' FROM %s WHERE %s`, members, one),
		insertMember: fmt.Sprintf(`INSERT INTO %s (%s, "group_id") SELECT %s, g."id" `+
			`FROM %s u, "auth_group" g WHERE %s = %s AND g."id" = %s%s `+
			`ON CONFLICT (%s, "group_id") DO NOTHING`,
			members, column, user.Key, user.Table, user.Key, p(1), p(2), user.Live, column),
		deleteMember: fmt.Sprintf(`DELETE FROM %s WHERE %s`, members, one),
	}
}
