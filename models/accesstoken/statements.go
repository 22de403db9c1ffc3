package accesstoken

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// accessTokenStatements are the fixed queries on access tokens and services, in
// the dialect of the database.
type accessTokenStatements struct {
	byDigest, byImported, byID string // a token and its owner: columns of the user, the token, the owner
	ofUser, ofService          ownedTokens
	insertService, services    string
	serviceByName              string
	setServiceActive           string
	dialect                    string
}

// ownedTokens are the queries on the tokens of one owner. The owner's key is
// the first parameter.
type ownedTokens struct {
	column            string // that holds the owner's key
	list, find, live  string
	insert            string
	rotate, revokeAll string
	revoke, disown    string // a token and those made with it; only those made with it
}

const (
	accessTokenColumns = `t."id", t."name", t."scopes", t."epoch", t."created", t."rotated", ` +
		`t."expires", t."idle", t."last_used", t."revoked"`
	ownerColumns   = `COALESCE(e."epoch", 0), s."id", s."name", s."active", s."scopes"`
	serviceColumns = `"id", "name", "active", "scopes", "created"`
)

func compileAccessTokens(db *gorm.DB, u *models.Users) accessTokenStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	find := findAccessToken(u)
	return accessTokenStatements{
		byDigest:   find(`t."digest" = ` + p(1)),
		byImported: find(fmt.Sprintf(`t."digest" IN (%s, %s, %s)`, p(1), p(2), p(3))),
		byID:       find(`t."id" = ` + p(1)),
		ofUser: compileOwned(db, "user_id",
			`LEFT JOIN "ginauth_epoch" e ON e."user_id" = t."user_id"`, `COALESCE(e."epoch", 0)`),
		ofService: compileOwned(db, "service_id", "", "0"),
		insertService: fmt.Sprintf(`INSERT INTO "ginauth_service" ("name", "active", "scopes", "created") `+
			`VALUES (%s, %s, %s, %s) ON CONFLICT ("name") DO NOTHING`, p(1), p(2), p(3), p(4)),
		services:         `SELECT ` + serviceColumns + ` FROM "ginauth_service" ORDER BY "name"`,
		serviceByName:    `SELECT ` + serviceColumns + ` FROM "ginauth_service" WHERE "name" = ` + p(1),
		setServiceActive: fmt.Sprintf(`UPDATE "ginauth_service" SET "active" = %s WHERE "id" = %s`, p(1), p(2)),
		dialect:          db.Name(),
	}
}

// findAccessToken returns a function that makes the queries for one token with
// its owner. The owner may be a user or a service, and may be gone.
func findAccessToken(u *models.Users) func(where string) string {
	user := userkit.Of(u).Table().SQL
	return func(where string) string {
		return fmt.Sprintf(`SELECT %s, %s, %s IS NOT NULL, %s FROM "ginauth_access_token" t `+
			`LEFT JOIN %s u ON %s = t."user_id"%s LEFT JOIN "ginauth_epoch" e ON e."user_id" = %s `+
			`LEFT JOIN "ginauth_service" s ON s."id" = t."service_id" WHERE %s`,
			user.Columns, accessTokenColumns, user.Key, ownerColumns, user.Table, user.Key, user.Live, user.Key, where)
	}
}

// compileOwned makes the queries on the tokens of an owner. The column owner
// refers to it.
func compileOwned(db *gorm.DB, owner, join, epoch string) ownedTokens {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	const table = `"ginauth_access_token"`
	selected := `SELECT ` + accessTokenColumns + `, ` + epoch + ` FROM ` + table + ` t ` + join +
		` WHERE t."` + owner + `" = ` + p(1)
	mine := fmt.Sprintf(`"%s" = %s`, owner, p(1))
	// The tokens made with a token, directly or indirectly. Its id is the
	// second parameter, the time the third.
	family := `WITH RECURSIVE made("id") AS (SELECT "id" FROM ` + table + ` WHERE %s UNION ` +
		`SELECT c."id" FROM ` + table + ` c JOIN made m ON c."parent" = m."id") ` +
		`UPDATE ` + table + ` SET "revoked" = ` + p(3) + ` WHERE "revoked" IS NULL AND "id" IN (SELECT "id" FROM made)`
	return ownedTokens{
		column: owner,
		list:   selected + ` ORDER BY t."revoked" IS NOT NULL, t."created" DESC, t."id" LIMIT 1000`,
		find:   selected + ` AND t."id" = ` + p(2),
		live: fmt.Sprintf(`SELECT COUNT(*) FROM %s `+
			`WHERE %s AND "revoked" IS NULL AND ("expires" IS NULL OR "expires" > %s)`, table, mine, p(2)),
		insert: fmt.Sprintf(`INSERT INTO %s `+
			`("%s", "id", "digest", "name", "scopes", "epoch", "created", "expires", "idle", "parent") `+
			`VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)`,
			table, owner, p(1), p(2), p(3), p(4), p(5), p(6), p(7), p(8), p(9), p(10)),
		rotate: fmt.Sprintf(`UPDATE %s SET "digest" = %s, "rotated" = %s, "expires" = %s, `+
			`"parent" = COALESCE(CAST(%s AS text), "parent") WHERE "%s" = %s AND "id" = %s`,
			table, p(1), p(2), p(3), p(4), owner, p(5), p(6)),
		revoke: fmt.Sprintf(family, mine+` AND "id" = `+p(2)),
		disown: fmt.Sprintf(family, mine+` AND "parent" = `+p(2)),
		revokeAll: fmt.Sprintf(`UPDATE %s SET "revoked" = %s WHERE "%s" = %s AND "revoked" IS NULL`,
			table, p(1), owner, p(2)),
	}
}
