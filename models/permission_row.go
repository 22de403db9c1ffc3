package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

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
