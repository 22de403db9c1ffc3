package apikey

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

const keyColumns = `k."id", k."created", k."name", k."revoked", k."expiry_date", k."hashed_key", k."prefix"`

// The state of a quota at a time: how many whole periods have passed since it
// was refilled, how many requests are left, and when it was refilled last. l is
// the row, and p has the time and when its month began, in microseconds.
// Integers are divided without a remainder.
const (
	periods = `CASE WHEN l."every" > 0 AND p."now" > l."refilled" ` +
		`THEN (p."now" - l."refilled") / (l."every" * 1000000) ELSE 0 END`

	available = `CASE WHEN l."every" = -1 AND l."refilled" < p."month" THEN l."quota" ` +
		`WHEN l."remaining" + l."refill" * (` + periods + `) > l."quota" THEN l."quota" ` +
		`ELSE l."remaining" + l."refill" * (` + periods + `) END`

	lastRefill = `CASE WHEN l."every" = -1 AND l."refilled" < p."month" THEN p."month" ` +
		`WHEN l."every" > 0 THEN l."refilled" + l."every" * 1000000 * (` + periods + `) ELSE l."refilled" END`
)

// limitStatements are the statements about scopes and quotas.
type limitStatements struct {
	insertKey, insertLimits, setScopes, setQuota, spend, balance string
}

// at returns the relation p, whose values are the first two parameters.
func at(db *gorm.DB) string {
	return fmt.Sprintf(`(SELECT CAST(%s AS bigint) AS "now", CAST(%s AS bigint) AS "month") p`,
		sqlkit.Placeholder(db, 1), sqlkit.Placeholder(db, 2))
}

// moment returns the values of p for a time.
func moment(now time.Time) []any { return []any{now.UnixMicro(), month(now).UnixMicro()} }

// selectKeys returns the query for keys with their limits, without a WHERE. Its
// first two parameters are a [moment].
func selectKeys(db *gorm.DB) string {
	return fmt.Sprintf(`SELECT %s, l."scopes", l."quota", %s, l."refill", l."every" `+
		`FROM "rest_framework_api_key_apikey" k CROSS JOIN %s `+
		`LEFT JOIN "ginauth_api_key" l ON l."key_id" = k."id"`, keyColumns, available, at(db))
}

func compileLimits(db *gorm.DB) limitStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	const (
		insert = `INSERT INTO "ginauth_api_key" ` +
			`("key_id", "scopes", "quota", "remaining", "refill", "every", "refilled") `
		keys     = `FROM "rest_framework_api_key_apikey" k WHERE k."prefix" = `
		conflict = ` ON CONFLICT ("key_id") DO UPDATE SET `
	)
	return limitStatements{
		insertKey: fmt.Sprintf(`INSERT INTO "rest_framework_api_key_apikey" `+
			`("id", "created", "name", "revoked", "expiry_date", "hashed_key", "prefix") `+
			`VALUES (%s, %s, %s, %s, %s, %s, %s)`, p(1), p(2), p(3), p(4), p(5), p(6), p(7)),
		insertLimits: insert + fmt.Sprintf(`VALUES (%s, %s, %s, %s, %s, %s, %s)`,
			p(1), p(2), p(3), p(4), p(5), p(6), p(7)),
		setScopes: insert + fmt.Sprintf(`SELECT k."id", CAST(%s AS text), NULL, 0, 0, 0, 0 %s%s`, p(1), keys, p(2)) +
			conflict + `"scopes" = excluded."scopes"`,
		setQuota: insert + fmt.Sprintf(`SELECT k."id", '', CAST(%s AS bigint), CAST(%s AS bigint), `+
			`CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS bigint) %s%s`,
			p(1), p(2), p(3), p(4), p(5), keys, p(6)) +
			conflict + `"quota" = excluded."quota", "remaining" = excluded."remaining", ` +
			`"refill" = excluded."refill", "every" = excluded."every", "refilled" = excluded."refilled"`,
		// The state is computed from the row that is written, so that of many
		// at once no two see the same.
		spend: fmt.Sprintf(`UPDATE "ginauth_api_key" AS l SET "remaining" = %s - 1, "refilled" = %s FROM %s `+
			`WHERE l."key_id" = %s AND %s > 0 RETURNING "quota", "remaining", "refill", "every", "refilled"`,
			available, lastRefill, at(db), p(3), available),
		balance: fmt.Sprintf(`SELECT l."quota", %s, l."refill", l."every", %s `+
			`FROM "ginauth_api_key" l CROSS JOIN %s WHERE l."key_id" = %s`,
			available, lastRefill, at(db), p(3)),
	}
}
