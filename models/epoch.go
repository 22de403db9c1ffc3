package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

// stamp holds what a user was loaded with besides its columns. [User] and
// [AbstractBaseUser] embed it.
type stamp struct {
	epoch epoch.Epoch
	known bool
}

func (s *stamp) setEpoch(e epoch.Epoch) { s.epoch, s.known = e, true }

// LoadedEpoch returns the epoch that [Users] loaded the user in, without a
// query. known is false if the user was loaded in another way.
func (s *stamp) LoadedEpoch() (e epoch.Epoch, known bool) { return s.epoch, s.known }

// stamped is a user that embeds a stamp.
type stamped interface {
	setEpoch(e epoch.Epoch)
	LoadedEpoch() (e epoch.Epoch, known bool)
}

// Epoch returns the epoch of a user.
func (u internals) Epoch(ctx context.Context, user usertable.User) (epoch.Epoch, error) {
	if s, ok := user.(stamped); ok {
		if e, known := s.LoadedEpoch(); known {
			return e, nil
		}
	}
	if there, err := u.epochsExist(ctx); err != nil || !there {
		return 0, err
	}
	return u.readEpoch(ctx, u.sql.epochOf, u.Key(user))
}

func (u *Users) readEpoch(ctx context.Context, query string, args ...any) (e epoch.Epoch, err error) {
	if _, err := sqlkit.Row(ctx, u.pool(), query, args, &e); err != nil {
		return 0, fmt.Errorf("find epoch: %w", err)
	}
	return e, nil
}

// insideKey is the setting by which [UsersOf] finds the Users of a transaction
// that [Users.Transaction] has begun, so that what is announced in it is sent
// after its commit, also by functions that are given its database.
const insideKey = "ginauth:inside"

// Transaction calls f with the users in a transaction, and again in a new one
// if the database refuses it for a transient reason. So f must start from
// scratch each time. If the database of u is a transaction already, f runs in
// it, once; the caller must end it if f fails.
func (u *Users) Transaction(ctx context.Context, f func(tx *Users) error) error {
	if u.inside {
		return f(u)
	}
	var ended []string
	err := sqlkit.Transaction(ctx, u.db, func(tx *gorm.DB) error {
		ended = nil
		inner := *u
		inner.inside, inner.ended = true, &ended
		inner.db = tx.Set(insideKey, &inner).Session(&gorm.Session{})
		if err := f(&inner); err != nil {
			return err
		}
		inner.notify(ctx, ended)
		return nil
	})
	if err == nil {
		u.publish(ctx, ended)
	}
	return err
}

// ErrCredentialsRevoked reports that all credentials of a user have been
// revoked since the user was loaded. The caller must not issue a credential.
var ErrCredentialsRevoked = refusal.Unauthorized("models: all credentials of the user have been revoked meanwhile")

// InEpoch returns nil if the user is still in epoch e.
func (u internals) InEpoch(ctx context.Context, user usertable.User, e epoch.Epoch) error {
	there, err := u.epochsExist(ctx)
	if err != nil || !there {
		return err
	}
	if !u.inside { // on a connection of the caller's nothing may have been begun
		return u.Transaction(ctx, func(tx *Users) error { return internals{tx}.InEpoch(ctx, user, e) })
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

// epochsExist reports whether the table of epochs exists; without it every
// epoch is 0. It costs a query while the table is missing.
func (u *Users) epochsExist(ctx context.Context) (bool, error) {
	return u.tables.Has(ctx, u.db, djangoschema.EpochTable)
}
