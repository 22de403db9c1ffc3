package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/refreshtoken"
)

const (
	noActiveAccount         = "No active account found with the given credentials"
	noActiveAccountForToken = "No active account found for the given token."
)

// Refresh makes an access token from a refresh token (simplejwt:
// TokenRefreshSerializer). With RotateRefreshTokens the result also has a new
// refresh token; otherwise its Refresh is empty.
//
// With BlacklistAfterRotation the used token is revoked in the transaction that
// records the new one. Of many calls with one token, on several servers,
// exactly one gets a new one, and the others get the answer that the token is
// blacklisted. With RefreshGrace they get the same new token, as long as the
// grace lasts.
//
// The new tokens end with the epoch of the user in which the token was accepted
// and, with LoginLifetime, that long after the login. Config.Claims is called
// with the current user.
func (i *Issuer) Refresh(ctx context.Context, token string) (Pair, error) {
	if i.families != nil {
		return i.redeem(ctx, token)
	}
	now := i.config.Now()
	old, err := i.accept(ctx, Refresh, token)
	if err != nil {
		return Pair{}, err
	}
	user, epoch, err := i.live(ctx, old, token)
	if err != nil {
		return Pair{}, err
	}
	claims, err := i.handedOn(ctx, old, user)
	if err != nil {
		return Pair{}, err
	}
	claims, login := append(claims, standing(epoch, "")...), i.config.loginOf(old)
	if !i.config.RotateRefreshTokens {
		access, err := i.config.sign(i.config.draft(now, login, Access, claims))
		if err == nil {
			err = revokedMeanwhile(i.users.InEpoch(ctx, user, epoch))
		}
		if err != nil {
			return Pair{}, err
		}
		return Pair{Access: access}, nil
	}
	successor := i.config.draft(now, login, Refresh, claims)
	successor.epoch = epoch
	pair, err := i.pair(successor)
	if err != nil {
		return Pair{}, err
	}
	if err := i.rotate(ctx, old.outstanding(token, user), successor, pair.Refresh, user); err != nil {
		return Pair{}, revokedMeanwhile(err)
	}
	return pair, nil
}

func (i *Issuer) rotate(ctx context.Context, old refreshtoken.Token, successor draft, token string, user models.UserModel) error {
	switch {
	case i.blacklist == nil:
		return i.users.InEpoch(ctx, user, successor.epoch)
	case !i.config.BlacklistAfterRotation:
		return i.blacklist.Record(ctx, successor.outstanding(token, user))
	}
	first, err := i.blacklist.Replace(ctx, old, successor.outstanding(token, user))
	if err == nil && !first {
		return revoked.answer()
	}
	return err
}

// RefreshSliding makes a sliding token that expires later from one that has
// neither expired nor reached its refresh_exp (simplejwt:
// TokenRefreshSlidingSerializer). The new token keeps the id, so revoking one
// revokes them all.
func (i *Issuer) RefreshSliding(ctx context.Context, token string) (renewed string, err error) {
	now := i.config.Now()
	old, err := i.accept(ctx, Sliding, token)
	if err != nil {
		return "", err
	}
	if _, there := old.members.get(claimRefreshExp); !there {
		return "", noRefreshTime.answer()
	}
	renewable, ok := old.members.time(claimRefreshExp)
	switch {
	case !ok:
		return "", invalid.answer()
	case i.config.expired(renewable):
		return "", refreshExpired.answer()
	}
	user, epoch, err := i.live(ctx, old, token)
	if err != nil {
		return "", err
	}
	claims, err := i.handedOn(ctx, old, user)
	if err != nil {
		return "", err
	}
	login := i.config.loginOf(old)
	next := i.config.draft(now, login, Sliding, append(claims, standing(epoch, "")...))
	next.id, next.renewable = old.ID, i.config.until(login, renewable)
	if renewed, err = i.config.sign(next); err != nil {
		return "", err
	}
	if err := i.users.InEpoch(ctx, user, epoch); err != nil {
		return "", revokedMeanwhile(err)
	}
	return renewed, nil
}

