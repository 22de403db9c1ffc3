package models

import (
	"context"
	"errors"
	"fmt"
)

// End ends the family of a refresh token, and so all tokens of it (logout).
// r.Successor is not used. The result is RefreshRotated or RefreshReplayed if
// the family has ended by this call and the token was good or at least within
// the grace, and else as that of [Families.Rotate]; in each case nothing of the
// family is good any more. A token of no family gets one that has ended.
func (f *Families) End(ctx context.Context, r RefreshRotation) (out RefreshOutcome, err error) {
	err = f.list.transaction(ctx, func(tx *Users) error {
		out, err = f.logout(ctx, tx, r)
		return err
	})
	switch {
	case errors.Is(err, errRevoked):
		return RefreshOutcome{}, nil
	case err != nil:
		return RefreshOutcome{}, fmt.Errorf("end family of tokens: %w", err)
	}
	return out, nil
}

func (f *Families) logout(ctx context.Context, tx *Users, r RefreshRotation) (out RefreshOutcome, err error) {
	if out.Family, err = f.enrolled(ctx, tx, r, true); err != nil {
		return out, err
	}
	if err := f.lockLive(ctx, tx, out.Family); err != nil {
		return out, err
	}
	if out.Result, err = f.judge(ctx, tx, r.Token.ID, r.Now, r.Grace); err != nil {
		return out, err
	}
	if out.Result == RefreshRotated {
		revoked, err := f.row(ctx, tx, f.sql.listed, r.Token.ID, new(int))
		if err != nil {
			return out, err
		}
		if revoked { // by Django, which knows no families
			out.Result = RefreshRevoked
		}
	}
	if err := f.exec(ctx, tx, f.list.sql.recordOnce, f.list.row(r.Token)...); err != nil { // if Django has made it
		return out, err
	}
	return out, f.endFamily(ctx, tx, out.Family, r.Now)
}

// Live reports whether there is a family of that name which has not ended. It
// costs one query; an authenticator asks [Lookup.FindInFamily], which costs
// none of its own.
func (f *Families) Live(ctx context.Context, family string) (bool, error) {
	if !storable(family, maxFamilyID) {
		return false, nil
	}
	live, err := f.row(ctx, f.list.users, f.sql.live, family, new(int))
	if err != nil {
		return false, fmt.Errorf("find family of tokens: %w", err)
	}
	return live, nil
}
