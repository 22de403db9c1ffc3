package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

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

func compileGroups(db *gorm.DB, s *userSchema, t djangoschema.User) groupStatements {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	user := sqlOf(db, s, t)
	members, column := q(t.Name+"_groups"), q(t.Model+"_id")
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
