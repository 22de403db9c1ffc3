package jwt

import (
	"context"
	"time"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/refreshtoken"
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
func (i *Issuer) Refresh(ctx context.Context, token string) (Issued, error) {
	now := i.config.Now()
	old, used, err := i.present(ctx, token)
	if err != nil {
		return Issued{}, err
	}
	g, err := i.grant(ctx, old, token, used)
	if err != nil {
		return Issued{}, err
	}
	if !i.config.RotateRefreshTokens {
		d := g.draft(now, Access, "")
		access, err := i.renew(ctx, g, d, ginauth.CredentialIssued)
		if err != nil {
			return Issued{}, err
		}
		return Issued{Access: access, ExpiresAt: d.ends()}, nil
	}
	// The successor is signed before the transaction, which holds locks.
	successor := g.draft(now, Refresh, i.tokens.FamilyFor(g.Family))
	pair, err := i.pair(successor)
	if err != nil {
		return Issued{}, err
	}
	out, err := i.tokens.Rotate(ctx, refreshtoken.Rotation{
		Token: g.Token, Successor: successor.outstanding(pair.Refresh, g.User), Now: now,
	})
	switch {
	case err != nil:
		return Issued{}, revokedMeanwhile(err)
	case out.Result == refreshtoken.Rotated:
		tellMade(ctx, ginauth.CredentialRotated, g.User, successor)
		return pair, nil
	case out.Result == refreshtoken.Replayed:
		return i.replayed(ctx, g, string(out.Head), now)
	}
	return Issued{}, i.refuseUsed(ctx, old, out)
}

// replayed answers a client that has lost a race: with the refresh token that
// the winner got, and an access token of its own.
func (i *Issuer) replayed(ctx context.Context, g grant, head string, now time.Time) (Issued, error) {
	ours := i.config
	ours.Leeway += ours.RefreshGrace // the winner's clock may be ahead of this one
	t, err := ours.decode(head)
	if err != nil {
		// The head was made with another key, or has expired because its
		// lifetime is shorter than its predecessor's.
		return Issued{}, answered(err)
	}
	g.login = i.config.loginOf(t)
	g.Epoch, _ = t.epoch()
	family, _ := t.family()
	d := g.draft(now, Access, family)
	access, err := i.config.sign(d)
	if err != nil {
		return Issued{}, err
	}
	tellMade(ctx, ginauth.CredentialIssued, g.User, d)
	return Issued{Refresh: head, Access: access, ExpiresAt: d.ends()}, nil
}
