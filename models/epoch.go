package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/repeat"
)

const epochTable = "ginauth_epoch"

// Epoch is when all credentials of a user were last revoked at once, in
// microseconds since 1970; 0 means never. Credentials remember the epoch that
// they were made in, and end with it: sessions, access tokens and JSON web
// tokens. What ends an epoch is [Users.RevokeAll], [Users.SetPassword] and,
// with false, [Users.SetActive].
//
// It is kept in a table of ginauth's own, which [Migrate] makes, and read by
// the query that finds the user. In a database without that table every epoch
// is 0.
type Epoch int64

// Admits reports whether a credential that was issued in the given epoch is
// still good. If it has not recorded one, as those that Django has made, its
// time of issue decides, to the second and in doubt against it.
func (e Epoch) Admits(recorded Epoch, known bool, issued time.Time) bool {
	if known {
		return recorded == e
	}
	return e == 0 || issued.Unix() > int64(e)/1e6
}

// stamp is what a user was loaded with besides its columns. [User] and
// [AbstractBaseUser] embed it.
type stamp struct {
	epoch Epoch
	known bool
}

func (s *stamp) setEpoch(e Epoch)           { s.epoch, s.known = e, true }
func (s *stamp) loadedEpoch() (Epoch, bool) { return s.epoch, s.known }

// stamped is a user that embeds a stamp.
type stamped interface {
	setEpoch(e Epoch)
	loadedEpoch() (Epoch, bool)
}

// Epoch returns the epoch that the user was loaded in, without a query; of a
// user that was loaded in another way than by [Users] it asks the database. A
// credential that is made for the user records it.
func (u *Users) Epoch(ctx context.Context, user UserModel) (Epoch, error) {
	if e, known := LoadedEpoch(user); known {
		return e, nil
	}
	if there, err := u.hasEpochs(ctx); err != nil || !there {
		return 0, err
	}
	return u.readEpoch(ctx, u.sql.epochOf, u.Key(user))
}

// LoadedEpoch returns the epoch that a user was loaded in by [Users], without a
// query. known is false for every other value.
func LoadedEpoch(user any) (e Epoch, known bool) {
	if s, ok := user.(stamped); ok {
		return s.loadedEpoch()
	}
	return 0, false
}

// hasEpochs reports whether the table is there. It costs a query for as long
// as it is not.
func (u *Users) hasEpochs(ctx context.Context) (bool, error) {
	return u.shared.tables.has(ctx, u.db, epochTable)
}

func (u *Users) readEpoch(ctx context.Context, query string, args ...any) (Epoch, error) {
	rows, err := u.pool().QueryContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("find epoch: %w", err)
	}
	defer rows.Close()
	var e Epoch
	if rows.Next() {
		err = rows.Scan(&e)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return 0, fmt.Errorf("read epoch: %w", err)
	}
	return e, nil
}

// transaction calls f with the users of a transaction, and again if the
// database asks for it, see [repeat.Transaction].
func (u *Users) transaction(ctx context.Context, f func(tx *Users) error) error {
	return repeat.Transaction(ctx, u.db, func(tx *gorm.DB) error {
		inside := *u
		inside.db = tx
		return f(&inside)
	})
}
