package refreshtoken

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// End revokes a token (logout), and with [Config.Grace] ends its family and
// thereby revokes all the family's tokens. It also records a token that was not
// recorded before, such as one of another server.
//
// The result is Rotated if the token was valid: of concurrent calls, even on
// several servers, exactly one gets it. Otherwise the result is that of
// [Store.Rotate]. In every case neither the token nor its family is valid
// afterwards. With Grace, a token without a family gets one that has ended.
//
// End is an error if tokens are not recorded.
func (s *Store) End(ctx context.Context, token Token, now time.Time) (out Outcome, err error) {
	switch {
	case s.config.Unrecorded:
		err = errors.New("tokens are not recorded")
	case s.config.Grace > 0:
		out, err = s.transaction(ctx, func(tx *models.Users) (Outcome, error) { return s.logout(ctx, tx, token, now) })
	default:
		out, err = s.blacklist(ctx, token)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("end token: %w", err)
	}
	return out, nil
}

// logout is End with families.
func (s *Store) logout(ctx context.Context, tx *models.Users, token Token, now time.Time) (out Outcome, err error) {
	if out.Family, err = s.enrolled(ctx, tx, token, s.FamilyFor(token.Family), true); err != nil {
		return out, err
	}
	if err := s.lockLive(ctx, tx, out.Family); err != nil {
		return out, err
	}
	if out.Result, err = s.judge(ctx, tx, token.ID, now); err != nil {
		return out, err
	}
	if out.Result == Rotated {
		revoked, err := s.row(ctx, tx, s.sql.contains, token.ID, new(int))
		if err != nil {
			return out, err
		}
		if revoked { // by Django, which does not know families
			out.Result = Revoked
		}
	}
	if err := s.exec(ctx, tx, s.sql.recordOnce, s.values(token)...); err != nil { // if Django did
		return out, err
	}
	userkit.Of(tx).Announce(ctx, announcement.Token(token.ID))
	return out, s.endFamily(ctx, tx, out.Family, now)
}

// revocations handles failures to blacklist tokens in passing.
var revocations sqlkit.Shared[sqlkit.Tidying]

// TryRevoke puts a token that is refused anyway onto the blacklist, if tokens
// are recorded; its family goes on. A failure, as on a read-only standby, is
// logged, at most once a minute, and has no other effect.
func (s *Store) TryRevoke(ctx context.Context, token Token) {
	if s.config.Unrecorded {
		return
	}
	_, err := s.blacklist(ctx, token)
	revocations.Of(s.users.Database()).Failed(ctx, s.users.Database(), "blacklist a token that has ended", err)
}

// blacklist revokes a token. The result is Rotated if this call did so.
func (s *Store) blacklist(ctx context.Context, token Token) (Outcome, error) {
	return s.transaction(ctx, func(tx *models.Users) (out Outcome, err error) {
		first, err := s.revoke(ctx, tx, token)
		if first {
			out.Result = Rotated
			userkit.Of(tx).Announce(ctx, announcement.Token(token.ID))
		}
		return out, err
	})
}

// revoke relies on the unique column token_id: a concurrent insert waits for
// the first one's transaction and then does nothing.
func (s *Store) revoke(ctx context.Context, tx *models.Users, token Token) (first bool, err error) {
	if err := s.exec(ctx, tx, s.sql.recordOnce, s.values(token)...); err != nil {
		return false, err
	}
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(tx.Database()), s.sql.revoke, sqlkit.Now(), token.ID)
	return n > 0, err
}
