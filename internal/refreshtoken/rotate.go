package refreshtoken

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/models"
)

// Result says what became of a refresh token that a client presented.
type Result int

// The results of [Store.Rotate] and [Store.End].
const (
	Revoked  Result = iota // it is blacklisted, or its family has ended: refuse it
	Rotated                // it was valid; Rotate recorded the successor, End revoked the token
	Replayed               // it was used within the grace; Rotate returns the Head, End ended the family
	Reused                 // it was used longer ago than that; this call ended the family
)

// Rotation describes the exchange of a refresh token for another.
type Rotation struct {
	Token     Token // as presented; Family is what it claims
	Successor Token // Family is [Store.FamilyFor] the token's
	Now       time.Time
}

// Outcome is the result of [Store.Rotate] and [Store.End].
type Outcome struct {
	Result Result
	Family string        // the token's; empty if it has none
	Head   models.Secret // after Replayed: the last token of the chain, not used yet
}

// errTokenRevoked rolls back a transaction about a token that is already
// revoked.
var errTokenRevoked = errors.New("refreshtoken: the token is revoked")

// Rotate exchanges a refresh token for another: it revokes the one and records
// the other, in one transaction. The error is [models.ErrCredentialsRevoked] if
// all credentials of the user have been revoked since the user was loaded.
//
// Of concurrent calls with one token, even on several servers, exactly one
// succeeds, and only its successor is recorded. The others get Revoked.
//
// With [Config.Grace]:
//
//   - The first use of a token, by any client on any server, records the
//     successor and revokes the token.
//   - A use within the grace returns the last token of the chain that began
//     with this one, unless that is revoked.
//   - A later use ends the family: either this client or an earlier one has
//     stolen the token.
//
// A token without a family, such as one of Django's, begins one. A token that
// Django has revoked or exchanged counts as revoked.
//
// If tokens are reusable or not recorded, every call succeeds.
func (s *Store) Rotate(ctx context.Context, r Rotation) (out Outcome, err error) {
	switch {
	case s.config.Unrecorded:
		out.Result, err = Rotated, hold(ctx, s.users, r.Successor)
	case s.config.Reusable:
		out.Result, err = Rotated, s.add(ctx, r.Successor)
	case s.config.Grace > 0:
		out, err = s.transaction(ctx, func(tx *models.Users) (Outcome, error) { return s.rotate(ctx, tx, r) })
	default:
		out, err = s.transaction(ctx, func(tx *models.Users) (Outcome, error) { return s.replace(ctx, tx, r) })
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("rotate token: %w", err)
	}
	return out, nil
}

// transaction calls f in a transaction. errTokenRevoked undoes what f has done,
// and is no error.
func (s *Store) transaction(ctx context.Context, f func(tx *models.Users) (Outcome, error)) (out Outcome, err error) {
	err = s.users.Transaction(ctx, func(tx *models.Users) error {
		out, err = f(tx)
		return err
	})
	if errors.Is(err, errTokenRevoked) {
		return Outcome{}, nil
	}
	return out, err
}

// replace is Rotate without families.
func (s *Store) replace(ctx context.Context, tx *models.Users, r Rotation) (Outcome, error) {
	// This comes first, or this call and RevokeAll could wait for each other.
	if err := hold(ctx, tx, r.Successor); err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: Rotated}, s.exchange(ctx, tx, r)
}

// exchange revokes a token and records its successor, whose epoch the caller
// holds.
func (s *Store) exchange(ctx context.Context, tx *models.Users, r Rotation) error {
	switch first, err := s.revoke(ctx, tx, r.Token); {
	case err != nil:
		return err
	case !first:
		return errTokenRevoked
	}
	return s.record(ctx, tx, r.Successor)
}
