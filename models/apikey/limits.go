package apikey

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// checkLimits returns scopes and a quota as they are stored. Both may be nil. An
// empty list of scopes is an error: it would lift the limits of a key.
func checkLimits(db *gorm.DB, scopes []string, quota *Quota) ([]string, *Quota, error) {
	if scopes != nil {
		users, err := models.UsersOf(db)
		if err != nil {
			return nil, nil, err
		}
		sorted, problem := scopeset.Of(users.Database()).Check(scopes)
		if problem != "" {
			return nil, nil, fmt.Errorf("apikey: the scopes of an API key: %s", problem)
		}
		scopes = sorted
	}
	if quota != nil {
		checked, err := quota.check()
		if err != nil {
			return nil, nil, err
		}
		quota = &checked
	}
	return scopes, quota, nil
}

// SetScopes gives the key with that prefix other scopes. If scopes is nil, the
// key has none: it is then not limited, and refused where a scope is asked for.
// An empty list that is not nil is an error. SetScopes returns
// [models.ErrNotFound] if there is no such key.
func (k *Store) SetScopes(ctx context.Context, prefix string, scopes []string) error {
	scopes, _, err := checkLimits(k.db, scopes, nil)
	if err != nil {
		return err
	}
	return k.set(ctx, prefix, k.limits.setScopes, strings.Join(scopes, " "), prefix)
}

// SetQuota gives the key with that prefix another quota, which is full, or none
// if quota is nil. It returns [models.ErrNotFound] if there is no such key.
func (k *Store) SetQuota(ctx context.Context, prefix string, quota *Quota) error {
	_, quota, err := checkLimits(k.db, nil, quota)
	if err != nil {
		return err
	}
	return k.set(ctx, prefix, k.limits.setQuota, append(quotaArgs(quota), prefix)...)
}

func (k *Store) set(ctx context.Context, prefix, statement string, args ...any) error {
	if !sqlkit.Storable(prefix, djangoschema.APIKeyPrefixLength) {
		return models.ErrNotFound
	}
	n, err := sqlkit.Exec(ctx, k.pool(), statement, args...)
	switch {
	case err != nil:
		return fmt.Errorf("limit API key: %w", err)
	case n == 0:
		return models.ErrNotFound
	}
	return nil
}

// quotaArgs returns the values of the columns quota, remaining, refill, every
// and refilled.
func quotaArgs(q *Quota) []any {
	now := sqlkit.Now().UnixMicro()
	if q == nil {
		return []any{nil, 0, 0, 0, now}
	}
	return []any{q.Limit, q.Limit, q.Refill, q.seconds(), now}
}

func insert(ctx context.Context, tx *gorm.DB, row *Key) error {
	pool, sql := sqlkit.Pool(tx), compileLimits(tx)
	_, err := sqlkit.Exec(ctx, pool, sql.insertKey, string(row.ID), row.Created, row.Name, row.Revoked, row.ExpiryDate,
		string(row.HashedKey), row.Prefix)
	if err != nil || len(row.Scopes) == 0 && row.Quota == nil {
		return err
	}
	args := append([]any{string(row.ID), strings.Join(row.Scopes, " ")}, quotaArgs(row.Quota)...)
	_, err = sqlkit.Exec(ctx, pool, sql.insertLimits, args...)
	return err
}
