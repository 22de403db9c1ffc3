package models

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// RefreshResult is what comes of a refresh token that somebody presents.
type RefreshResult int

// The results of [Families.Rotate] and [Families.End].
const (
	RefreshRevoked  RefreshResult = iota // it is on the blacklist, or its family has ended: refuse it
	RefreshRotated                       // it was good; Rotate: the successor is recorded, End: the family has ended
	RefreshReplayed                      // it was used within the grace; Rotate: the client goes on with the token that was made then
	RefreshReused                        // it was used before: the family has ended by this call, and by no other
)

// RefreshRotation is a refresh token in exchange for another.
type RefreshRotation struct {
	Token  OutstandingToken // the one that is presented
	Family string           // that the token says it is of; empty if it says none
	Grace  time.Duration    // for how long after its use it may be presented again
	Now    time.Time

	// Successor makes the token that this one is exchanged for, of that family.
	// It is called once at most in each transaction, of which there are several
	// if the database refuses the first one for a conflict; what the last call
	// returned counts. keep is when nothing that is made of the successor can
	// be valid any more.
	Successor func(family string) (successor OutstandingToken, keep time.Time, err error)
}

// RefreshOutcome is the outcome of a [RefreshRotation].
type RefreshOutcome struct {
	Result RefreshResult
	Family string // of the token; empty if it is of none
	Head   Secret // if the result is RefreshReplayed, the token that the client goes on with, which nobody has used yet
}

// Rotate exchanges a refresh token for another, in one transaction: all of it
// or nothing. The first use of a token, whoever makes it on whatever server,
// makes the successor and revokes the token. Whoever presents it within the
// grace gets the end of the chain that was made of it, until that is revoked.
// Whoever presents it later ends the family: either they or an earlier client
// have stolen it.
//
// A token of no family, such as one of Django's, begins one. What Django has
// revoked or exchanged is revoked here.
//
// The error is [ErrRevoked] if all credentials of the user have been revoked
// since it was loaded.
func (f *Families) Rotate(ctx context.Context, r RefreshRotation) (out RefreshOutcome, err error) {
	err = f.list.transaction(ctx, func(tx *Users) error {
		out, err = f.rotate(ctx, tx, r)
		return err
	})
	switch {
	case errors.Is(err, errRevoked):
		return RefreshOutcome{}, nil
	case err != nil:
		return RefreshOutcome{}, fmt.Errorf("rotate token: %w", err)
	}
	return out, nil
}

func (f *Families) rotate(ctx context.Context, tx *Users, r RefreshRotation) (out RefreshOutcome, err error) {
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
	case RefreshReused:
		return out, f.endFamily(ctx, tx, out.Family, r.Now)
	case RefreshReplayed:
		return out, f.replay(ctx, tx, r.Token, &out.Head)
	}
	return out, f.exchange(ctx, tx, r, out.Family)
}

// enrolled returns the family of a token, which is a new one if it is of none.
// A token of no family that is revoked already is none of ours, unless listed
// says that it does not matter.
func (f *Families) enrolled(ctx context.Context, tx *Users, r RefreshRotation, listed bool) (family string, err error) {
	// This comes first: a token that is used at the same time is enrolled when
	// it is revoked.
	revoked, err := f.row(ctx, tx, f.sql.listed, r.Token.ID, new(int))
	if err != nil {
		return "", err
	}
	if found, err := f.row(ctx, tx, f.sql.familyOf, r.Token.ID, &family); found || err != nil {
		return family, err
	}
	if revoked && !listed {
		return "", errRevoked
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
	// Another may have enrolled it at the same time, whom the statement has
	// waited for.
	if _, err := f.row(ctx, tx, f.sql.familyOf, r.Token.ID, &family); err != nil {
		return "", err
	}
	return family, f.exec(ctx, tx, f.sql.begin, family, r.Token.ExpiresAt.UTC())
}

// claimed returns the family that a token says it is of, empty if it says none:
// Django hands claims on to the tokens that it makes. Without a family of that
// name the token is revoked.
func (f *Families) claimed(ctx context.Context, tx *Users, family string) (string, error) {
	if !storable(family, maxFamilyID) {
		return "", nil
	}
	found, err := f.row(ctx, tx, f.sql.exists, family, new(int))
	if err == nil && !found { // it has been ended and forgotten
		err = errRevoked
	}
	return family, err
}

// newFamily returns a name that nobody can guess, though nobody who did could
// do anything with it.
func newFamily() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// lockLive makes all who do something with a family wait for one another, and
// fails if it has ended.
func (f *Families) lockLive(ctx context.Context, tx *Users, family string) error {
	var ended bool
	found, err := f.row(ctx, tx, f.sql.lock, family, &ended)
	if err == nil && (!found || ended) {
		return errRevoked
	}
	return err
}

// judge decides about a token by what has been done with it. If clocks differ
// by more than the grace, in doubt against it.
func (f *Families) judge(ctx context.Context, tx *Users, id string, now time.Time, grace time.Duration) (RefreshResult, error) {
	var successor sql.NullString
	var used sql.NullTime
	if _, err := f.row(ctx, tx, f.sql.state, id, &successor, &used); err != nil {
		return RefreshRevoked, err
	}
	switch age := now.Sub(used.Time).Abs(); {
	case !successor.Valid:
		return RefreshRotated, nil
	case age <= grace:
		return RefreshReplayed, nil
	}
	return RefreshReused, nil
}

// exchange uses a token.
func (f *Families) exchange(ctx context.Context, tx *Users, r RefreshRotation, family string) error {
	successor, keep, err := r.Successor(family)
	if err != nil {
		return err
	}
	if err := tx.holdFor(ctx, successor); err != nil {
		return err
	}
	switch first, err := f.list.revoke(ctx, tx, r.Token); {
	case err != nil:
		return err
	case !first:
		return errRevoked
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

// replay finds the token that has come of one.
func (f *Families) replay(ctx context.Context, tx *Users, token OutstandingToken, head *Secret) error {
	if err := tx.holdFor(ctx, token); err != nil {
		return err
	}
	found, err := f.row(ctx, tx, f.sql.head, token.ID, head)
	if err == nil && !found {
		return errRevoked
	}
	return err
}

// endFamily ends a family, and revokes its tokens for those who look at the
// blacklist only.
func (f *Families) endFamily(ctx context.Context, tx *Users, family string, at time.Time) error {
	if err := f.exec(ctx, tx, f.sql.end, at.UTC(), family); err != nil {
		return err
	}
	return f.exec(ctx, tx, f.sql.revokeFamily, now(), family)
}
