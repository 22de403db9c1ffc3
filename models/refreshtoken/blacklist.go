package refreshtoken

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Token is a JWT that can be revoked, as simplejwt stores it in
// token_blacklist_outstandingtoken.
type Token struct {
	ID        string           // the claim jti
	Token     models.Secret    // the JWT itself; the table stores it in clear
	User      models.UserModel // the owner; nil is stored as NULL
	Epoch     models.Epoch     // the user's, as loaded; once it has ended the token cannot be recorded
	CreatedAt time.Time        // zero is stored as NULL
	ExpiresAt time.Time
}

// Blacklist reads and writes the tables of simplejwt's app token_blacklist: the
// tokens that were issued, and those that are revoked. Django and ginauth can
// share them. It is safe for concurrent use. Its queries do not pass through
// GORM, like those of [models.Users].
type Blacklist struct {
	users *models.Users
	sql   blacklistStatements
}

// BlacklistOf returns the blacklist of db. [models.Migrate] creates its tables.
func BlacklistOf(db *gorm.DB) (*Blacklist, error) {
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	return &Blacklist{users: users, sql: compileBlacklist(db)}, nil
}

// Exists reports whether the database has the tables.
func (b *Blacklist) Exists(ctx context.Context) (bool, error) {
	return sqlkit.PresenceOf(b.users.Database()).Has(ctx, b.users.Database(), djangoschema.OutstandingTable, djangoschema.BlacklistedTable)
}

// Storable reports whether a token with this id can be revoked, that is,
// whether the id fits into the column.
func (b *Blacklist) Storable(id string) bool { return sqlkit.Storable(id, djangoschema.MaxTokenID) }

// Contains reports whether the token with this id is revoked. It costs one
// query.
func (b *Blacklist) Contains(ctx context.Context, id string) (bool, error) {
	if !b.Storable(id) {
		return false, nil
	}
	found, err := sqlkit.Row(ctx, sqlkit.Pool(b.users.Database()), b.sql.contains, []any{id}, new(int))
	if err != nil {
		return false, fmt.Errorf("find blacklisted token: %w", err)
	}
	return found, nil
}

// Record stores a new token. It returns [models.ErrCredentialsRevoked] if all
// credentials of its user have been revoked since the user was loaded.
func (b *Blacklist) Record(ctx context.Context, token Token) error {
	epochs, err := b.users.EpochsExist(ctx)
	switch {
	case err != nil:
	case epochs && token.User != nil:
		err = b.transaction(ctx, func(tx *models.Users) error { return b.recordNew(ctx, tx, token, false) })
	default:
		err = b.record(ctx, b.users, token)
	}
	if err != nil {
		return fmt.Errorf("record token: %w", err)
	}
	return nil
}

// RecordLogin stores a token issued at a login and records the login (Django:
// update_last_login), both in one transaction. It returns
// [models.ErrCredentialsRevoked] if all credentials of the user have been revoked
// since the user was loaded, and an error if the user model has no column
// last_login.
func (b *Blacklist) RecordLogin(ctx context.Context, token Token) error {
	err := b.transaction(ctx, func(tx *models.Users) error { return b.recordNew(ctx, tx, token, true) })
	if err != nil {
		return fmt.Errorf("record token and login: %w", err)
	}
	return nil
}

// recordNew stores a token, and with login the login, unless the token's epoch
// has ended.
func (b *Blacklist) recordNew(ctx context.Context, tx *models.Users, token Token, login bool) error {
	if err := holdFor(ctx, tx, token); err != nil {
		return err
	}
	if err := b.record(ctx, tx, token); err != nil || !login {
		return err
	}
	return tx.UpdateLastLogin(ctx, token.User)
}

func (b *Blacklist) record(ctx context.Context, tx *models.Users, token Token) error {
	_, err := sqlkit.Pool(tx.Database()).ExecContext(ctx, b.sql.record, b.row(token)...)
	return err
}

// FlushExpired deletes expired tokens, revoked or not, and what is known of
// their families. It returns the number of tokens (simplejwt: manage.py
// flushexpiredtokens). Expired tokens are refused without it.
//
// leeway is the one of the jwt config. Tokens are kept for twice as long: a
// revoked token that is still accepted within the leeway, or was renewed within
// it, must not be forgotten. simplejwt's command forgets it.
func (b *Blacklist) FlushExpired(ctx context.Context, leeway time.Duration) (deleted int64, err error) {
	families, err := hasFamilies(ctx, b.users)
	if err != nil {
		return 0, err
	}
	err = b.transaction(ctx, func(tx *models.Users) error {
		at := sqlkit.Now().Add(-2 * max(leeway, 0))
		if families {
			if err := flushFamilies(ctx, tx, at); err != nil {
				return err
			}
		}
		if _, err := sqlkit.Pool(tx.Database()).ExecContext(ctx, b.sql.flushBlacklisted, at); err != nil {
			return err
		}
		deleted, err = sqlkit.Exec(ctx, sqlkit.Pool(tx.Database()), b.sql.flushOutstanding, at)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("flush expired tokens: %w", err)
	}
	return deleted, nil
}

// row returns the token's values in the order of the columns.
func (b *Blacklist) row(token Token) []any {
	var user any
	if token.User != nil {
		user = b.users.Key(token.User)
	}
	created := sql.NullTime{Time: token.CreatedAt, Valid: !token.CreatedAt.IsZero()}
	return []any{token.ID, string(token.Token), created, token.ExpiresAt.UTC(), user}
}
