package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/random"
)

// Import is how tokens of others become access tokens, see
// [AccessTokens.ImportDRF] and [AccessTokens.ImportKnox].
type Import struct {
	Scopes []string // what they are good for; [AllScopes] is what they have been good for before
	Expiry Expiry   // of DRF's, which had no end; knox's keep theirs
	Keep   bool     // leave DRF's keys in their table, in clear, where Django and [Users.ByToken] accept them
}

// ImportDRF makes an access token of every row of authtoken_token, of which it
// stores a digest. The keys keep working, by [AccessTokens.VerifyImported]; the
// rows are deleted, in the same transaction, so that Django accepts them no
// longer. It returns how many were imported; a second call imports those that
// are new. All is done, or nothing.
func (a *AccessTokens) ImportDRF(ctx context.Context, how Import) (imported int64, err error) {
	scopes, expires, err := a.resolveImport(how, how.Expiry)
	if err != nil {
		return 0, err
	}
	lock := ""
	if a.sql.dialect == "postgres" {
		lock = " FOR UPDATE"
	}
	read := `SELECT "key" FROM "authtoken_token" WHERE "key" > ` + a.place(1) + ` ORDER BY "key" LIMIT 500` + lock
	insert := a.importStatement("DRF token", "authtoken_token", "key")
	remove := `DELETE FROM "authtoken_token" WHERE "key" = ` + a.place(1)
	imported, err = a.importing(ctx, read, func(pool gorm.ConnPool, key string) (int64, error) {
		if !storable(key, maxKeyLength) { // an empty key would be nobody's, or everybody's
			return 0, nil
		}
		n, err := a.importOne(ctx, pool, insert, tokenDigest(key), scopes, expires, key)
		if err != nil || how.Keep {
			return n, err
		}
		_, err = pool.ExecContext(ctx, remove, key)
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("import DRF's tokens: %w", err)
	}
	return imported, nil
}

// ImportKnox makes an access token of every row of knox_authtoken that has not
// expired, whose digest it copies; the keys keep working, by
// [AccessTokens.VerifyImported]. knox's rows stay: a logout in Django ends the
// one of Django only. It returns how many were imported. Digests with a salt,
// of knox before 4.2, cannot be used and are an error.
func (a *AccessTokens) ImportKnox(ctx context.Context, how Import) (imported int64, err error) {
	scopes, _, err := a.resolveImport(how, NeverExpires)
	if err != nil {
		return 0, err
	}
	read := `SELECT "digest" FROM "knox_authtoken" WHERE "digest" > ` + a.place(1) + ` ORDER BY "digest" LIMIT 500`
	insert := a.importStatement("knox token", "knox_authtoken", "digest")
	imported, err = a.importing(ctx, read, func(pool gorm.ConnPool, digest string) (int64, error) {
		lower := strings.ToLower(digest)
		if len(lower) != 128 || strings.Trim(lower, "0123456789abcdef") != "" {
			return 0, errors.New("the digest of a row is not the SHA-512 that knox makes unless SECURE_HASH_ALGORITHM is set")
		}
		return a.importOne(ctx, pool, insert, tokenSHA512+lower, scopes, nil, digest)
	})
	if err != nil {
		return 0, fmt.Errorf("import knox's tokens: %w", err)
	}
	return imported, nil
}

func (a *AccessTokens) resolveImport(how Import, expiry Expiry) (scopes string, expires *time.Time, err error) {
	names, err := a.scopes.check(how.Scopes)
	if err != nil {
		return "", nil, err
	}
	expires, err = expiry.resolve(now())
	return strings.Join(names, " "), expires, err
}

// importing calls f with each of the texts that a query returns, which takes
// the last one, in one transaction. It returns the sum of what f returns.
func (a *AccessTokens) importing(ctx context.Context, query string, f func(pool gorm.ConnPool, text string) (int64, error)) (sum int64, err error) {
	err = a.users.transaction(ctx, func(tx *Users) error {
		sum = 0
		if err := a.refuseSalt(tx.db, query); err != nil {
			return err
		}
		for last := ""; ; {
			page, err := readTexts(ctx, tx.pool(), query, last)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, text := range page {
				n, err := f(tx.pool(), text)
				if err != nil {
					return err
				}
				sum += n
			}
			last = page[len(page)-1]
		}
	})
	return sum, err
}

func readTexts(ctx context.Context, pool gorm.ConnPool, query string, args ...any) (page []string, err error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		page = append(page, text)
	}
	return page, errors.Join(rows.Err(), rows.Close())
}

// refuseSalt returns an error if knox's table has digests that nobody can look
// up.
func (*AccessTokens) refuseSalt(tx *gorm.DB, query string) error {
	if strings.Contains(query, "knox_authtoken") && tx.Migrator().HasColumn("knox_authtoken", "salt") {
		return errors.New("its digests have a salt: let knox 4.2 make new ones first")
	}
	return nil
}

// importStatement copies a row, in the present epoch of its user: it has
// survived what came before.
func (a *AccessTokens) importStatement(name, table, key string) string {
	expires := `CAST(` + a.place(4) + ` AS ` + timestampOf(a.users.db) + `)`
	live := ""
	if table == "knox_authtoken" {
		expires = `COALESCE(t."expiry", ` + expires + `)`
		live = ` AND (t."expiry" IS NULL OR t."expiry" > ` + a.place(6) + `)`
	}
	return fmt.Sprintf(`INSERT INTO "ginauth_access_token" ("id", "digest", "user_id", "name", "scopes", "epoch", "created", "expires", "idle") `+
		`SELECT CAST(%s AS text), CAST(%s AS text), t."user_id", '%s', CAST(%s AS text), COALESCE(e."epoch", 0), t."created", %s, 0 `+
		`FROM "%s" t LEFT JOIN "ginauth_epoch" e ON e."user_id" = t."user_id" WHERE t."%s" = %s%s ON CONFLICT ("digest") DO NOTHING`,
		a.place(1), a.place(2), name, a.place(3), expires, table, key, a.place(5), live)
}

func (a *AccessTokens) importOne(
	ctx context.Context, pool gorm.ConnPool, insert, digest, scopes string, expires *time.Time, key string,
) (int64, error) {
	args := []any{random.Alphanumeric(tokenIDLength), digest, scopes, expires, key}
	if strings.HasPrefix(digest, tokenSHA512) {
		args = append(args, now())
	}
	res, err := pool.ExecContext(ctx, insert, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (a *AccessTokens) place(n int) string { return placeholder(a.users.db, n) }
