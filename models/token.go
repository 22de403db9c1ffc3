package models

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// Token is a row of authtoken_token, DRF's table: one token per user, stored in
// clear.
type Token struct {
	Key     Secret    `gorm:"column:key;size:40;primaryKey" json:"-"`
	Created time.Time `gorm:"column:created;not null"`
	UserID  int64     `gorm:"column:user_id;not null;unique"` // zero unless the key is an integer
}

// TableName returns DRF's name of the table.
func (Token) TableName() string { return "authtoken_token" }

// String returns whose token it is, not the key. Inside a list, package fmt
// calls this method and not those of Key.
func (t Token) String() string { return fmt.Sprintf("token of user %d", t.UserID) }

// newKey returns 160 random bits as hexadecimal digits, like DRF's
// Token.generate_key.
func newKey() Secret {
	var b [20]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return Secret(hex.EncodeToString(b[:]))
}

// GetOrCreateToken returns the user's token and creates it if missing.
// Concurrent calls, even on several servers, return the same token: the table's
// unique user_id decides, not an earlier check.
func (u *Users) GetOrCreateToken(ctx context.Context, user UserModel) (*Token, error) {
	key := u.Key(user)
	for range 3 { // again if the token is deleted between the two statements
		token, err := u.tokenOf(ctx, key)
		if !errors.Is(err, ErrNotFound) {
			return token, err
		}
		_, err = sqlkit.Exec(ctx, u.pool(), u.sql.insertToken, string(newKey()), sqlkit.Now(), key)
		if err != nil {
			return nil, fmt.Errorf("create token: %w", err)
		}
	}
	return nil, errors.New("create token: it is deleted as fast as it is created")
}

// ResetToken replaces the user's token, if any, with a new one. It does so in
// one statement: the user is never without a token, and if it fails the old one
// stays. It returns [ErrNotStored] if the user has no row.
func (u *Users) ResetToken(ctx context.Context, user UserModel) (*Token, error) {
	key := u.Key(user)
	token := &Token{Key: newKey(), Created: sqlkit.Now()}
	err := u.announcing(ctx, u.announced(user), func(tx *Users) error {
		return changeRow(ctx, tx.pool(), u.sql.resetToken, string(token.Key), token.Created, key)
	})
	if err != nil {
		return nil, fmt.Errorf("reset token: %w", err)
	}
	token.UserID = integerKey(key)
	return token, nil
}

// DeleteToken deletes the user's token and reports whether there was one. A
// user who is not stored has none, which is not an error.
func (u *Users) DeleteToken(ctx context.Context, user UserModel) (bool, error) {
	var n int64
	err := u.announcing(ctx, u.announced(user), func(tx *Users) (err error) {
		n, err = sqlkit.Exec(ctx, tx.pool(), u.sql.deleteToken, u.Key(user))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("delete token: %w", err)
	}
	return n > 0, nil
}

func (u *Users) tokenOf(ctx context.Context, userKey any) (*Token, error) {
	token := &Token{UserID: integerKey(userKey)}
	found, err := sqlkit.Row(ctx, u.pool(), u.sql.tokenOf, []any{userKey}, &token.Key, &token.Created)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find token: %w", err)
	case !found:
		return nil, ErrNotFound
	}
	return token, nil
}

// integerKey returns a key of any integer type as an int64, and 0 for any other
// key.
func integerKey(key any) int64 {
	switch v := reflect.ValueOf(key); {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint()) //nolint:gosec // a key that does not fit into a bigint matches no row
	}
	return 0
}
