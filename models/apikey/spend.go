package apikey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Balance is what [Store.Spend] and [Store.Balance] return.
type Balance struct {
	Admitted bool          // Spend has taken a request from the quota, or the key has no quota
	Quota    *Quota        // as it is now; nil: no limit
	Wait     time.Duration // until it is refilled; 0: it never is
}

var errNoLimits = errors.New("apikey: the limits of the key are gone")

// Spend takes one request from the quota of a key that [Store.Verify] has
// returned, if there is one left. The refill that is due, the decision and the
// count are one statement, so of any number of calls at once, on any number of
// servers, as many succeed as are left. It costs no statement for a key without
// a quota, and another one to say how long a refused client has to wait. It
// does not ask whether the key is still valid.
func (k *Store) Spend(ctx context.Context, key *Key) (Balance, error) {
	if key.Quota == nil {
		return Balance{Admitted: true}, nil
	}
	now, row := sqlkit.Now(), quotaRow{}
	taken, err := sqlkit.Returning(ctx, k.pool(), k.limits.spend, append(moment(now), string(key.ID)), row.targets()...)
	switch {
	case err != nil:
		return Balance{}, fmt.Errorf("spend quota of API key: %w", err)
	case !taken:
		return k.balance(ctx, key, now)
	}
	b := row.balance(now)
	b.Admitted = true
	return b, nil
}

// Balance returns what is left of the quota of a key, and takes nothing.
func (k *Store) Balance(ctx context.Context, key *Key) (Balance, error) {
	return k.balance(ctx, key, sqlkit.Now())
}

// balance reads the quota of a key. It admits a request if the key has none,
// also because another process has removed it meanwhile.
func (k *Store) balance(ctx context.Context, key *Key, now time.Time) (Balance, error) {
	row := quotaRow{}
	found, err := sqlkit.Row(ctx, k.pool(), k.limits.balance, append(moment(now), string(key.ID)), row.targets()...)
	switch {
	case err != nil:
		return Balance{}, fmt.Errorf("read quota of API key: %w", err)
	case !found && key.Quota != nil:
		return Balance{}, errNoLimits
	case !found || !row.quota.Valid:
		return Balance{Admitted: true}, nil
	}
	return row.balance(now), nil
}

// quotaRow is the destination of the columns of a quota.
type quotaRow struct{ quota, left, refill, every, refilled sql.NullInt64 }

func (r *quotaRow) targets() []any {
	return []any{&r.quota, &r.left, &r.refill, &r.every, &r.refilled}
}

// read returns the quota, or nil for a key without one.
func (r *quotaRow) read() *Quota {
	if !r.quota.Valid {
		return nil
	}
	q := &Quota{Limit: int(r.quota.Int64), Left: int(r.left.Int64), Refill: int(r.refill.Int64)}
	if r.every.Int64 == monthly {
		q.Monthly = true
	} else {
		q.Every = time.Duration(r.every.Int64) * time.Second
	}
	return q
}

func (r *quotaRow) balance(now time.Time) Balance {
	q := r.read()
	return Balance{Quota: q, Wait: q.next(time.UnixMicro(r.refilled.Int64), now)}
}

// limitsRow is the destination of the columns of a key's limits, all NULL if it
// has none.
type limitsRow struct {
	scopes sql.NullString
	quotaRow
}

func (r *limitsRow) targets() []any {
	return []any{&r.scopes, &r.quota, &r.left, &r.refill, &r.every}
}

// fill sets the limits of a key that has been read.
func (r *limitsRow) fill(key *Key) {
	if scopes := strings.Fields(r.scopes.String); len(scopes) > 0 {
		key.Scopes = scopes
	}
	key.Quota = r.read()
}
