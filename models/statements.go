package models

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// statements are the fixed queries on users, in the dialect of the database.
type statements struct {
	// byToken also selects the time of the token's creation.
	byToken, byUsername             userQuery
	byLoginName, likeLoginName      string // "" without LoginFields
	all                             string
	tokenOf, insertToken            string
	resetToken, deleteToken         string
	setPassword, setActive, upgrade string
	passwordOf                      string
	setLastLogin                    string
	epochOf, endEpoch               string
	revokeOutstanding               string
	byColumn, byColumnInFamily      func(column, parameter string) userQuery
	lockUser, deleteUser            string // deleteUser takes the time first if the deletion is soft
	permissionStatements
	groupStatements
}

const (
	outstandingTokens = `"` + djangoschema.OutstandingTable + `"`
	blacklistedTokens = `"` + djangoschema.BlacklistedTable + `"`
	tokenFamilies     = `"` + djangoschema.FamilyTable + `"`
)

// compile makes the statements. They do not refer to db.
func compile(db *gorm.DB, t *usertable.Table) statements {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	load, all := loadUser(db, t)
	user, pk, hash, first := q(t.Django.Name), q(t.Django.PK), q(t.PasswordField), p(1)
	return statements{
		byToken: load(`, t."created"`, `"authtoken_token" t JOIN `+user+` u ON u.`+pk+` = t."user_id"`,
			`t."key" = `+p(1)),
		byUsername: load("", user+" u", "u."+q(t.UsernameField)+" = "+p(1)),
		all:        all + " ORDER BY u." + pk,
		tokenOf:    fmt.Sprintf(`SELECT "key", "created" FROM "authtoken_token" WHERE "user_id" = %s`, p(1)),
		insertToken: fmt.Sprintf(`INSERT INTO "authtoken_token" ("key", "created", "user_id") VALUES (%s, %s, %s) `+
			`ON CONFLICT ("user_id") DO NOTHING`, p(1), p(2), p(3)),
		resetToken: fmt.Sprintf(`INSERT INTO "authtoken_token" ("key", "created", "user_id") `+
			`SELECT CAST(%s AS text), CAST(%s AS %s), u.%s FROM %s u WHERE u.%s = %s `+
			`ON CONFLICT ("user_id") DO UPDATE SET "key" = excluded."key", "created" = excluded."created"`,
			p(1), p(2), sqlkit.Timestamp(db), pk, user, pk, p(3)),
		deleteToken:  fmt.Sprintf(`DELETE FROM "authtoken_token" WHERE "user_id" = %s`, p(1)),
		passwordOf:   fmt.Sprintf(`SELECT %s FROM %s WHERE %s = %s`, hash, user, pk, p(1)),
		setPassword:  fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %s`, user, hash, p(1), pk, p(2)),
		setActive:    fmt.Sprintf(`UPDATE %s SET "is_active" = %s WHERE %s = %s`, user, p(1), pk, p(2)),
		setLastLogin: fmt.Sprintf(`UPDATE %s SET "last_login" = %s WHERE %s = %s`, user, p(1), pk, p(2)),
		epochOf:      fmt.Sprintf(`SELECT "epoch" FROM "ginauth_epoch" WHERE "user_id" = %s`, p(1)),
		endEpoch: fmt.Sprintf(`INSERT INTO "ginauth_epoch" AS e ("user_id", "epoch") `+
			`SELECT u.%s, CAST(%s AS bigint) FROM %s u WHERE u.%s = %s `+
			`ON CONFLICT ("user_id") DO UPDATE SET "epoch" = `+
			`CASE WHEN e."epoch" < excluded."epoch" THEN excluded."epoch" ELSE e."epoch" + 1 END `+
			`RETURNING "epoch"`, pk, p(1), user, pk, p(2)),
		revokeOutstanding: fmt.Sprintf(`INSERT INTO %s ("blacklisted_at", "token_id") `+
			`SELECT CAST(%s AS %s), o."id" FROM %s o `+
			// including expired ones: a sliding token is renewed after its
			// row's time
			`WHERE o."user_id" = %s ORDER BY o."id"%s ON CONFLICT ("token_id") DO NOTHING`,
			blacklistedTokens, p(1), sqlkit.Timestamp(db), outstandingTokens, p(2), sqlkit.ForKeyShare(db, "o")),
		byColumn: func(column, parameter string) userQuery {
			return load("", user+" u", "u."+column+" = "+parameter)
		},
		byColumnInFamily: func(column, parameter string) userQuery {
			from := user + " u LEFT JOIN " + tokenFamilies + ` f ON f."id" = ` + first
			return load(`, f."id" IS NOT NULL AND f."ended_at" IS NULL`, from, "u."+column+" = "+parameter)
		},
		upgrade: fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %s AND %s = %s`,
			user, hash, p(1), pk, p(2), hash, p(3)),
		lockUser: fmt.Sprintf(`SELECT 1 FROM %s u WHERE u.%s = %s%s%s`,
			user, pk, p(1), t.SQL.Live, sqlkit.ForUpdate(db)),
		deleteUser:           deleteUser(db, t),
		permissionStatements: compilePermissions(db, t.Django),
		groupStatements:      compileGroups(db, t),
	}
}

// loadUser returns load, which makes the queries for one user, and all, the
// query for all users. Both call the user u. The parameter more of load adds
// columns after the user's.
func loadUser(
	db *gorm.DB, t *usertable.Table,
) (load func(more, from, where string) userQuery, all string) {
	parts := t.SQL
	list := "SELECT " + parts.Columns
	epochs := sqlkit.TableExists(db, djangoschema.EpochTable)
	load = func(more, from, where string) userQuery {
		return userQuery{
			stamped: list + more + `, COALESCE(e."epoch", 0) FROM ` + from +
				` LEFT JOIN "ginauth_epoch" e ON e."user_id" = ` + parts.Key + " WHERE " + where + parts.Live,
			unstamped: list + more + ", " + epochs + " FROM " + from + " WHERE " + where + parts.Live,
		}
	}
	return load, list + " FROM " + parts.Table + " u WHERE 1 = 1" + parts.Live
}

// deleteUser returns the statement that deletes a user, or marks it as deleted.
func deleteUser(db *gorm.DB, t *usertable.Table) string {
	q := func(name string) string { return db.Statement.Quote(name) }
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	user, pk := q(t.Django.Name), q(t.Django.PK)
	if soft := t.SoftDeleted(); len(soft) > 0 {
		return fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %s`, user, q(soft[0]), p(1), pk, p(2))
	}
	return fmt.Sprintf(`DELETE FROM %s WHERE %s = %s`, user, pk, p(1))
}
