package refreshtoken

import (
	"context"
	"database/sql"
	"time"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// rotate is Rotate with families.
func (s *Store) rotate(ctx context.Context, tx *models.Users, r Rotation) (out Outcome, err error) {
	if out.Family, err = s.enrolled(ctx, tx, r.Token, r.Successor.Family, false); err != nil {
		return out, err
	}
	if err := s.lockLive(ctx, tx, out.Family); err != nil {
		return out, err
	}
	if out.Result, err = s.judge(ctx, tx, r.Token.ID, r.Now); err != nil {
		return out, err
	}
	switch out.Result {
	case Reused:
		return out, s.endFamily(ctx, tx, out.Family, r.Now)
	case Replayed:
		out.Head, err = s.replay(ctx, tx, r.Token)
		return out, err
	}
	return out, s.succeed(ctx, tx, r, out.Family)
}

// enrolled returns the family of a token. A token without one joins the family
// that it claims, or begins the proposed one if it claims none, unless it is
// already revoked: then the error is errTokenRevoked, but not if listed is
// true.
func (s *Store) enrolled(
	ctx context.Context, tx *models.Users, token Token, proposed string, listed bool,
) (family string, err error) {
	// This query comes first: a token that is used concurrently is enrolled
	// when it is revoked.
	revoked, err := s.row(ctx, tx, s.sql.contains, token.ID, new(int))
	if err != nil {
		return "", err
	}
	if found, err := s.row(ctx, tx, s.sql.familyOf, token.ID, &family); found || err != nil {
		return family, err
	}
	if revoked && !listed {
		return "", errTokenRevoked
	}
	if family, err = s.claimed(ctx, tx, token.Family); err != nil {
		return "", err
	}
	if family == "" {
		family = proposed
	}
	if err := s.enrol(ctx, tx, token, family); err != nil {
		return "", err
	}
	// A concurrent call may have enrolled the token; the statement has waited
	// for it.
	if _, err := s.row(ctx, tx, s.sql.familyOf, token.ID, &family); err != nil {
		return "", err
	}
	return family, s.exec(ctx, tx, s.sql.begin, family, token.ExpiresAt.UTC())
}

// claimed returns the family that a token claims, or "" if it claims none:
// Django copies claims to the tokens that it makes. If no family has that name,
// the token counts as revoked.
func (s *Store) claimed(ctx context.Context, tx *models.Users, family string) (string, error) {
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		return "", nil
	}
	found, err := s.row(ctx, tx, s.sql.exists, family, new(int))
	if err == nil && !found { // it has ended and was flushed
		err = errTokenRevoked
	}
	return family, err
}

// lockLive serializes all operations on a family until the transaction ends. It
// fails if the family has ended.
func (s *Store) lockLive(ctx context.Context, tx *models.Users, family string) error {
	var ended bool
	found, err := s.row(ctx, tx, s.sql.lock, family, &ended)
	if err == nil && (!found || ended) {
		return errTokenRevoked
	}
	return err
}

// judge classifies a token by its past use. If clocks differ by more than the
// grace, it decides against the token.
func (s *Store) judge(ctx context.Context, tx *models.Users, id string, now time.Time) (Result, error) {
	var successor sql.NullString
	var used sql.NullTime
	if _, err := s.row(ctx, tx, s.sql.state, id, &successor, &used); err != nil {
		return Revoked, err
	}
	switch age := now.Sub(used.Time).Abs(); {
	case !successor.Valid:
		return Rotated, nil
	case age <= s.config.Grace:
		return Replayed, nil
	}
	return Reused, nil
}

// succeed exchanges a token for its successor, and records that it did so. A
// token whose successor states another family than the token belongs to counts
// as revoked: the successor would outlive the family.
func (s *Store) succeed(ctx context.Context, tx *models.Users, r Rotation, family string) error {
	if family == "" || r.Successor.Family != family {
		return errTokenRevoked
	}
	if err := hold(ctx, tx, r.Successor); err != nil {
		return err
	}
	if err := s.exchange(ctx, tx, r); err != nil {
		return err
	}
	if err := s.enrol(ctx, tx, r.Successor, family); err != nil {
		return err
	}
	if err := s.exec(ctx, tx, s.sql.use, r.Successor.ID, r.Now.UTC(), r.Token.ID); err != nil {
		return err
	}
	keep := r.Successor.KeepUntil.UTC()
	return s.exec(ctx, tx, s.sql.prolong, keep, family, keep)
}

// replay returns the last token of the chain that began with this one.
func (s *Store) replay(ctx context.Context, tx *models.Users, token Token) (head models.Secret, err error) {
	if err := hold(ctx, tx, token); err != nil {
		return "", err
	}
	found, err := s.row(ctx, tx, s.sql.head, token.ID, &head)
	if err == nil && !found {
		err = errTokenRevoked
	}
	return head, err
}

// endFamily ends a family, and blacklists its tokens for servers that look only
// there.
func (s *Store) endFamily(ctx context.Context, tx *models.Users, family string, at time.Time) error {
	userkit.Of(tx).Announce(ctx, announcement.Family(family))
	if err := s.exec(ctx, tx, s.sql.end, at.UTC(), family); err != nil {
		return err
	}
	return s.exec(ctx, tx, s.sql.revokeFamily, sqlkit.Now(), family)
}
