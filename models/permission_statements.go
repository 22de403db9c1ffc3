package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// permissionStatements are the fixed queries about groups and permissions, in
// the dialect of the database.
//
// They enter each table that grows with users or objects by its unique index,
// which begins with the user or the group, so that neither an object shared
// with everyone nor a user with many objects makes them slow. Two planners need
// help. SQLite, which mostly has no statistics, joins in the order of a CROSS
// JOIN, and does not use the index of a column with a sign. PostgreSQL would
// expect an EXISTS to find a row at once, and would read the whole table when
// there is none; and for a prepared statement, which it plans for a user with
// few grants, it would read all of a user's grants for an object. It never joins
// the sub-select of a column: it looks up each permission.
type permissionStatements struct {
	aboutUser         aboutUser // a user's groups and permissions
	everyPermission   string
	permissionOfModel string // id and content type: codename, app, model
	permissionOfApp   string // the same: codename, app
	objectPerms       string // codenames: app, model, user, pk, and all once more
	// keys of objects, with GORM's placeholders: user, app, model, codename,
	// and all once more
	granted string
}

const (
	// ofTheModel is the permission p of the content type c. Both tables are
	// small.
	ofTheModel = `"auth_permission" p JOIN "django_content_type" c ON c."id" = p."content_type_id"`

	// modelFirst is the same in another order, for objectPerms.
	modelFirst = `"django_content_type" c CROSS JOIN "auth_permission" p WHERE p."content_type_id" = c."id"`

	// isGranted is the condition that a table has a grant g of p to an owner, for
	// an object. As with guardian, a grant with another content type does not
	// count. All that match are read, so that a text that the database cannot
	// compare is always an error.
	isGranted = `(SELECT count(*) FROM %s g WHERE %s AND g."permission_id" = p."id" ` +
		`AND +g."content_type_id" = c."id" AND g."object_pk" = %s) > 0`

	// isFor is the condition that the grant g is of one permission.
	isFor = `(+g."content_type_id", g."permission_id") = (SELECT c."id", p."id" FROM ` + ofTheModel +
		` WHERE c."app_label" = ? AND c."model" = ? AND p."codename" = ?)`
)

func compilePermissions(db *gorm.DB, t djangoschema.User) permissionStatements {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	members, owned, user := q(t.Name+"_groups"), q(t.Name+"_user_permissions"), q(t.Model+"_id")
	toUser := fmt.Sprintf(isGranted, `"guardian_userobjectpermission"`, `g."user_id" = `+p(3), p(4))
	toGroup := fmt.Sprintf(isGranted, `"guardian_groupobjectpermission"`, `g."group_id" = m."group_id"`, p(8))
	return permissionStatements{
		aboutUser:       compileAboutUser(db, members, owned, user),
		everyPermission: `SELECT c."app_label" || '.' || p."codename" FROM ` + ofTheModel,
		permissionOfModel: fmt.Sprintf(`SELECT p."id", c."id" FROM %s `+
			`WHERE p."codename" = %s AND c."app_label" = %s AND c."model" = %s`, ofTheModel, p(1), p(2), p(3)),
		permissionOfApp: fmt.Sprintf(`SELECT p."id", c."id" FROM %s `+
			`WHERE p."codename" = %s AND c."app_label" = %s`, ofTheModel, p(1), p(2)),
		objectPerms: fmt.Sprintf(`SELECT p."codename" FROM %s AND c."app_label" = %s AND c."model" = %s AND %s `+
			`UNION ALL SELECT p."codename" FROM %s m CROSS JOIN %s `+
			`AND c."app_label" = %s AND c."model" = %s AND m.%s = %s AND %s`,
			modelFirst, p(1), p(2), toUser, members, modelFirst, p(5), p(6), user, p(7), toGroup),
		granted: fmt.Sprintf(`SELECT %s FROM "guardian_userobjectpermission" g WHERE g."user_id" = ? AND %s `+
			`UNION ALL SELECT %s FROM %s m CROSS JOIN "guardian_groupobjectpermission" g `+
			`WHERE g."group_id" = m."group_id" AND m.%s = ? AND %s`,
			grantedKey, isFor, grantedKey, members, user, isFor),
	}
}
