package prune

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/timeid"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// firstTime is before all others.
var firstTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

// sessions returns the rule for sessions that expired before a time (Django:
// clearsessions). Django's table has an index on the date.
func sessions(before time.Time) table {
	return table{
		name: djangoschema.SessionTable, key: column{name: "session_key"},
		due: `t."expire_date" < ?`, args: []any{before},
		order: "expire_date", first: firstTime, onlyDue: true,
	}
}

// refreshTokens returns the rule for what is known of refresh tokens beside
// Django's tables, and families the rule for their families. A family expires
// with the last of its tokens.
func refreshTokens(before time.Time) table {
	return expired(djangoschema.RefreshTokenTable, "jti", before)
}

func families(before time.Time) table { return expired(djangoschema.FamilyTable, "id", before) }

func expired(name, key string, before time.Time) table {
	return table{
		name: name, key: column{name: key},
		due: `t."expires_at" <= ?`, args: []any{before},
		order: "expires_at", first: firstTime, onlyDue: true,
	}
}

// outstanding returns the rule for JSON web tokens that expired before a time,
// revoked or not (simplejwt: flushexpiredtokens). Django's table has no index
// on the time, so all of it is read.
//
// A batch first locks tokens, and then deletes them from the blacklist: a token
// that is revoked meanwhile waits for it, or is left. It passes over rows of
// the blacklist, too, that others hold, such as Django's command, which locks
// the two tables the other way round.
func outstanding(db *gorm.DB, before time.Time) table {
	const blacklisted = `"` + djangoschema.BlacklistedTable + `"`
	return table{
		name: djangoschema.OutstandingTable, key: column{name: "id", integer: true},
		due: `t."expires_at" <= ?`, args: []any{before},
		order: "id", first: 0, // the database numbers from 1 on
		before: fmt.Sprintf(`WITH due AS (SELECT b."id" FROM %[1]s b WHERE b."token_id" IN (?)%[2]s) `+
			`DELETE FROM %[1]s WHERE "id" IN (SELECT "id" FROM due)`, blacklisted, skipLocked(db, "b")),
		unless: `EXISTS (SELECT 1 FROM ` + blacklisted + ` b WHERE b."token_id" = t."id")`,
	}
}

// sessionUses returns the rule for what is recorded of the use of sessions.
func sessionUses(before time.Time) table { return expired(djangoschema.SessionUseTable, "id", before) }

// auditTrail returns the rule for rows of the audit trail, whose ids sort by
// their times. It is the zero value if all are kept.
func auditTrail(keep time.Duration) table {
	if keep == 0 {
		return table{}
	}
	return table{
		name: djangoschema.AuditTable, key: column{name: "id"},
		due: `t."id" < ?`, args: []any{timeid.First(sqlkit.Now().Add(-keep))},
		order: "id", first: "", onlyDue: true,
	}
}

// apiKeyLimits returns the rule for the scopes and quotas of API keys that
// Django has deleted.
func apiKeyLimits() table {
	return table{
		name: djangoschema.APIKeyLimitTable, key: column{name: "key_id"},
		order: "key_id", first: "",
		due: `(SELECT 1 FROM "rest_framework_api_key_apikey" k WHERE k."id" = t."key_id") IS NULL`,
	}
}

// idleMargin is how much longer than its timeout an access token must have been
// idle before it is deleted: another server may write a use late.
const idleMargin = 24 * time.Hour

// accessTokens returns the rule for access tokens that ended before a time, and
// those whose owner no longer exists. Most of its conditions depend on other
// rows, so all of the table is read. An idle token that made others stays until
// those are deleted; otherwise a revocation would not find them.
//
// Other rows are looked up one by one. For an EXISTS, PostgreSQL would rather
// read all users into a hash table, once for each batch.
func accessTokens(users *models.Users, before time.Time) table {
	user := userkit.Of(users).Table().SQL
	return table{
		name: djangoschema.AccessTokenTable, key: column{name: "id"},
		order: "id", first: "",
		due: fmt.Sprintf(`t."revoked" < ? OR t."expires" < ? `+
			`OR (SELECT 1 FROM "ginauth_epoch" e `+
			`WHERE e."user_id" = t."user_id" AND e."epoch" <> t."epoch" AND e."epoch" < ?) = 1 `+
			`OR t."user_id" IS NOT NULL AND (SELECT 1 FROM %s u WHERE %s = t."user_id") IS NULL `+
			`OR t."service_id" IS NOT NULL `+
			`AND (SELECT 1 FROM "ginauth_service" s WHERE s."id" = t."service_id") IS NULL `+
			`OR t."idle" > 0 AND %s + t."idle" < CAST(? AS bigint) `+
			`AND (SELECT 1 FROM "ginauth_access_token" c WHERE c."parent" = t."id" LIMIT 1) IS NULL`,
			user.Table, user.Key, lastSign(users.Database())),
		args: []any{before, before, before.UnixMicro(), before.Add(-idleMargin).Unix()},
	}
}

// lastSign returns the SQL for the time of the last use of an access token, or
// of its last secret, in seconds since 1970.
func lastSign(db *gorm.DB) string {
	if db.Name() == "sqlite" {
		return `CAST(strftime('%s', ` +
			`MAX(t."created", COALESCE(t."rotated", t."created"), COALESCE(t."last_used", t."created"))) AS bigint)`
	}
	return `CAST(EXTRACT(EPOCH FROM GREATEST(t."created", t."rotated", t."last_used")) AS bigint)`
}
