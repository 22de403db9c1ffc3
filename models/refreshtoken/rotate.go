package refreshtoken

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Result says what became of a refresh token that a client presented.
type Result int

// The results of [Families.Rotate] and [Families.End].
const (
	Revoked  Result = iota // it is blacklisted, or its family has ended: refuse it
	Rotated                // it was valid; Rotate recorded a successor, End ended the family
	Replayed               // it was used within the grace; Rotate returns the Head
	Reused                 // it was used longer ago than that; this call ended the family
)

// Rotation describes the exchange of a refresh token for another.
type Rotation struct {
	Token  Token         // the presented token
	Family string        // the family that the token claims; empty if it claims none
	Grace  time.Duration // how long after its first use it may be presented again
	Now    time.Time

	// Successor makes the token of that family for which this one is exchanged.
	// Each transaction calls it at most once. After a conflict the database may
	// demand another transaction, so there may be several calls; the result of
	// the last one counts. keep is when the last token derived from the
	// successor expires.
	Successor func(family string) (successor Token, keep time.Time, err error)
}

// Outcome is the result of [Families.Rotate] and [Families.End].
type Outcome struct {
	Result Result
	Family string        // the token's; empty if it has none
	Head   models.Secret // after RefreshReplayed: the last token of the chain, not used yet
}

// Rotate exchanges a refresh token for another, in one transaction.
//
//   - The first use of a token, by any client on any server, makes the
//     successor and revokes the token.
//   - A use within the grace returns the last token of the chain that began
//     with this one, unless that is revoked.
//   - A later use ends the family: either this client or an earlier one has
//     stolen the token.
//
// A token without a family, such as one of Django's, begins one. A token that
// Django has revoked or exchanged counts as revoked.
//
// The error is [models.ErrCredentialsRevoked] if all credentials of the user have been
// revoked since it was loaded.
func (f *Families) Rotate(ctx context.Context, r Rotation) (out Outcome, err error) {
	err = f.list.transaction(ctx, func(tx *models.Users) error {
		out, err = f.rotate(ctx, tx, r)
		return err
	})
	switch {
	case errors.Is(err, errTokenRevoked):
		return Outcome{}, nil
	case err != nil:
		return Outcome{}, fmt.Errorf("rotate token: %w", err)
	}
	return out, nil
}

func (f *Families) rotate(ctx context.Context, tx *models.Users, r Rotation) (out Outcome, err error) {
	if out.Family, err = f.enrolled(ctx, tx, r, false); err != nil {
		return out, err
	}
	if err := f.lockLive(ctx, tx, out.Family); err != nil {
		return out, err
	}
	if out.Result, err = f.judge(ctx, tx, r.Token.ID, r.Now, r.Grace); err != nil {
		return out, err
	}
	switch out.Result {
	case Reused:
		return out, f.endFamily(ctx, tx, out.Family, r.Now)
	case Replayed:
		return out, f.replay(ctx, tx, r.Token, &out.Head)
	}
	return out, f.exchange(ctx, tx, r, out.Family)
}

// enrolled returns the family of a token. A token without one gets a new
// family, unless it is already revoked: then the error is errTokenRevoked, but
// not if listed is true.
func (f *Families) enrolled(ctx context.Context, tx *models.Users, r Rotation, listed bool) (family string, err error) {
	// This query comes first: a token that is used concurrently is enrolled
	// when it is revoked.
	revoked, err := f.row(ctx, tx, f.sql.listed, r.Token.ID, new(int))
	if err != nil {
		return "", err
	}
	if found, err := f.row(ctx, tx, f.sql.familyOf, r.Token.ID, &family); found || err != nil {
		return family, err
	}
	if revoked && !listed {
		return "", errTokenRevoked
	}
	if family, err = f.claimed(ctx, tx, r.Family); err != nil {
		return "", err
	}
	if family == "" {
		family = newFamily()
	}
	if err := f.exec(ctx, tx, f.sql.enrol, r.Token.ID, family, r.Token.ExpiresAt.UTC()); err != nil {
		return "", err
	}
	// A concurrent call may have enrolled the token; the statement has waited
	// for it.
	if _, err := f.row(ctx, tx, f.sql.familyOf, r.Token.ID, &family); err != nil {
		return "", err
	}
	return family, f.exec(ctx, tx, f.sql.begin, family, r.Token.ExpiresAt.UTC())
}

// claimed returns the family that a token claims, or "" if it claims none:
// Django copies claims to the tokens that it makes. If no family has that name,
// the token counts as revoked.
func (f *Families) claimed(ctx context.Context, tx *models.Users, family string) (string, error) {
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		return "", nil
	}
	found, err := f.row(ctx, tx, f.sql.exists, family, new(int))
	if err == nil && !found { // it has ended and was flushed
		err = errTokenRevoked
	}
	return family, err
}

// newFamily returns a name that cannot be guessed, although guessing one would
// gain nothing.
func newFamily() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// lockLive serializes all operations on a family until the transaction ends. It
// fails if the family has ended.
func (f *Families) lockLive(ctx context.Context, tx *models.Users, family string) error {
	var ended bool
	found, err := f.row(ctx, tx, f.sql.lock, family, &ended)
	if err == nil && (!found || ended) {
		return errTokenRevoked
	}
	return err
}

// judge classifies a token by its past use. If clocks differ by more than the
// grace, it decides against the token.
func (f *Families) judge(ctx context.Context, tx *models.Users, id string, now time.Time, grace time.Duration) (Result, error) {
	var successor sql.NullString
	var used sql.NullTime
	if _, err := f.row(ctx, tx, f.sql.state, id, &successor, &used); err != nil {
		return Revoked, err
	}
	switch age := now.Sub(used.Time).Abs(); {
	case !successor.Valid:
		return Rotated, nil
	case age <= grace:
		return Replayed, nil
	}
	return Reused, nil
}

// exchange records the successor and revokes the token.
func (f *Families) exchange(ctx context.Context, tx *models.Users, r Rotation, family string) error {
	successor, keep, err := r.Successor(family)
	if err != nil {
		return err
	}
	if err := holdFor(ctx, tx, successor); err != nil {
		return err
	}
	switch first, err := f.list.revoke(ctx, tx, r.Token); {
	case err != nil:
		return err
	case !first:
		return errTokenRevoked
	}
	if err := f.list.record(ctx, tx, successor); err != nil {
		return err
	}
	if err := f.exec(ctx, tx, f.sql.enrol, successor.ID, family, successor.ExpiresAt.UTC()); err != nil {
		return err
	}
	if err := f.exec(ctx, tx, f.sql.use, successor.ID, r.Now.UTC(), r.Token.ID); err != nil {
		return err
	}
	return f.exec(ctx, tx, f.sql.prolong, keep.UTC(), family, keep.UTC())
}

// replay finds the last token of the chain that began with this one.
func (f *Families) replay(ctx context.Context, tx *models.Users, token Token, head *models.Secret) error {
	if err := holdFor(ctx, tx, token); err != nil {
		return err
	}
	found, err := f.row(ctx, tx, f.sql.head, token.ID, head)
	if err == nil && !found {
		return errTokenRevoked
	}
	return err
}

// endFamily ends a family, and blacklists its tokens for servers that look only
// there.
func (f *Families) endFamily(ctx context.Context, tx *models.Users, family string, at time.Time) error {
	if err := f.exec(ctx, tx, f.sql.end, at.UTC(), family); err != nil {
		return err
	}
	return f.exec(ctx, tx, f.sql.revokeFamily, sqlkit.Now(), family)
}
