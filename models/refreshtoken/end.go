package refreshtoken

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// End ends the family of a refresh token and thereby revokes all its tokens
// (logout). It ignores r.Successor. The result is RefreshRotated or
// RefreshReplayed if this call ended the family and the token was valid or
// within the grace; otherwise it is that of [Families.Rotate]. In every case
// the family's tokens are no longer valid. A token without a family gets one
// that has ended.
func (f *Families) End(ctx context.Context, r Rotation) (out Outcome, err error) {
	err = f.list.transaction(ctx, func(tx *models.Users) error {
		out, err = f.logout(ctx, tx, r)
		return err
	})
	switch {
	case errors.Is(err, errTokenRevoked):
		return Outcome{}, nil
	case err != nil:
		return Outcome{}, fmt.Errorf("end family of tokens: %w", err)
	}
	return out, nil
}

func (f *Families) logout(ctx context.Context, tx *models.Users, r Rotation) (out Outcome, err error) {
	if out.Family, err = f.enrolled(ctx, tx, r, true); err != nil {
		return out, err
	}
	if err := f.lockLive(ctx, tx, out.Family); err != nil {
		return out, err
	}
	if out.Result, err = f.judge(ctx, tx, r.Token.ID, r.Now, r.Grace); err != nil {
		return out, err
	}
	if out.Result == Rotated {
		revoked, err := f.row(ctx, tx, f.sql.listed, r.Token.ID, new(int))
		if err != nil {
			return out, err
		}
		if revoked { // by Django, which does not know families
			out.Result = Revoked
		}
	}
	if err := f.exec(ctx, tx, f.list.sql.recordOnce, f.list.row(r.Token)...); err != nil { // if Django did
		return out, err
	}
	return out, f.endFamily(ctx, tx, out.Family, r.Now)
}

// Live reports whether a family of that name exists and has not ended. It costs
// one query. Authenticators use [models.Lookup.FindInFamily], which does not cost an
// extra one.
func (f *Families) Live(ctx context.Context, family string) (bool, error) {
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		return false, nil
	}
	live, err := f.row(ctx, f.list.users, f.sql.live, family, new(int))
	if err != nil {
		return false, fmt.Errorf("find family of tokens: %w", err)
	}
	return live, nil
}
