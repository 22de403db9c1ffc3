package apikey

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// Store gives access to the API keys of a database. The permission HasAPIKey
// and the commands use it. It is safe for concurrent use. Its queries do not
// pass through GORM, like those of [models.Users].
type Store struct {
	db        *gorm.DB
	passwords *password.Checker

	byPrefix, unlimited, all, revoke, replace string // statements

	limits limitStatements
}

// Of returns the API keys of db.
func Of(db *gorm.DB) (*Store, error) {
	if db == nil {
		return nil, errNoDatabase
	}
	if err := sqlkit.Supported(db); err != nil {
		return nil, fmt.Errorf("apikey: %w", err)
	}
	const table = `"rest_framework_api_key_apikey"`
	p := func(n int) string { return sqlkit.Placeholder(db, n) }
	return &Store{
		db: db, passwords: hashing.CheckerOf(db),
		byPrefix: selectKeys(db) + fmt.Sprintf(` WHERE k."prefix" = %s AND NOT k."revoked"`, p(3)),
		unlimited: fmt.Sprintf(`SELECT %s, %s FROM %s k WHERE k."prefix" = %s AND NOT k."revoked"`,
			keyColumns, sqlkit.TableExists(db, djangoschema.APIKeyLimitTable), table, p(1)),
		all:    selectKeys(db) + ` ORDER BY k."created" DESC, k."prefix"`,
		revoke: fmt.Sprintf(`UPDATE %s SET "revoked" = %s WHERE "prefix" = %s`, table, p(1), p(2)),
		replace: fmt.Sprintf(`UPDATE %s SET "hashed_key" = %s WHERE "id" = %s AND "hashed_key" = %s`,
			table, p(1), p(2), p(3)),

		limits: compileLimits(db),
	}, nil
}

// Verify returns the row of a valid key in one query, or [models.ErrNotFound]
// if the key is wrong, revoked or expired. Timing reveals whether a prefix
// exists; prefixes are not secret.
//
// Keys that Django hashed slowly are checked as passwords are (see
// [models.Passwords]; the error may be [password.ErrBusy]). The first use of
// such a key replaces its hash with a fast one, see [Create], unless
// [models.Passwords] has KeepHashes. If that fails, it is logged and tried again
// at the next use.
func (k *Store) Verify(ctx context.Context, key string) (*Key, error) {
	prefix, _, _ := strings.Cut(key, ".")
	if len(key) > password.MaxBytes || !sqlkit.Storable(prefix, djangoschema.APIKeyPrefixLength) {
		return nil, models.ErrNotFound
	}
	row, err := k.find(ctx, prefix)
	if err != nil {
		return nil, err
	}
	if row.ExpiryDate != nil && row.ExpiryDate.Before(sqlkit.Now()) {
		return nil, models.ErrNotFound
	}
	result, err := k.check(ctx, key, string(row.HashedKey))
	if err != nil {
		return nil, err
	}
	if !result.OK {
		return nil, models.ErrNotFound
	}
	if err := k.upgrade(ctx, row, result); err != nil {
		upgrades.Of(k.db).Failed(ctx, k.db, "replace the hash of API key "+row.Prefix, err)
	}
	return row, nil
}

// All returns every key, including revoked and expired ones, newest first.
// Iteration ends after the first error. It holds a connection until it ends.
func (k *Store) All(ctx context.Context) iter.Seq2[*Key, error] {
	return func(yield func(*Key, error) bool) {
		for rows, err := range sqlkit.Rows(ctx, k.pool(), k.all, moment(sqlkit.Now())...) {
			row, limits := &Key{}, limitsRow{}
			if err == nil {
				err = rows.Scan(append(row.targets(), limits.targets()...)...)
			}
			if err != nil {
				yield(nil, fmt.Errorf("list API keys: %w", err))
				return
			}
			limits.fill(row)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Revoke ends the key with that prefix, permanently and from the next request
// on. It returns [models.ErrNotFound] if there is no such key.
func (k *Store) Revoke(ctx context.Context, prefix string) error {
	if !sqlkit.Storable(prefix, djangoschema.APIKeyPrefixLength) {
		return models.ErrNotFound
	}
	n, err := sqlkit.Exec(ctx, k.pool(), k.revoke, true, prefix)
	switch {
	case err != nil:
		return fmt.Errorf("revoke API key: %w", err)
	case n == 0:
		return models.ErrNotFound
	}
	return nil
}

// find returns the key with that prefix, unless it is revoked. It runs one
// statement, or two for the first key after the table of limits was created.
// While that does not exist, all keys are Django's, and not limited.
func (k *Store) find(ctx context.Context, prefix string) (*Key, error) {
	tables := sqlkit.PresenceOf(k.db)
	if !tables.Seen(djangoschema.APIKeyLimitTable) {
		row, limited := &Key{}, false
		if err := k.findBy(ctx, k.unlimited, []any{prefix}, append(row.targets(), &limited)); err != nil || !limited {
			return row, err
		}
		tables.Remember(k.db, djangoschema.APIKeyLimitTable)
	}
	row, limits := &Key{}, limitsRow{}
	args, targets := append(moment(sqlkit.Now()), prefix), append(row.targets(), limits.targets()...)
	if err := k.findBy(ctx, k.byPrefix, args, targets); err != nil {
		return nil, err
	}
	limits.fill(row)
	return row, nil
}

func (k *Store) findBy(ctx context.Context, query string, args, targets []any) error {
	found, err := sqlkit.Row(ctx, k.pool(), query, args, targets...)
	switch {
	case err != nil:
		return fmt.Errorf("find API key: %w", err)
	case !found:
		return models.ErrNotFound
	}
	return nil
}

// targets returns the destinations of the columns.
func (k *Key) targets() []any {
	return []any{&k.ID, &k.Created, &k.Name, &k.Revoked, &k.ExpiryDate, &k.HashedKey, &k.Prefix}
}

// upgrades handles failures to replace hashes.
var upgrades sqlkit.Shared[sqlkit.Tidying]

// upgrade stores the replacement of a hash, if there is one.
func (k *Store) upgrade(ctx context.Context, row *Key, result password.Result) error {
	if result.Err != nil || result.Replacement == "" {
		return result.Err
	}
	_, err := sqlkit.Exec(ctx, k.pool(), k.replace, result.Replacement, string(row.ID), string(row.HashedKey))
	return err
}

func (k *Store) pool() *sqlkit.Conn { return sqlkit.Pool(k.db) }

// Preflight returns an error that is [models.ErrNotMigrated] if the table of API
// keys, or that of their scopes and quotas, does not exist, for a check at the
// start. It returns nil if the database does not answer. It costs a query unless
// the tables have been seen before.
func (k *Store) Preflight(ctx context.Context) error {
	absent, err := sqlkit.PresenceOf(k.db).Missing(ctx, k.db, djangoschema.APIKeyTable, djangoschema.APIKeyLimitTable)
	if err == nil && len(absent) > 0 {
		return djangoschema.Missing(absent...)
	}
	return nil
}
