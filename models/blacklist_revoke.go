package models

import (
	"context"
	"errors"
	"fmt"
)

// Revoke blacklists a token, and reports whether this call did it: of many at
// once, on several servers, exactly one does. A token that was never recorded,
// such as one of another server's, is recorded with it.
func (b *Blacklist) Revoke(ctx context.Context, token OutstandingToken) (first bool, err error) {
	err = b.transaction(ctx, func(tx *Users) error {
		first, err = b.revoke(ctx, tx, token)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("revoke token: %w", err)
	}
	return first, nil
}

// TryRevoke is [Blacklist.Revoke] of a token that is refused anyway: if it
// cannot be revoked, as on a standby, that is logged, once a minute at most,
// and changes nothing.
func (b *Blacklist) TryRevoke(ctx context.Context, token OutstandingToken) {
	_, err := b.Revoke(ctx, token)
	b.users.shared.tokens.failed(ctx, b.users.db, "blacklist a token that has ended", err)
}

// errRevoked ends a transaction in which nothing is to be kept.
var errRevoked = errors.New("models: the token is revoked")

// Replace revokes a token and records its successor, in one transaction: both
// or neither. It reports whether this call did it. Of many calls with one
// token, on several servers, exactly one does, and only its successor is
// recorded. The error is [ErrRevoked] if all credentials of the successor's
// user have been revoked meanwhile.
func (b *Blacklist) Replace(ctx context.Context, token, successor OutstandingToken) (first bool, err error) {
	err = b.transaction(ctx, func(tx *Users) error {
		if err := tx.holdFor(ctx, successor); err != nil { // before anything that RevokeAll might wait for while it is waited for
			return err
		}
		first, err := b.revoke(ctx, tx, token)
		switch {
		case err != nil:
			return err
		case !first:
			return errRevoked
		}
		return b.record(ctx, tx, successor)
	})
	switch {
	case errors.Is(err, errRevoked):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("replace token: %w", err)
	}
	return true, nil
}

// revoke decides by the unique column token_id: the second insert waits for the
// first one's transaction, and then does nothing.
func (b *Blacklist) revoke(ctx context.Context, tx *Users, token OutstandingToken) (first bool, err error) {
	if _, err := tx.pool().ExecContext(ctx, b.sql.recordOnce, b.row(token)...); err != nil {
		return false, err
	}
	result, err := tx.pool().ExecContext(ctx, b.sql.revoke, now(), token.ID)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// transaction calls f with the users of a transaction.
func (b *Blacklist) transaction(ctx context.Context, f func(tx *Users) error) error {
	return b.users.transaction(ctx, f)
}
