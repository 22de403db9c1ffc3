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

// OutstandingToken is a JWT that can be revoked, as simplejwt keeps it in token_blacklist_outstandingtoken.
type OutstandingToken struct {
	ID        string    // the claim jti
	Token     Secret    // the JWT itself, which that table stores in clear
	User      UserModel // whose it is; nil is stored as NULL
	CreatedAt time.Time // zero is stored as NULL
	ExpiresAt time.Time
}

// Blacklist is simplejwt's app token_blacklist: which tokens were made, and which of them are revoked. Django and ginauth can use
// one at the same time. It is safe for concurrent use, and its queries go past GORM's log, as those of [Users] do.
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
	db := b.users.db.Session(&gorm.Session{NewDB: true, Context: ctx})
	d, err := dialectOf(db)
	if err != nil {
		return false, err
	}
	tables, err := names(db, d.tables)
	if err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	for _, t := range blacklistApp(b.users.table).tables {
		if !tables[t.name] {
			return false, nil
		}
	}
	return true, nil
}

// Storable reports whether a token of this id can be revoked: whether the id fits into the column.
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

// Record stores a new token.
func (b *Blacklist) Record(ctx context.Context, token OutstandingToken) error {
	if _, err := b.users.pool().ExecContext(ctx, b.sql.record, b.row(token)...); err != nil {
		return fmt.Errorf("record token: %w", err)
	}
	return nil
}

// RecordLogin stores a token that its user has got at a login, and records the login (Django: update_last_login), in one transaction:
// both or neither. It is an error if the user model has no column last_login.
func (b *Blacklist) RecordLogin(ctx context.Context, token OutstandingToken) error {
	err := b.transaction(ctx, func(tx gorm.ConnPool) error {
		if _, err := tx.ExecContext(ctx, b.sql.record, b.row(token)...); err != nil {
			return err
		}
		return b.users.updateLastLogin(ctx, tx, token.User)
	})
	if err != nil {
		return fmt.Errorf("record token and login: %w", err)
	}
	return nil
}

// FlushExpired deletes the tokens that have expired, revoked or not, and returns how many (simplejwt: manage.py
// flushexpiredtokens). Expired tokens are refused without it. leeway is that of the config: tokens are kept for twice as long, since
// one that is still accepted in it, or was renewed in it, must not be forgotten to be revoked. simplejwt's command forgets them.
func (b *Blacklist) FlushExpired(ctx context.Context, leeway time.Duration) (deleted int64, err error) {
	err = b.transaction(ctx, func(tx gorm.ConnPool) error {
		at := now().Add(-2 * max(leeway, 0))
		if _, err := tx.ExecContext(ctx, b.sql.flushBlacklisted, at); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, b.sql.flushOutstanding, at)
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
