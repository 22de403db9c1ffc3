package jwt

import (
	"context"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// Sliding makes a sliding token for a user who has just authenticated
// (simplejwt: SlidingToken.for_user).
func (i *Issuer) Sliding(
	ctx context.Context, user models.UserModel, factors ...login.Factor,
) (token string, err error) {
	sliding, err := i.draftFor(ctx, Sliding, user, factors)
	if err != nil {
		return "", err
	}
	if token, err = i.config.sign(sliding); err != nil {
		return "", err
	}
	if err := i.tokens.Issue(ctx, sliding.outstanding(token, user)); err != nil {
		return "", revokedMeanwhile(err)
	}
	tellMade(ctx, ginauth.CredentialIssued, user, sliding)
	return token, nil
}

// RefreshSliding makes a sliding token that expires later from one that has
// neither expired nor reached its refresh_exp (simplejwt:
// TokenRefreshSlidingSerializer). The new token keeps the id, so revoking one
// revokes them all.
func (i *Issuer) RefreshSliding(ctx context.Context, token string) (renewed string, err error) {
	now := i.config.Now()
	old, err := i.config.accept(ctx, i.tokens, Sliding, token)
	if err != nil {
		return "", answered(err)
	}
	if _, there := old.members.get(claimRefreshExp); !there {
		return "", noRefreshTime.answer()
	}
	renewable, ok := old.members.time(claimRefreshExp)
	switch {
	case !ok:
		return "", i.config.beside.invalid.answer()
	case i.config.past(renewable):
		return "", refreshExpired.answer()
	}
	g, err := i.grant(ctx, old, token, false)
	if err != nil {
		return "", err
	}
	next := g.draft(now, Sliding, "")
	next.id, next.renewable = old.ID, i.config.until(g.login, renewable)
	return i.renew(ctx, g, next, ginauth.CredentialRotated)
}
