package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

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

// What a row about a user is; the row continues with its name.
const (
	aGroup      = 'g'
	aPermission = 'p'
)

// aboutUser holds the queries for what is known of one user: with or without
// its groups, and with up to maxNamed named permissions or, in the last place,
// with all. The parameters are the user's key for the groups; for each name an
// app, a codename and the key twice; for all permissions the key twice.
type aboutUser [2][maxNamed + 2]string

func (q *aboutUser) text(w wanted) string {
	groups, perms := 0, len(w.names)
	if w.groups {
		groups = 1
	}
	if w.all {
		perms = maxNamed + 1
	}
	return q[groups][perms]
}

// compileAboutUser makes the queries. The tables of a user's groups and own
// permissions name the user in the column user.
func compileAboutUser(db *gorm.DB, members, owned, user string) (q aboutUser) {
	mine := func(alias string) string { return alias + "." + user + " = ?" }
	groups := fmt.Sprintf(`SELECT '%c' || g."name" FROM %s m JOIN "auth_group" g ON g."id" = m."group_id" WHERE %s`,
		aGroup, members, mine("m"))
	perm := fmt.Sprintf(`SELECT '%c' || c."app_label" || '.' || p."codename" FROM `, aPermission)
	named := perm + modelFirst + ` AND c."app_label" = ? AND p."codename" = ? AND (` +
		fmt.Sprintf(`(SELECT count(*) FROM %s o WHERE %s AND o."permission_id" = p."id") > 0 OR `, owned, mine("o")) +
		fmt.Sprintf(`(SELECT count(*) FROM %s m JOIN "auth_group_permissions" r ON r."group_id" = m."group_id" `+
			`WHERE %s AND r."permission_id" = p."id") > 0)`, members, mine("m"))
	all := perm + ofTheModel + ` WHERE p."id" IN (` +
		fmt.Sprintf(`SELECT o."permission_id" FROM %s o WHERE %s UNION ALL `, owned, mine("o")) +
		fmt.Sprintf(`SELECT r."permission_id" FROM %s m `+
			`JOIN "auth_group_permissions" r ON r."group_id" = m."group_id" WHERE %s)`, members, mine("m"))
	for i := range q {
		for n := range q[i] {
			var parts []string
			if i == 1 {
				parts = append(parts, groups)
			}
			if n > maxNamed {
				parts = append(parts, all)
			} else {
				for range n {
					parts = append(parts, named)
				}
			}
			q[i][n] = numbered(db, strings.Join(parts, " UNION ALL "))
		}
	}
	return q
}

// numbered returns a query with the placeholders of the dialect for its
// question marks.
func numbered(db *gorm.DB, query string) string {
	parts := strings.Split(query, "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString(sqlkit.Placeholder(db, i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// permissionRow is the part of a permission that a grant refers to.
type permissionRow struct{ id, contentType int64 }

// permission returns the one permission that a query finds, or [ErrNotFound].
func (u *Users) permission(ctx context.Context, query string, args ...any) (found permissionRow, err error) {
	n := 0
	for rows, err := range sqlkit.Rows(ctx, u.pool(), query, args...) {
		if err == nil {
			err = rows.Scan(&found.id, &found.contentType)
		}
		if err != nil {
			return permissionRow{}, err
		}
		n++
	}
	switch n {
	case 0:
		return permissionRow{}, ErrNotFound
	case 1:
		return found, nil
	}
	return permissionRow{}, errors.New("models: several models of the app have a permission of that name")
}

// grantStatements are the statements for one table of grants. They take its
// unique columns.
type grantStatements struct {
	find   string
	insert string // also takes the content type if it is for an object
	remove string
}

// compileGrant makes the statements for a table. Its unique columns are user or
// group, permission and, if it is for objects, their keys.
func compileGrant(db *gorm.DB, table string, unique ...string) grantStatements {
	q := func(name string) string { return db.Statement.Quote(name) }
	columns := unique
	if len(unique) == 3 {
		columns = append(columns, "content_type_id")
	}
	var quoted, values, conditions []string
	for i, name := range columns {
		quoted, values = append(quoted, q(name)), append(values, sqlkit.Placeholder(db, i+1))
		conditions = append(conditions, quoted[i]+" = "+values[i])
	}
	list := func(part []string) string { return strings.Join(part, ", ") }
	where := strings.Join(conditions[:len(unique)], " AND ")
	return grantStatements{
		find: fmt.Sprintf("SELECT 'granted' FROM %s WHERE %s", q(table), where),
		insert: fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO NOTHING",
			q(table), list(quoted), list(values), list(quoted[:len(unique)])),
		remove: fmt.Sprintf("DELETE FROM %s WHERE %s", q(table), where),
	}
}
