package refreshtoken

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// statements are the fixed queries of a store, in the dialect of the database.
type statements struct {
	blacklistStatements
	familyStatements
}

func compile(db *gorm.DB) statements { return statements{compileBlacklist(db), compileFamilies(db)} }

// blacklistStatements are the queries on simplejwt's tables.
type blacklistStatements struct {
	contains           string // whether a token is revoked
	record, recordOnce string // the columns in the order of Store.values
	revoke             string
}

const (
	outstanding   = `"` + djangoschema.OutstandingTable + `"`
	blacklisted   = `"` + djangoschema.BlacklistedTable + `"`
	families      = `"` + djangoschema.FamilyTable + `"`
	refreshTokens = `"` + djangoschema.RefreshTokenTable + `"`
)

func compileBlacklist(db *gorm.DB) blacklistStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	record := fmt.Sprintf(`INSERT INTO %s ("jti", "token", "created_at", "expires_at", "user_id") `+
		`VALUES (%s, %s, %s, %s, %s)`, outstanding, p(1), p(2), p(3), p(4), p(5))
	return blacklistStatements{
		contains: fmt.Sprintf(`SELECT 1 FROM %s b JOIN %s o ON o."id" = b."token_id" WHERE o."jti" = %s`,
			blacklisted, outstanding, p(1)),
		record:     record,
		recordOnce: record + ` ON CONFLICT ("jti") DO NOTHING`,
		revoke: fmt.Sprintf(`INSERT INTO %s ("blacklisted_at", "token_id") `+
			`SELECT CAST(%s AS %s), o."id" FROM %s o WHERE o."jti" = %s%s `+
			`ON CONFLICT ("token_id") DO NOTHING`,
			blacklisted, p(1), sqlkit.Timestamp(db), outstanding, p(2), sqlkit.ForKeyShare(db, "o")),
	}
}

// familyStatements are the queries on ginauth's tables.
type familyStatements struct {
	begin, enrol       string // insert a family, a token of a family
	familyOf, state    string // of a token: its family; its successor and time of use
	exists, live, lock string // a family; one that has not ended; whether it has, locking it
	use, prolong       string
	head               string // the last token of the chain from a token, unless revoked
	end, revokeFamily  string
}

func compileFamilies(db *gorm.DB) familyStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	return familyStatements{
		begin: fmt.Sprintf(`INSERT INTO %s ("id", "expires_at") VALUES (%s, %s) `+
			`ON CONFLICT ("id") DO NOTHING`, families, p(1), p(2)),
		enrol: fmt.Sprintf(`INSERT INTO %s ("jti", "family_id", "expires_at") VALUES (%s, %s, %s) `+
			`ON CONFLICT ("jti") DO NOTHING`, refreshTokens, p(1), p(2), p(3)),
		familyOf: fmt.Sprintf(`SELECT "family_id" FROM %s WHERE "jti" = %s`, refreshTokens, p(1)),
		state:    fmt.Sprintf(`SELECT "successor", "used_at" FROM %s WHERE "jti" = %s`, refreshTokens, p(1)),
		exists:   fmt.Sprintf(`SELECT 1 FROM %s WHERE "id" = %s`, families, p(1)),
		live:     fmt.Sprintf(`SELECT 1 FROM %s WHERE "id" = %s AND "ended_at" IS NULL`, families, p(1)),
		lock: fmt.Sprintf(`SELECT "ended_at" IS NOT NULL FROM %s WHERE "id" = %s%s`,
			families, p(1), sqlkit.ForUpdate(db)),
		use: fmt.Sprintf(`UPDATE %s SET "successor" = %s, "used_at" = %s WHERE "jti" = %s`,
			refreshTokens, p(1), p(2), p(3)),
		prolong: fmt.Sprintf(`UPDATE %s SET "expires_at" = %s WHERE "id" = %s AND "expires_at" < %s`,
			families, p(1), p(2), p(3)),
		head: fmt.Sprintf(`WITH RECURSIVE chain ("jti", "successor") AS (`+
			`SELECT "jti", "successor" FROM %[1]s WHERE "jti" = %[2]s `+
			`UNION SELECT r."jti", r."successor" FROM chain c JOIN %[1]s r ON r."jti" = c."successor") `+
			`SELECT o."token" FROM chain c JOIN %[3]s o ON o."jti" = c."jti" `+
			`LEFT JOIN %[4]s b ON b."token_id" = o."id" `+
			`WHERE c."successor" IS NULL AND b."id" IS NULL`, refreshTokens, p(1), outstanding, blacklisted),
		end: fmt.Sprintf(`UPDATE %s SET "ended_at" = %s WHERE "id" = %s`, families, p(1), p(2)),
		revokeFamily: fmt.Sprintf(`INSERT INTO %s ("blacklisted_at", "token_id") `+
			`SELECT CAST(%s AS %s), o."id" FROM %s o JOIN %s r ON r."jti" = o."jti" `+
			`WHERE r."family_id" = %s ORDER BY o."id"%s ON CONFLICT ("token_id") DO NOTHING`,
			blacklisted, p(1), sqlkit.Timestamp(db), outstanding, refreshTokens, p(2), sqlkit.ForKeyShare(db, "o")),
	}
}
