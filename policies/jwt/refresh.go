package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

const (
	noActiveAccount         = "No active account found with the given credentials"
	noActiveAccountForToken = "No active account found for the given token."
)

// Refresh makes an access token of a refresh token (simplejwt: TokenRefreshSerializer). With RotateRefreshTokens the answer has a new
// refresh token too, else its Refresh is empty.
//
// With BlacklistAfterRotation the used token is revoked in the transaction that records the new one: of many calls with one
// token, on several servers, exactly one gets a new one, and the others are told that the token is blacklisted.
func (i *Issuer) Refresh(ctx context.Context, token string) (Pair, error) {
	old, err := i.accept(ctx, Refresh, token)
	if err != nil {
		return Pair{}, err
	}
	user, err := i.live(ctx, old)
	if err != nil {
		return Pair{}, err
	}
	if !i.config.RotateRefreshTokens {
		access, err := i.config.sign(i.config.draft(Access, old.inherited()))
		return Pair{Access: access}, err
	}
	successor := i.config.draft(Refresh, old.inherited())
	pair, err := i.pair(successor, successor.rest)
	if err != nil {
		return Pair{}, err
	}
	if err := i.rotate(ctx, old.outstanding(token, user), successor.outstanding(pair.Refresh, user)); err != nil {
		return Pair{}, err
	}
	return pair, nil
}

func (i *Issuer) rotate(ctx context.Context, old, successor models.OutstandingToken) error {
	switch {
	case i.blacklist == nil:
		return nil
	case !i.config.BlacklistAfterRotation:
		return i.blacklist.Record(ctx, successor)
	}
	first, err := i.blacklist.Replace(ctx, old, successor)
	if err == nil && !first {
		return refuse(string(revoked), notValid)
	}
	return err
}

// RefreshSliding makes a sliding token that expires later of one that has neither expired nor reached its refresh_exp (simplejwt:
// TokenRefreshSlidingSerializer). It keeps its id: revoked, all of them are.
func (i *Issuer) RefreshSliding(ctx context.Context, token string) (renewed string, err error) {
	old, err := i.accept(ctx, Sliding, token)
	if err != nil {
		return "", err
	}
	if _, there := old.members.get(claimRefreshExp); !there {
		return "", refuse(string(noRefreshTime), notValid)
	}
	renewable, ok := old.members.time(claimRefreshExp)
	switch {
	case !ok:
		return "", refuse(string(invalid), notValid)
	case i.config.expired(renewable):
		return "", refuse(string(refreshExpired), notValid)
	}
	if _, err := i.live(ctx, old); err != nil {
		return "", err
	}
	next := i.config.draft(Sliding, old.inherited())
	next.id, next.renewable = old.ID, renewable
	return i.config.sign(next)
}

// Blacklist revokes a refresh token (simplejwt: TokenBlacklistSerializer).
func (i *Issuer) Blacklist(ctx context.Context, token string) error {
	if i.blacklist == nil {
		return errors.New("jwt: the config says WithoutBlacklist, so no token can be revoked")
	}
	old, err := i.accept(ctx, Refresh, token)
	if err != nil {
		return err
	}
	first, err := i.blacklist.Revoke(ctx, old.outstanding(token, nil))
	if err == nil && !first {
		return refuse(string(revoked), notValid)
	}
	return err
}

// Verify checks a token of any type (simplejwt: TokenVerifySerializer). What it is good for is not looked at.
func (i *Issuer) Verify(ctx context.Context, token string) error {
	t, err := i.config.decode(token)
	if err == nil {
		err = t.check("")
	}
	if err != nil {
		return refuse(err.Error(), notValid)
	}
	if i.blacklist == nil {
		return nil
	}
	found, err := i.blacklist.Contains(ctx, t.ID)
	if err == nil && found {
		return ginauth.ValidationError(nonFieldErrors{[]string{string(revoked)}})
	}
	return err
}

// accept returns the claims of a token that can be revoked, is of that type and is not revoked.
func (i *Issuer) accept(ctx context.Context, kind Type, token string) (*Token, error) {
	t, err := i.config.acceptRevocable(ctx, i.blacklist, kind, token)
	if r, ok := errors.AsType[refusal](err); ok {
		return nil, refuse(string(r), notValid)
	}
	return t, err
}

// acceptRevocable is accept with a refusal for an error. The blacklist is asked before the type is looked at, as in simplejwt.
func (c *Config) acceptRevocable(ctx context.Context, list *models.Blacklist, kind Type, token string) (*Token, error) {
	t, err := c.decode(token)
	if err != nil {
		return nil, err
	}
	if list != nil {
		if _, there := t.members.get(claimID); !there {
			return nil, noID
		}
		if !list.Storable(t.ID) {
			return nil, invalid
		}
		if found, err := list.Contains(ctx, t.ID); err != nil {
			return nil, err
		} else if found {
			return nil, revoked
		}
	}
	if err := t.check(kind); err != nil {
		return nil, err
	}
	return t, nil
}

// live returns the user of a token of which another is to be made.
func (i *Issuer) live(ctx context.Context, t *Token) (models.UserModel, error) {
	if _, there := t.members.get(i.config.UserIDClaim); !there {
		return nil, refuse(string(noUser), notValid)
	}
	user, err := i.lookup.Find(ctx, t.key)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && !user.Active():
		return nil, noAccount(noActiveAccountForToken)
	case err != nil:
		return nil, err
	}
	return user, nil
}

// outstanding is the token as the blacklist records it, if it is not recorded yet.
func (t *Token) outstanding(token string, user models.UserModel) models.OutstandingToken {
	return models.OutstandingToken{ID: t.ID, Token: models.Secret(token), User: user, CreatedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt}
}
