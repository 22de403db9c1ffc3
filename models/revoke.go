package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
)

const revocationPlugin = "ginauth:revocation"

// Revocation says what ends together with the other credentials of a user. It
// is a GORM plugin:
//
//	err := db.Use(models.Revocation{Tokens: true})
type Revocation struct {
	// Tokens are DRF's tokens too. Default: they outlive changes of password,
	// as in DRF.
	Tokens bool
}

// Name is the plugin's name.
func (Revocation) Name() string { return revocationPlugin }

// Initialize refuses a setting that comes too late.
func (Revocation) Initialize(db *gorm.DB) error {
	return setting.Late(db, revocationPlugin, "models: Revocation", usersReaders)
}

func revocationOf(db *gorm.DB) Revocation {
	r, _ := setting.Of[Revocation](db, revocationPlugin)
	return r
}

// RevokeAll ends every credential of the user, wherever it was issued ("log out
// everywhere"): sessions, access tokens and JSON web tokens, and DRF's token if
// [Revocation] says so. The user can log in again at once. What is revoked is
// refused by the next request on every server that uses the database; a Django
// beside it refuses the refresh tokens, which are put on its blacklist, while
// its sessions end with [Sessions.DeleteAll] or a change of password.
//
// It is an error if the table of epochs is not there, and [ErrNotStored] if the
// user has no row.
func (u *Users) RevokeAll(ctx context.Context, user UserModel) error {
	there, err := u.hasEpochs(ctx)
	if err == nil && !there {
		err = errors.New("the table " + epochTable + " is not there: call models.Migrate, or run \"ginauth migrate\"")
	}
	if err == nil {
		err = u.endingEpoch(ctx, user, func(*Users) error { return nil })
	}
	if err != nil {
		return fmt.Errorf("revoke all credentials: %w", err)
	}
	return nil
}

// endingEpoch does something to a user that its credentials must not outlive,
// and ends them, in one transaction. In a database without epochs, which is
// Django's alone, only DRF's token can end.
func (u *Users) endingEpoch(ctx context.Context, user UserModel, f func(tx *Users) error) error {
	there, err := u.hasEpochs(ctx)
	if err != nil {
		return err
	}
	if !there && !u.revocation.Tokens {
		return f(u)
	}
	var e Epoch
	err = u.transaction(ctx, func(tx *Users) error {
		if err := tx.lockEpoch(ctx, user, there); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		if u.revocation.Tokens {
			if _, err := tx.DeleteToken(ctx, user); err != nil {
				return err
			}
		}
		if !there {
			return nil
		}
		var err error
		e, err = tx.endEpoch(ctx, user)
		return err
	})
	if s, ok := user.(stamped); ok && there && err == nil {
		s.setEpoch(e)
	}
	return err
}

// endEpoch begins a new epoch, and revokes the refresh tokens, for those who
// look at the blacklist only.
func (u *Users) endEpoch(ctx context.Context, user UserModel) (Epoch, error) {
	e, err := u.readEpoch(ctx, u.sql.endEpoch, now().UnixMicro(), u.Key(user))
	switch {
	case err != nil:
		return 0, err
	case e == 0: // nothing was inserted
		return 0, ErrNotStored
	}
	listed, err := u.tables.has(ctx, u.db, "token_blacklist_blacklistedtoken")
	if err != nil || !listed {
		return e, err
	}
	if _, err := u.pool().ExecContext(ctx, u.sql.revokeOutstanding, now(), u.Key(user)); err != nil {
		return 0, fmt.Errorf("revoke refresh tokens: %w", err)
	}
	return e, nil
}
