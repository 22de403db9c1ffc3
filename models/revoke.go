package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

const revocationPlugin = "ginauth:revocation"

// Revocation configures which credentials end when all those of a user are
// revoked, see [Users.RevokeAll], and how other servers learn of it. It is a
// GORM plugin:
//
//	err := db.Use(models.Revocation{Tokens: true})
type Revocation struct {
	// Tokens ends DRF's tokens too. Default: they outlive changes of the
	// password, as in DRF.
	Tokens bool

	// Announcer sends announcements of revocations to the caches of other
	// servers, after the transaction of the revocation. Where the application
	// has begun the transaction itself, that is before its commit: call
	// [Users.AnnounceChange] after it. Default: on PostgreSQL the database
	// sends them by NOTIFY, with the transaction; on SQLite, nothing does.
	Announcer Announcer
}

// Name returns the plugin's name.
func (Revocation) Name() string { return revocationPlugin }

// Initialize rejects a setting that comes too late.
func (Revocation) Initialize(db *gorm.DB) error {
	return setting.Late(db, revocationPlugin, "models: Revocation", usersReaders)
}

func revocationOf(db *gorm.DB) Revocation {
	r, _ := setting.Of[Revocation](db, revocationPlugin)
	return r
}

// RevokeAll ends every credential of the user, wherever it was issued ("log out
// everywhere"): sessions, access tokens and JSON web tokens, and DRF's token if
// [Revocation] says so. From the next request on, every server that uses the
// database refuses them. The user can log in again at once.
//
// A Django on the same database refuses the refresh tokens, which are put on
// its blacklist. Its sessions end only with [session.Store.DeleteAll] or a
// change of the password.
//
// It returns [ErrNotStored] if the user has no row, and an error if the table
// of epochs is missing.
func (u *Users) RevokeAll(ctx context.Context, user UserModel) error {
	there, err := u.epochsExist(ctx)
	if err == nil && !there {
		err = errors.New("the table " + djangoschema.EpochTable + " does not exist: " +
			`call models.Migrate, or run "ginauth migrate"`)
	}
	if err == nil {
		err = u.endingEpoch(ctx, user, func(*Users) error { return nil })
	}
	if err != nil {
		return fmt.Errorf("revoke all credentials: %w", err)
	}
	return nil
}

// RevokedSince reports whether all credentials of the user have been revoked
// since a time, by [Users.RevokeAll], [Users.SetPassword] or, with false,
// [Users.SetActive]: an application's own credential that was issued then must
// be refused. It compares to the second, and is true when in doubt and with an
// error. A user that is not of this user model is an error. For a user that
// Users has loaded it costs no query; it then tells of revocations until the
// user was loaded. In a database without the table of epochs, which [Migrate]
// makes, nothing is revoked in this way, and the answer is false.
func (u *Users) RevokedSince(ctx context.Context, user UserModel, issued time.Time) (bool, error) {
	if u.Key(user) == nil {
		return true, fmt.Errorf("models: %T is not a user of this database", user)
	}
	present, err := internals{u}.Epoch(ctx, user)
	return err != nil || !present.Admits(0, false, issued), err
}

// endingEpoch calls f, a change to a user that the user's credentials must not
// outlive, and ends them in the same transaction. In a database without epochs,
// which is Django's alone, only DRF's token can end.
func (u *Users) endingEpoch(ctx context.Context, user UserModel, f func(tx *Users) error) error {
	there, err := u.epochsExist(ctx)
	if err != nil {
		return err
	}
	name := u.announced(user)
	if !there && !u.revocation.Tokens {
		return u.announcing(ctx, name, f)
	}
	var e epoch.Epoch
	err = u.Transaction(ctx, func(tx *Users) error {
		tx.announce(ctx, name)
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

// endEpoch begins a new epoch, and blacklists the user's refresh tokens for
// servers that look only there.
func (u *Users) endEpoch(ctx context.Context, user UserModel) (epoch.Epoch, error) {
	e, err := u.readEpoch(ctx, u.sql.endEpoch, sqlkit.Now().UnixMicro(), u.Key(user))
	switch {
	case err != nil:
		return 0, err
	case e == 0: // nothing was inserted
		return 0, ErrNotStored
	}
	listed, err := u.tables.Has(ctx, u.db, "token_blacklist_blacklistedtoken")
	if err != nil || !listed {
		return e, err
	}
	if _, err := sqlkit.Exec(ctx, u.pool(), u.sql.revokeOutstanding, sqlkit.Now(), u.Key(user)); err != nil {
		return 0, fmt.Errorf("revoke refresh tokens: %w", err)
	}
	return e, nil
}
