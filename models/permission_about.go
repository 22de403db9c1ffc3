package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

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
