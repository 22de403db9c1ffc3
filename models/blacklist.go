package models

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// maxTokenID is the length of the column jti.
const maxTokenID = 255

// OutstandingToken is a JWT that can be revoked, as simplejwt keeps it in
// token_blacklist_outstandingtoken.
type OutstandingToken struct {
	ID        string    // the claim jti
	Token     Secret    // the JWT itself, which that table stores in clear
	User      UserModel // whose it is; nil is stored as NULL
	Epoch     Epoch     // of the user, as it was loaded; a new token is not recorded after that epoch has ended
	CreatedAt time.Time // zero is stored as NULL
	ExpiresAt time.Time
}

// Blacklist is simplejwt's app token_blacklist: which tokens were made, and
// which of them are revoked. Django and ginauth can use one at the same time.
// It is safe for concurrent use, and its queries go past GORM's log, as those
// of [Users] do.
type Blacklist struct {
	users *Users
	sql   blacklistStatements
}

// BlacklistOf returns the blacklist of db, which [Migrate] makes.
func BlacklistOf(db *gorm.DB) (*Blacklist, error) {
	users, err := UsersOf(db)
	if err != nil {
		return nil, err
	}
	return &Blacklist{users: users, sql: compileBlacklist(db)}, nil
}

// Exists reports whether the tables are there.
func (b *Blacklist) Exists(ctx context.Context) (bool, error) {
	return tablesExist(ctx, b.users.db, blacklistApp(b.users.table).tables)
}

// tablesExist reports whether all of the tables are there.
func tablesExist(ctx context.Context, db *gorm.DB, tables []table) (bool, error) {
	db = db.Session(&gorm.Session{NewDB: true, Context: ctx})
	d, err := dialectOf(db)
	if err != nil {
		return false, err
	}
	found, err := names(db, d.tables)
	if err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	for _, t := range tables {
		if !found[t.name] {
			return false, nil
		}
	}
	return true, nil
}

// Storable reports whether a token of this id can be revoked: whether the id
// fits into the column.
func (b *Blacklist) Storable(id string) bool { return storable(id, maxTokenID) }

// Contains reports whether the token of this id is revoked. It costs one query.
func (b *Blacklist) Contains(ctx context.Context, id string) (bool, error) {
	if !b.Storable(id) {
		return false, nil
	}
	rows, err := b.users.pool().QueryContext(ctx, b.sql.contains, id)
	if err != nil {
		return false, fmt.Errorf("find blacklisted token: %w", err)
	}
	defer rows.Close()
	found := rows.Next()
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("find blacklisted token: %w", err)
	}
	return found, rows.Close()
}

// Record stores a new token, or returns [ErrRevoked] if all credentials of its
// user have been revoked meanwhile.
func (b *Blacklist) Record(ctx context.Context, token OutstandingToken) error {
	epochs, err := b.users.hasEpochs(ctx)
	switch {
	case err != nil:
	case epochs && token.User != nil:
		err = b.transaction(ctx, func(tx *Users) error { return b.recordNew(ctx, tx, token, false) })
	default:
		err = b.record(ctx, b.users, token)
	}
	if err != nil {
		return fmt.Errorf("record token: %w", err)
	}
	return nil
}

// RecordLogin stores a token that its user has got at a login, and records the
// login (Django: update_last_login), in one transaction: both or neither. It is
// an error if the user model has no column last_login, and [ErrRevoked] if all
// credentials of the user have been revoked meanwhile.
func (b *Blacklist) RecordLogin(ctx context.Context, token OutstandingToken) error {
	err := b.transaction(ctx, func(tx *Users) error { return b.recordNew(ctx, tx, token, true) })
	if err != nil {
		return fmt.Errorf("record token and login: %w", err)
	}
	return nil
}

// recordNew stores a token of an epoch that has not ended, and a login.
func (b *Blacklist) recordNew(ctx context.Context, tx *Users, token OutstandingToken, login bool) error {
	if err := tx.holdFor(ctx, token); err != nil {
		return err
	}
	if err := b.record(ctx, tx, token); err != nil || !login {
		return err
	}
	return tx.UpdateLastLogin(ctx, token.User)
}

func (b *Blacklist) record(ctx context.Context, tx *Users, token OutstandingToken) error {
	_, err := tx.pool().ExecContext(ctx, b.sql.record, b.row(token)...)
	return err
}

// FlushExpired deletes the tokens that have expired, revoked or not, and
// returns how many (simplejwt: manage.py flushexpiredtokens). Expired tokens
// are refused without it. leeway is that of the config: tokens are kept for
// twice as long, since one that is still accepted in it, or was renewed in it,
// must not be forgotten to be revoked. simplejwt's command forgets them. What
// is known of the families of expired tokens is deleted too.
func (b *Blacklist) FlushExpired(ctx context.Context, leeway time.Duration) (deleted int64, err error) {
	families, err := b.users.hasFamilies(ctx)
	if err != nil {
		return 0, err
	}
	err = b.transaction(ctx, func(tx *Users) error {
		at := now().Add(-2 * max(leeway, 0))
		if families {
			if err := flushFamilies(ctx, tx, at); err != nil {
				return err
			}
		}
		if _, err := tx.pool().ExecContext(ctx, b.sql.flushBlacklisted, at); err != nil {
			return err
		}
		result, err := tx.pool().ExecContext(ctx, b.sql.flushOutstanding, at)
		if err != nil {
			return err
		}
		deleted, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("flush expired tokens: %w", err)
	}
	return deleted, nil
}

// row is a token in the order of the columns.
func (b *Blacklist) row(token OutstandingToken) []any {
	var user any
	if token.User != nil {
		user = b.users.Key(token.User)
	}
	created := sql.NullTime{Time: token.CreatedAt, Valid: !token.CreatedAt.IsZero()}
	return []any{token.ID, string(token.Token), created, token.ExpiresAt.UTC(), user}
}
