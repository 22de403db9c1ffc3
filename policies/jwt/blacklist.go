package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/models"
)

// Blacklist revokes a refresh token (simplejwt: TokenBlacklistSerializer). With
// RefreshGrace it ends the token's family: all refresh and access tokens since
// the login are refused from the very next request on.
func (i *Issuer) Blacklist(ctx context.Context, token string) error {
	if i.config.WithoutBlacklist {
		return errors.New("jwt: the config says WithoutBlacklist, so no token can be revoked")
	}
	now := i.config.Now()
	t, _, err := i.present(ctx, token)
	if err != nil {
		return err
	}
	out, err := i.tokens.End(ctx, t.outstanding(token), now)
	switch {
	case err != nil:
		return err
	case out.Result == refreshtoken.Rotated, out.Result == refreshtoken.Replayed:
		tell(ctx, ginauth.Event{
			Kind: ginauth.CredentialRevoked, Subject: t.UserID, CredentialID: t.ID, Family: out.Family,
		})
		return nil
	}
	return i.refuseUsed(ctx, t, out)
}

// refuseUsed answers a token that is no longer valid, and reports its reuse if
// that has ended the family.
func (i *Issuer) refuseUsed(ctx context.Context, t *Token, out refreshtoken.Outcome) error {
	if out.Result == refreshtoken.Reused {
		tell(ctx, ginauth.Event{
			Kind: ginauth.CredentialReused, Owner: t.UserID, CredentialID: t.ID, Family: out.Family,
		})
	}
	return revoked.answer()
}

// tell emits an event about a JSON web token.
func tell(ctx context.Context, e ginauth.Event) {
	e.Credential = "jwt"
	ginauth.Emit(ctx, e)
}

// tellMade emits that a token was made for a user.
func tellMade(ctx context.Context, kind ginauth.EventKind, user models.UserModel, d draft) {
	subject := (&ginauth.Identity{User: user}).Subject()
	tell(ctx, ginauth.Event{Kind: kind, Subject: subject, CredentialID: d.id, Family: d.family})
}
