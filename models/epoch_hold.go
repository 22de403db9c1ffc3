package models

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ginauth/ginauth/internal/refusal"
)

// ErrCredentialsRevoked says that all credentials of a user have been revoked
// after it was loaded. What was to be made for it must not be.
var ErrCredentialsRevoked = refusal.Unauthorized("models: all credentials of the user have been revoked meanwhile")

// InEpoch returns nil if the user is still in the epoch that it was loaded in,
// and [ErrCredentialsRevoked] if not. It waits for a revocation that is under
// way, so that what is made for the user is older than every later one, by its
// time of issue too, if that was read before.
//
// In a database without epochs it costs nothing, and otherwise a short
// transaction.
func (u *Users) InEpoch(ctx context.Context, user UserModel, e Epoch) error {
	there, err := u.hasEpochs(ctx)
	if err != nil || !there {
		return err
	}
	return u.transaction(ctx, func(tx *Users) error { return tx.hold(ctx, user, e) })
}

// hold keeps the epoch of a user from ending before the transaction that u is
// of does, or returns [ErrCredentialsRevoked] if it has ended.
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

// holdFor is hold for the user of a token that is to be recorded.
func (u *Users) holdFor(ctx context.Context, token OutstandingToken) error {
	if token.User == nil {
		return nil
	}
	return u.hold(ctx, token.User, token.Epoch)
}

// lockEpoch waits for those who [Users.hold] the epoch of a user, and makes
// others wait.
func (u *Users) lockEpoch(ctx context.Context, user UserModel, there bool) error {
	if !there {
		return nil
	}
	return u.lock(ctx, "SELECT pg_advisory_xact_lock($1)", user)
}

// lock takes PostgreSQL's lock of a number that stands for the user: a user who
// has never revoked has no row of epochs that could be locked, and to lock the
// user's own needs the right to change it. On SQLite the transaction has the
// whole database already.
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

// EpochsExist reports whether there is a table of epochs, without which every
// epoch is 0. It costs a query for as long as there is none.
func (u *Users) EpochsExist(ctx context.Context) (bool, error) { return u.hasEpochs(ctx) }
