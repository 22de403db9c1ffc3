package jwt

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models/refreshtoken"
)

// ReuseEvent reports that a family of tokens has ended because a used refresh
// token was presented again after the grace: two clients have it, one of which
// may have stolen it. The event contains no credential.
type ReuseEvent struct {
	User    string // the user's claim
	Family  string // the claim sid of the family's tokens
	TokenID string // the claim jti of the token that was presented again
	At      time.Time
}

// familiesOf returns the families, or an error if it is certain that the tables
// do not exist.
func familiesOf(db *gorm.DB) (*refreshtoken.Families, error) {
	families, err := refreshtoken.FamiliesOf(db)
	if err != nil {
		return nil, err
	}
	if exists, err := families.Exists(context.Background()); err == nil && !exists {
		return nil, errors.New("the tables that RefreshGrace needs are not there: call models.Migrate before")
	}
	return families, nil
}

// redeem is [Issuer.Refresh] with families. A token on the blacklist may have
// been used within the grace. If its user may not have another one, it is
// refused like any other token on the blacklist.
func (i *Issuer) redeem(ctx context.Context, token string) (Pair, error) {
	now := i.config.Now()
	old, listed, err := i.present(ctx, token)
	if err != nil {
		return Pair{}, err
	}
	user, epoch, err := i.live(ctx, old, token)
	if _, refused := errors.AsType[*ginauth.Error](err); refused && listed {
		return Pair{}, revoked.answer()
	}
	if err != nil {
		return Pair{}, err
	}
	claims, err := i.handedOn(ctx, old, user)
	if err != nil {
		return Pair{}, err
	}
	var pair Pair
	rotation := i.rotation(old, token, now)
	rotation.Token.User, rotation.Token.Epoch = user, epoch
	rotation.Successor = func(family string) (refreshtoken.Token, time.Time, error) {
		successor := i.config.draft(now, i.config.loginOf(old), Refresh, slices.Concat(claims, standing(epoch, family)))
		successor.epoch, successor.family = epoch, family
		made, err := i.pair(successor)
		pair = made
		return successor.outstanding(pair.Refresh, user), i.keep(successor), err
	}
	out, err := i.families.Rotate(ctx, rotation)
	switch {
	case err != nil:
		return Pair{}, revokedMeanwhile(err)
	case out.Result == refreshtoken.Rotated:
		return pair, nil
	case out.Result == refreshtoken.Replayed:
		return i.replayed(string(out.Head), claims, now)
	}
	return Pair{}, i.refuseUsed(ctx, old, out, now)
}

// present returns the claims of a refresh token, and whether it is on the
// blacklist. For a token on the blacklist, the answer does not tell what else
// is wrong with it.
func (i *Issuer) present(ctx context.Context, token string) (t *Token, listed bool, err error) {
	t, listed, err = i.config.revocable(ctx, i.blacklist, token)
	if err == nil {
		err = t.check(Refresh)
	}
	r, refused := errors.AsType[refusal](err)
	switch {
	case refused && listed:
		return nil, true, revoked.answer()
	case refused:
		return nil, false, r.answer()
	}
	return t, listed, err
}

// rotation returns the part of a rotation that is known from the token alone.
func (i *Issuer) rotation(t *Token, token string, now time.Time) refreshtoken.Rotation {
	family, _ := t.family()
	return refreshtoken.Rotation{Token: t.outstanding(token, nil), Family: family, Grace: i.config.RefreshGrace, Now: now}
}

// keep returns when the last token derived from a refresh token expires, unless
// it is exchanged for another.
func (i *Issuer) keep(refresh draft) time.Time {
	access := refresh.issued.Add(i.config.RefreshGrace + i.config.AccessLifetime)
	if access.After(refresh.expires) {
		return access
	}
	return refresh.expires
}

// replayed answers a client that has lost a race: with the refresh token that
// the winner got, and an access token of its own, with the claims.
func (i *Issuer) replayed(head string, claims members, now time.Time) (Pair, error) {
	ours := i.config
	ours.Leeway += ours.RefreshGrace // the winner's clock may be ahead of this one
	t, err := ours.decode(head)
	if err != nil {
		// The head was made with another key, or has expired because its
		// lifetime is shorter than its predecessor's.
		return Pair{}, invalid.answer()
	}
	epoch, _ := t.epoch()
	family, _ := t.family()
	access, err := i.config.sign(i.config.draft(now, i.config.loginOf(t), Access, slices.Concat(claims, standing(epoch, family))))
	return Pair{Refresh: head, Access: access}, err
}

// refuseUsed answers a token that is no longer valid, and reports its reuse if
// that has ended the family.
func (i *Issuer) refuseUsed(ctx context.Context, t *Token, out refreshtoken.Outcome, now time.Time) error {
	if out.Result == refreshtoken.Reused {
		event := ReuseEvent{User: t.UserID, Family: out.Family, TokenID: t.ID, At: now}
		i.config.Logger.LogAttrs(ctx, slog.LevelWarn, "ginauth: a used refresh token came again; its family has ended",
			slog.String("user", event.User), slog.String("family", event.Family), slog.String("jti", event.TokenID))
		if i.config.OnReuse != nil {
			i.config.OnReuse(ctx, event)
		}
	}
	return revoked.answer()
}

// endFamily is [Issuer.Blacklist] with families.
func (i *Issuer) endFamily(ctx context.Context, token string) error {
	now := i.config.Now()
	t, _, err := i.present(ctx, token)
	if err != nil {
		return err
	}
	out, err := i.families.End(ctx, i.rotation(t, token, now))
	switch {
	case err != nil:
		return err
	case out.Result == refreshtoken.Rotated, out.Result == refreshtoken.Replayed:
		return nil
	}
	return i.refuseUsed(ctx, t, out, now)
}
