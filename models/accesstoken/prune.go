package accesstoken

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// compilePrune adds the statements that delete tokens. Their first parameter is
// the time before which a token must have ended.
func (s *accessTokenStatements) compilePrune(db *gorm.DB, u *models.Users) {
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	user := u.SQL()
	const table = `"ginauth_access_token"`
	s.prune = fmt.Sprintf(`DELETE FROM %s AS t WHERE t."revoked" < %s OR t."expires" < %s `+
		`OR EXISTS (SELECT 1 FROM "ginauth_epoch" e WHERE e."user_id" = t."user_id" AND e."epoch" <> t."epoch" AND e."epoch" < %s) `+
		`OR t."user_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s u WHERE %s = t."user_id") `+
		`OR t."service_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "ginauth_service" s WHERE s."id" = t."service_id")`,
		table, p(1), p(2), p(3), user.Table, user.Key)
	s.idle = fmt.Sprintf(`SELECT %s, 0 FROM %s t WHERE t."idle" > 0 AND t."created" < %s AND (t."last_used" IS NULL OR t."last_used" < %s)`,
		accessTokenColumns, table, p(1), p(2))
	s.pruneIdle = fmt.Sprintf(`DELETE FROM %s AS t WHERE t."id" = %s AND (t."last_used" IS NULL OR t."last_used" < %s) `+
		`AND (t."rotated" IS NULL OR t."rotated" < %s) AND NOT EXISTS (SELECT 1 FROM %s c WHERE c."parent" = t."id")`,
		table, p(1), p(2), p(3), table)
}

// Prune deletes the tokens that ended longer ago than olderThan, and all tokens
// of users that no longer exist. It returns their number. The tokens are
// refused either way; until they are deleted, lists show them.
//
// Call it regularly, for instance once a day. Call it at once after a deletion
// of users that lets keys be used again, such as TRUNCATE ... RESTART IDENTITY:
// a token belongs to the user with the key it names.
func (a *Store) Prune(ctx context.Context, olderThan time.Duration) (deleted int64, err error) {
	before := sqlkit.Now().Add(-max(olderThan, 0))
	deleted, err = sqlkit.Exec(ctx, a.pool(), a.sql.prune, before, before, before.UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("prune access tokens: %w", err)
	}
	idle, err := a.pruneIdle(ctx, before)
	return deleted + idle, err
}

// idleMargin is how much longer than its timeout a token must have been idle
// before it is deleted: another server may write a use late.
const idleMargin = 24 * time.Hour

// pruneIdle deletes the tokens that had been idle for too long at that time,
// unless they are used meanwhile. A token that made others stays until those
// are deleted; otherwise a revocation would not find them.
func (a *Store) pruneIdle(ctx context.Context, before time.Time) (deleted int64, err error) {
	tokens, err := a.readAll(ctx, a.pool(), tokenOwner{active: true}, a.sql.idle, before, before)
	if err != nil {
		return 0, err
	}
	for _, t := range tokens {
		end := t.lastSign().Add(t.IdleTimeout + idleMargin)
		if !end.Before(before) {
			continue
		}
		n, err := sqlkit.Exec(ctx, a.pool(), a.sql.pruneIdle, t.ID, before, before)
		if err != nil {
			return deleted, fmt.Errorf("prune idle access tokens: %w", err)
		}
		deleted += n
	}
	return deleted, nil
}
