package refreshtoken

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// FamilyFor returns the name of the family for a refresh token that is about to
// be made: that which its predecessor claims, or a new one if it claims none,
// as at a login. It is empty without [Config.Grace].
func (s *Store) FamilyFor(claimed string) string {
	switch {
	case s.config.Grace == 0:
		return ""
	case sqlkit.Storable(claimed, djangoschema.MaxFamilyID):
		return claimed
	}
	// The name cannot be guessed, although guessing one would gain nothing.
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// Issue records a token that a user gets at a login, the beginning of its
// family if it has one, and with [Config.UpdateLastLogin] the login: all or
// nothing.
//
// It returns [models.ErrCredentialsRevoked] if all credentials of the user have
// been revoked since the user was loaded, and an error if it is to record the
// login and the user model has no column last_login.
func (s *Store) Issue(ctx context.Context, token Token) error {
	var err error
	switch {
	case s.config.Unrecorded:
		if err = hold(ctx, s.users, token); err == nil && s.config.UpdateLastLogin {
			err = userkit.Of(s.users).UpdateLastLogin(ctx, token.User)
		}
	case token.Family == "" && !s.config.UpdateLastLogin:
		err = s.add(ctx, token)
	default:
		err = s.users.Transaction(ctx, func(tx *models.Users) error { return s.begin(ctx, tx, token) })
	}
	if err != nil {
		return fmt.Errorf("issue token: %w", err)
	}
	return nil
}

func (s *Store) begin(ctx context.Context, tx *models.Users, token Token) error {
	if err := s.addHolding(ctx, tx, token); err != nil {
		return err
	}
	if s.config.UpdateLastLogin {
		if err := userkit.Of(tx).UpdateLastLogin(ctx, token.User); err != nil {
			return err
		}
	}
	if token.Family == "" {
		return nil
	}
	if err := s.exec(ctx, tx, s.sql.begin, token.Family, token.KeepUntil.UTC()); err != nil {
		return err
	}
	return s.enrol(ctx, tx, token, token.Family)
}

// add records a token, in a transaction only if there is an epoch to hold.
func (s *Store) add(ctx context.Context, token Token) error {
	epochs, err := userkit.Of(s.users).EpochsExist(ctx)
	if err != nil {
		return err
	}
	if !epochs || token.User == nil {
		return s.record(ctx, s.users, token)
	}
	return s.users.Transaction(ctx, func(tx *models.Users) error { return s.addHolding(ctx, tx, token) })
}

// addHolding records a token unless its epoch has ended.
func (s *Store) addHolding(ctx context.Context, tx *models.Users, token Token) error {
	if err := hold(ctx, tx, token); err != nil {
		return err
	}
	return s.record(ctx, tx, token)
}

// hold keeps the epoch of the token's user from ending before the transaction
// tx does.
func hold(ctx context.Context, tx *models.Users, token Token) error {
	if token.User == nil {
		return nil
	}
	return userkit.Of(tx).InEpoch(ctx, token.User, token.Epoch)
}

func (s *Store) record(ctx context.Context, tx *models.Users, token Token) error {
	return s.exec(ctx, tx, s.sql.record, s.values(token)...)
}

// enrol records that a token belongs to a family, unless it already belongs to
// one.
func (s *Store) enrol(ctx context.Context, tx *models.Users, token Token, family string) error {
	return s.exec(ctx, tx, s.sql.enrol, token.ID, family, token.ExpiresAt.UTC())
}

// values returns the token's values in the order of the columns.
func (s *Store) values(token Token) []any {
	var user any
	if token.User != nil {
		user = s.users.Key(token.User)
	}
	created := sql.NullTime{Time: token.CreatedAt, Valid: !token.CreatedAt.IsZero()}
	return []any{token.ID, string(token.Token), created, token.ExpiresAt.UTC(), user}
}
