package models

import (
	"context"
	"fmt"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// ErrCredentialsRevoked reports that all credentials of a user have been
// revoked since the user was loaded. The caller must not issue a credential.
var ErrCredentialsRevoked = refusal.Unauthorized("models: all credentials of the user have been revoked meanwhile")

// InEpoch returns nil if the user is still in epoch e, and
// [ErrCredentialsRevoked] if not. It waits for a revocation in progress. Every
// later revocation therefore covers what is then created for the user, also by
// its time of issue if that was read before the call. In a transaction, see
// [Users.Transaction], the epoch cannot end before the transaction does.
//
// It costs a short transaction, or nothing in a database without epochs.
func (u *Users) InEpoch(ctx context.Context, user UserModel, e Epoch) error {
	there, err := u.EpochsExist(ctx)
	if err != nil || !there {
		return err
	}
	if !u.inside { // on a connection of the caller's nothing may have been begun
		return u.Transaction(ctx, func(tx *Users) error { return tx.InEpoch(ctx, user, e) })
	}
	if err := u.lock(ctx, user, true); err != nil {
		return err
	}
	present, err := u.readEpoch(ctx, u.sql.epochOf, u.Key(user))
	if err == nil && present != e {
		return ErrCredentialsRevoked
	}
	return err
}

// lockEpoch waits for the transactions that hold the user's epoch, and makes
// later ones wait.
func (u *Users) lockEpoch(ctx context.Context, user UserModel, there bool) error {
	if !there {
		return nil
	}
	return u.lock(ctx, user, false)
}

// lock takes an advisory lock of the user. A user who has never revoked has no
// row of epochs to lock, and locking the user's own row requires the right to
// change it.
func (u *Users) lock(ctx context.Context, user UserModel, shared bool) error {
	if err := sqlkit.Lock(ctx, u.db, djangoschema.EpochTable+" "+keyText(u.Key(user)), shared); err != nil {
		return fmt.Errorf("lock epoch: %w", err)
	}
	return nil
}

// EpochsExist reports whether the table of epochs exists; without it every
// epoch is 0. It costs a query while the table is missing.
func (u *Users) EpochsExist(ctx context.Context) (bool, error) {
	return u.tables.Has(ctx, u.db, djangoschema.EpochTable)
}
