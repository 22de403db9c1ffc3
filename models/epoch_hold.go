package models

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ginauth/ginauth/internal/refusal"
)

// ErrCredentialsRevoked reports that all credentials of a user have been
// revoked since the user was loaded. The caller must not issue a credential.
var ErrCredentialsRevoked = refusal.Unauthorized("models: all credentials of the user have been revoked meanwhile")

// InEpoch returns nil if the user is still in epoch e, and
// [ErrCredentialsRevoked] if not. It waits for a revocation in progress. Every
// later revocation therefore covers what is then created for the user, also by
// its time of issue if that was read before the call.
//
// It costs a short transaction, or nothing in a database without epochs.
func (u *Users) InEpoch(ctx context.Context, user UserModel, e Epoch) error {
	there, err := u.hasEpochs(ctx)
	if err != nil || !there {
		return err
	}
	return u.transaction(ctx, func(tx *Users) error { return tx.hold(ctx, user, e) })
}

// hold prevents the user's epoch from ending until the transaction of u does.
// It returns [ErrCredentialsRevoked] if the epoch has already ended.
func (u *Users) hold(ctx context.Context, user UserModel, e Epoch) error {
	there, err := u.hasEpochs(ctx)
	if err != nil || !there {
		return err
	}
	if err := u.lock(ctx, "SELECT pg_advisory_xact_lock_shared($1)", user); err != nil {
		return err
	}
	present, err := u.readEpoch(ctx, u.sql.epochOf, u.Key(user))
	if err == nil && present != e {
		return ErrCredentialsRevoked
	}
	return err
}

// holdFor is hold for the user of a token that is about to be recorded.
func (u *Users) holdFor(ctx context.Context, token OutstandingToken) error {
	if token.User == nil {
		return nil
	}
	return u.hold(ctx, token.User, token.Epoch)
}

// lockEpoch waits for the transactions that hold the user's epoch, and makes
// later ones wait.
func (u *Users) lockEpoch(ctx context.Context, user UserModel, there bool) error {
	if !there {
		return nil
	}
	return u.lock(ctx, "SELECT pg_advisory_xact_lock($1)", user)
}

// lock takes PostgreSQL's advisory lock of a number derived from the user. A
// user who has never revoked has no row of epochs to lock, and locking the
// user's own row requires the right to change it. On SQLite the transaction
// already locks the whole database.
func (u *Users) lock(ctx context.Context, query string, user UserModel) error {
	if u.db.Name() == "sqlite" {
		return nil
	}
	key, ok := keyText(u.Key(user))
	if !ok {
		key = fmt.Sprint(u.Key(user))
	}
	sum := sha256.Sum256([]byte(epochTable + " " + key))
	number := int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any number will do
	if _, err := u.pool().ExecContext(ctx, query, number); err != nil {
		return fmt.Errorf("lock epoch: %w", err)
	}
	return nil
}

// EpochsExist reports whether the table of epochs exists; without it every
// epoch is 0. It costs a query while the table is missing.
func (u *Users) EpochsExist(ctx context.Context) (bool, error) { return u.hasEpochs(ctx) }
