package jwt

import (
	"context"
	"errors"
	"time"

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
		tell(ctx, ginauth.Event{Kind: ginauth.CredentialRevoked, Subject: t.UserID, CredentialID: t.ID, Family: out.Family})
		return nil
	}
	return i.refuseUsed(ctx, t, out, now)
}

// ReuseEvent reports that a family of tokens has ended because a used refresh
// token was presented again after the grace: two clients have it, one of which
// may have stolen it. The event contains no credential.
type ReuseEvent struct {
	User    string // the user's claim
	Family  string // the claim sid of the family's tokens
	TokenID string // the claim jti of the token that was presented again
	At      time.Time
}

// refuseUsed answers a token that is no longer valid, and reports its reuse if
// that has ended the family.
func (i *Issuer) refuseUsed(ctx context.Context, t *Token, out refreshtoken.Outcome, now time.Time) error {
	if out.Result == refreshtoken.Reused {
		event := ReuseEvent{User: t.UserID, Family: out.Family, TokenID: t.ID, At: now}
		tell(ctx, ginauth.Event{Kind: ginauth.CredentialReused, Owner: event.User, CredentialID: event.TokenID, Family: event.Family})
		if i.config.OnReuse != nil {
			i.config.OnReuse(ctx, event)
		}
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
