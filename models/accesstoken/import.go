package accesstoken

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Import configures [Store.ImportDRF] and [Store.ImportKnox].
type Import struct {
	Scopes []string // of the imported tokens; [models.AllScopes] is what they permitted before
	Expiry Expiry   // of DRF's tokens, which had no end; knox's keep theirs
	Keep   bool     // leave DRF's keys in their table, in clear, valid for Django and [models.Users.ByToken]
}

// ImportDRF creates an access token for every row of authtoken_token and stores
// a digest of its key. [Store.VerifyImported] accepts the keys. The same
// transaction deletes the rows, unless how.Keep is set, so that Django no
// longer accepts them. ImportDRF returns the number of imported keys; a second
// call imports only new ones. If it fails, nothing changes.
func (a *Store) ImportDRF(ctx context.Context, how Import) (imported int64, err error) {
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
	imported, err = a.importing(ctx, read, func(pool *sqlkit.Conn, key string) (int64, error) {
		if !sqlkit.Storable(key, djangoschema.TokenKeyLength) { // such as an empty key
			return 0, nil
		}
		n, err := a.importOne(ctx, pool, insert, tokenDigest(key), scopes, expires, key)
		if err != nil || how.Keep {
			return n, err
		}
		_, err = sqlkit.Exec(ctx, pool, remove, key)
		return n, err
	})
	if err != nil {
		return 0, fmt.Errorf("import DRF's tokens: %w", err)
	}
	return imported, nil
}

// ImportKnox creates an access token for every unexpired row of knox_authtoken
// and copies its digest. [Store.VerifyImported] accepts the keys. knox's
// rows stay: a logout in Django ends only Django's token. ImportKnox returns
// the number of imported keys. Digests with a salt, as made by knox before 4.2,
// cannot be used and are an error.
func (a *Store) ImportKnox(ctx context.Context, how Import) (imported int64, err error) {
	scopes, _, err := a.resolveImport(how, NeverExpires)
	if err != nil {
		return 0, err
	}
	read := `SELECT "digest" FROM "knox_authtoken" WHERE "digest" > ` + a.place(1) + ` ORDER BY "digest" LIMIT 500`
	insert := a.importStatement("knox token", "knox_authtoken", "digest")
	imported, err = a.importing(ctx, read, func(pool *sqlkit.Conn, digest string) (int64, error) {
		lower := strings.ToLower(digest)
		if len(lower) != 128 || strings.Trim(lower, "0123456789abcdef") != "" {
			return 0, errors.New("the digest of a row is not the SHA-512 " +
				"that knox makes unless SECURE_HASH_ALGORITHM is set")
		}
		return a.importOne(ctx, pool, insert, tokenSHA512+lower, scopes, nil, digest)
	})
	if err != nil {
		return 0, fmt.Errorf("import knox's tokens: %w", err)
	}
	return imported, nil
}

func (a *Store) resolveImport(how Import, expiry Expiry) (scopes string, expires *time.Time, err error) {
	names, err := checkScopes(a.scopes, how.Scopes)
	if err != nil {
		return "", nil, err
	}
	expires, err = expiry.resolve(sqlkit.Now())
	return strings.Join(names, " "), expires, err
}

// importing calls f with each text that a paged query returns, all in one
// transaction. The query takes the last text of the page before. It returns the
// sum of f's results.
func (a *Store) importing(
	ctx context.Context, query string, f func(pool *sqlkit.Conn, text string) (int64, error),
) (sum int64, err error) {
	err = a.users.Transaction(ctx, func(tx *models.Users) error {
		sum = 0
		if err := a.refuseSalt(tx.Database(), query); err != nil {
			return err
		}
		for last := ""; ; {
			page, err := sqlkit.Texts(ctx, sqlkit.Pool(tx.Database()), query, last)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, text := range page {
				n, err := f(sqlkit.Pool(tx.Database()), text)
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

// refuseSalt returns an error if knox's table has salted digests, which cannot
// be looked up.
func (*Store) refuseSalt(tx *gorm.DB, query string) error {
	if strings.Contains(query, "knox_authtoken") && tx.Migrator().HasColumn("knox_authtoken", "salt") {
		return errors.New("its digests have a salt: let knox 4.2 make new ones first")
	}
	return nil
}

// importStatement returns the statement that copies a row. The copy belongs to
// the present epoch of its user, because the row has survived the earlier ones.
func (a *Store) importStatement(name, table, key string) string {
	expires := `CAST(` + a.place(4) + ` AS ` + sqlkit.Timestamp(a.users.Database()) + `)`
	live := ""
	if table == "knox_authtoken" {
		expires = `COALESCE(t."expiry", ` + expires + `)`
		live = ` AND (t."expiry" IS NULL OR t."expiry" > ` + a.place(6) + `)`
	}
	return fmt.Sprintf(`INSERT INTO "ginauth_access_token" `+
		`("id", "digest", "user_id", "name", "scopes", "epoch", "created", "expires", "idle") `+
		`SELECT CAST(%s AS text), CAST(%s AS text), t."user_id", '%s', CAST(%s AS text), `+
		`COALESCE(e."epoch", 0), t."created", %s, 0 `+
		`FROM "%s" t LEFT JOIN "ginauth_epoch" e ON e."user_id" = t."user_id" `+
		`WHERE t."%s" = %s%s ON CONFLICT ("digest") DO NOTHING`,
		a.place(1), a.place(2), name, a.place(3), expires, table, key, a.place(5), live)
}

func (a *Store) importOne(
	ctx context.Context, pool *sqlkit.Conn, insert, digest, scopes string, expires *time.Time, key string,
) (int64, error) {
	args := []any{random.Alphanumeric(djangoschema.TokenIDLength), digest, scopes, expires, key}
	if strings.HasPrefix(digest, tokenSHA512) {
		args = append(args, sqlkit.Now())
	}
	return sqlkit.Exec(ctx, pool, insert, args...)
}

func (a *Store) place(n int) string { return sqlkit.Placeholder(a.users.Database(), n) }