// Blacklist revokes a refresh token (simplejwt: TokenBlacklistSerializer). With
// RefreshGrace it ends the token's family: all refresh and access tokens since
// the login are refused from the very next request on.
func (i *Issuer) Blacklist(ctx context.Context, token string) error {
	if i.blacklist == nil {
		return errors.New("jwt: the config says WithoutBlacklist, so no token can be revoked")
	}
	if i.families != nil {
		return i.endFamily(ctx, token)
	}
	old, err := i.accept(ctx, Refresh, token)
	if err != nil {
		return err
	}
	first, err := i.blacklist.Revoke(ctx, old.outstanding(token, nil))
	if err == nil && !first {
		return revoked.answer()
	}
	return err
}

// Verify checks a token of any type (simplejwt: TokenVerifySerializer). It
// checks neither what the token is for, nor whether its user exists and is
// active. But it refuses a token that has been revoked with all credentials of
// its user, or with its family.
func (i *Issuer) Verify(ctx context.Context, token string) error {
	t, err := i.config.decode(token)
	if err == nil {
		err = t.check("")
	}
	if err == nil && i.config.outlived(t) {
		err = invalid
	}
	if err != nil {
		return refuse(err.Error(), notValid)
	}
	if i.blacklist != nil {
		if found, err := i.blacklist.Contains(ctx, t.ID); err != nil {
			return err
		} else if found {
			return ginauth.ValidationError(endpoint.NonField(string(revoked)))
		}
	}
	return i.verifyStanding(ctx, t)
}

// accept returns the claims of a token that is revocable, has that type and is
// not revoked.
func (i *Issuer) accept(ctx context.Context, kind Type, token string) (*Token, error) {
	t, err := i.config.acceptRevocable(ctx, i.blacklist, kind, token)
	if r, ok := errors.AsType[refusal](err); ok {
		return nil, r.answer()
	}
	return t, err
}

// acceptRevocable is accept with a refusal as its error. It queries the
// blacklist before it looks at the type, as simplejwt does.
func (c *Config) acceptRevocable(ctx context.Context, list *refreshtoken.Blacklist, kind Type, token string) (*Token, error) {
	t, listed, err := c.revocable(ctx, list, token)
	if err == nil && listed {
		err = revoked
	}
	if err == nil {
		err = t.check(kind)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// revocable returns the claims of a revocable token, and whether it is revoked.
func (c *Config) revocable(ctx context.Context, list *refreshtoken.Blacklist, token string) (t *Token, listed bool, err error) {
	if t, err = c.decode(token); err != nil || list == nil {
		return t, false, err
	}
	if _, there := t.members.get(claimID); !there {
		return nil, false, noID
	}
	if !list.Storable(t.ID) {
		return nil, false, invalid
	}
	if listed, err = list.Contains(ctx, t.ID); err != nil {
		return nil, false, err
	}
	return t, listed, nil
}

// live returns the user of a token from which another is to be made, and the
// epoch in which to make it.
func (i *Issuer) live(ctx context.Context, t *Token, token string) (models.UserModel, models.Epoch, error) {
	if _, there := t.members.get(i.config.UserIDClaim); !there {
		return nil, 0, noUser.answer()
	}
	if i.config.loginEnded(i.config.Now(), t) {
		return nil, 0, invalid.answer()
	}
	user, err := i.lookup.Find(ctx, t.key)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && !user.Active():
		return nil, 0, noAccount(noActiveAccountForToken)
	case err != nil:
		return nil, 0, err
	}
	epoch, err := i.config.admitted(ctx, i.users, user, t)
	if r, refused := errors.AsType[refusal](err); refused {
		return nil, 0, i.refuseEnded(ctx, r, t.outstanding(token, user))
	}
	return user, epoch, err
}

// refuseEnded answers a token that has ended with its user's password or epoch.
// After a change of password simplejwt puts it on the blacklist, and answers
// with DRF's class, without a code.
func (i *Issuer) refuseEnded(ctx context.Context, r refusal, token refreshtoken.Token) error {
	if r != passwordChanged {
		return r.answer()
	}
	if i.blacklist != nil {
		i.blacklist.TryRevoke(ctx, token)
	}
	return ginauth.AuthenticationFailed().WithCode(r.code()).WithDetail(string(r))
}

// outstanding returns the token in the form in which the blacklist records it,
// if it has not recorded it yet.
func (t *Token) outstanding(token string, user models.UserModel) refreshtoken.Token {
	return refreshtoken.Token{ID: t.ID, Token: models.Secret(token), User: user, CreatedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt}
}
