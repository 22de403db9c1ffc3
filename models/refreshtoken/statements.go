package refreshtoken

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// blacklistStatements are the fixed queries on revoked tokens, in the dialect
// of the database.
type blacklistStatements struct {
	contains                           string
	record, recordOnce                 string // the columns in the order of Blacklist.row
	revoke                             string
	flushBlacklisted, flushOutstanding string
}

const (
	outstanding = `"token_blacklist_outstandingtoken"`
	blacklisted = `"token_blacklist_blacklistedtoken"`
)

func compileBlacklist(db *gorm.DB) blacklistStatements {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	record := fmt.Sprintf(`INSERT INTO %s ("jti", "token", "created_at", "expires_at", "user_id") VALUES (%s, %s, %s, %s, %s)`,
		outstanding, p(1), p(2), p(3), p(4), p(5))
	return blacklistStatements{
		contains:   fmt.Sprintf(`SELECT 1 FROM %s b JOIN %s o ON o."id" = b."token_id" WHERE o."jti" = %s`, blacklisted, outstanding, p(1)),
		record:     record,
		recordOnce: record + ` ON CONFLICT ("jti") DO NOTHING`,
		revoke: fmt.Sprintf(`INSERT INTO %s ("blacklisted_at", "token_id") SELECT CAST(%s AS %s), "id" FROM %s WHERE "jti" = %s `+
			`ON CONFLICT ("token_id") DO NOTHING`, blacklisted, p(1), sqlkit.Timestamp(db), outstanding, p(2)),
		flushBlacklisted: fmt.Sprintf(`DELETE FROM %s WHERE "token_id" IN (SELECT "id" FROM %s WHERE "expires_at" <= %s)`,
			blacklisted, outstanding, p(1)),
		flushOutstanding: fmt.Sprintf(`DELETE FROM %s WHERE "expires_at" <= %s`, outstanding, p(1)),
	}
}
