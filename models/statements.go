package models

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// statements are the fixed queries about users, in the dialect of the database.
type statements struct {
	byToken, byUsername, all        string // the user's columns first
	tokenOf, insertToken            string
	resetToken, deleteToken         string
	setPassword, setActive, upgrade string
	passwordOf                      string
	setLastLogin                    string
	byColumn                        func(column, parameter string) string
	permissionStatements
}

func compile(db *gorm.DB, s *userSchema, t userTable) statements {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return placeholder(db, n) }
	columns := s.columns()
	for i, name := range columns {
		columns[i] = "u." + q(name)
	}
	live := "" // soft-deleted users are none
	for _, name := range s.softDeleted() {
		live += " AND u." + q(name) + " IS NULL"
	}
	user, pk, list := q(t.Name), q(t.PK), strings.Join(columns, ", ")
	return statements{
		byToken: fmt.Sprintf(`SELECT %s, t."created" FROM "authtoken_token" t JOIN %s u ON u.%s = t."user_id" WHERE t."key" = %s%s`,
			list, user, pk, p(1), live),
		byUsername: fmt.Sprintf(`SELECT %s FROM %s u WHERE u.%s = %s%s`, list, user, q(s.username), p(1), live),
		all:        fmt.Sprintf(`SELECT %s FROM %s u WHERE 1 = 1%s ORDER BY u.%s`, list, user, live, pk),
		tokenOf:    fmt.Sprintf(`SELECT "key", "created" FROM "authtoken_token" WHERE "user_id" = %s`, p(1)),
		insertToken: fmt.Sprintf(`INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (%s, %s, %s) `+
			`ON CONFLICT ("user_id") DO NOTHING`, p(1), p(2), p(3)),
		resetToken: fmt.Sprintf(`INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (%s, %s, %s) `+
			`ON CONFLICT ("user_id") DO UPDATE SET "key" = excluded."key", "created" = excluded."created"`, p(1), p(2), p(3)),
		deleteToken:  fmt.Sprintf(`DELETE FROM "authtoken_token" WHERE "user_id" = %s`, p(1)),
		passwordOf:   fmt.Sprintf(`SELECT "password" FROM %s WHERE %s = %s`, user, pk, p(1)),
		setPassword:  fmt.Sprintf(`UPDATE %s SET "password" = %s WHERE %s = %s`, user, p(1), pk, p(2)),
		setActive:    fmt.Sprintf(`UPDATE %s SET "is_active" = %s WHERE %s = %s`, user, p(1), pk, p(2)),
		setLastLogin: fmt.Sprintf(`UPDATE %s SET "last_login" = %s WHERE %s = %s`, user, p(1), pk, p(2)),
		byColumn: func(column, parameter string) string {
			return fmt.Sprintf(`SELECT %s FROM %s u WHERE u.%s = %s%s`, list, user, column, parameter, live)
		},
		upgrade: fmt.Sprintf(`UPDATE %s SET "password" = %s WHERE %s = %s AND "password" = %s`,
			user, p(1), pk, p(2), p(3)),
		permissionStatements: compilePermissions(db, t),
	}
}

// placeholder is the dialect's n-th parameter: $1 or ?.
func placeholder(db *gorm.DB, n int) string {
	var b strings.Builder
	db.BindVarTo(&b, &gorm.Statement{DB: db, Vars: make([]any, n)}, nil)
	return b.String()
}
