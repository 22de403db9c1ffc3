package requirements

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// pickledY is Python's pickle of "y" at protocol 4, in base64, as Django's cache
// in a table stores it. Every Python that Django supports reads that protocol.
const pickledY = "gASVBQAAAAAAAACMAXmULg=="

// mark records in Django's cache that a code was used (allauth.mfa:
// TOTP._mark_code_used), for as long as the code is valid. It refuses a code
// that is recorded there. It does nothing without a table.
func (m AllauthMFA) mark(
	ctx context.Context, tx *gorm.DB, user any, code string, now time.Time, a *authenticator,
) error {
	if m.CacheTable == "" {
		return nil
	}
	name, ok := sqlkit.KeyText(user)
	if !ok {
		return fmt.Errorf("a key of type %T has no place in Django's cache", user)
	}
	key := fmt.Sprintf("%s:%d:allauth.mfa.totp.used?user=%s&code=%s",
		m.CachePrefix, cmp.Or(m.CacheVersion, 1), name, code)
	expires := now.Truncate(time.Second).Add(time.Duration((2*a.tolerance+1)*a.period+1) * time.Second)
	table := tx.Statement.Quote(m.CacheTable)
	statement := bound(tx, "INSERT INTO "+table+` AS c ("cache_key", "value", "expires") VALUES (?, ?, ?) `+
		`ON CONFLICT ("cache_key") DO UPDATE SET "value" = excluded."value", "expires" = excluded."expires" `+
		`WHERE c."expires" < ?`)
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(tx), statement, key, pickledY, expires, now)
	switch {
	case err != nil:
		return fmt.Errorf("record a used code in %s: %w", m.CacheTable, err)
	case n == 0:
		return invalid()
	}
	return nil
}
