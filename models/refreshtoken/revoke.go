package refreshtoken

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Revoke blacklists a token and reports whether this call did so: of concurrent
// calls, even on several servers, exactly one does. It also records a token
// that was not recorded before, such as one of another server.
func (b *Blacklist) Revoke(ctx context.Context, token Token) (first bool, err error) {
	err = b.transaction(ctx, func(tx *models.Users) error {
		first, err = b.revoke(ctx, tx, token)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("revoke token: %w", err)
	}
	return first, nil
}

// revocations handles failures to blacklist tokens in passing.
var revocations sqlkit.Shared[sqlkit.Tidying]

// TryRevoke is [Blacklist.Revoke] for a token that is refused anyway. A
// failure, as on a read-only standby, is logged, at most once a minute, and has
// no other effect.
func (b *Blacklist) TryRevoke(ctx context.Context, token Token) {
	_, err := b.Revoke(ctx, token)
	revocations.Of(b.users.Database()).Failed(ctx, b.users.Database(), "blacklist a token that has ended", err)
}

// errTokenRevoked rolls back a transaction about a token that is already
// revoked.
var errTokenRevoked = errors.New("refreshtoken: the token is revoked")

// Replace revokes a token and records its successor, both in one transaction.
// It reports whether this call did so: of concurrent calls with one token, even
// on several servers, exactly one does, and only its successor is recorded. The
// error is [models.ErrCredentialsRevoked] if all credentials of the successor's user
// have been revoked since the user was loaded.
func (b *Blacklist) Replace(ctx context.Context, token, successor Token) (first bool, err error) {
	err = b.transaction(ctx, func(tx *models.Users) error {
		// This comes first, or this call and RevokeAll could wait for each
		// other.
		if err := holdFor(ctx, tx, successor); err != nil {
			return err
		}
		first, err := b.revoke(ctx, tx, token)
		switch {
		case err != nil:
			return err
		case !first:
			return errTokenRevoked
		}
		return b.record(ctx, tx, successor)
	})
	switch {
	case errors.Is(err, errTokenRevoked):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("replace token: %w", err)
	}
	return true, nil
}

// revoke relies on the unique column token_id: a concurrent insert waits for
// the first one's transaction and then does nothing.
func (b *Blacklist) revoke(ctx context.Context, tx *models.Users, token Token) (first bool, err error) {
	if _, err := sqlkit.Pool(tx.Database()).ExecContext(ctx, b.sql.recordOnce, b.row(token)...); err != nil {
		return false, err
	}
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(tx.Database()), b.sql.revoke, sqlkit.Now(), token.ID)
	return n > 0, err
}

// transaction calls f with the users in a transaction.
func (b *Blacklist) transaction(ctx context.Context, f func(tx *models.Users) error) error {
	return b.users.Transaction(ctx, f)
}
