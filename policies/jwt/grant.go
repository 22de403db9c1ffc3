package jwt

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// grant is an accepted token from which others may be made, with its user, the
// epoch in which to make them, and the claims that they get.
type grant struct {
	refreshtoken.Token
	config *Config
	login  loginTime
	claims members
}

// draft returns a new token, see [Config.draft].
func (g grant) draft(now time.Time, kind Type, family string) draft {
	d := g.config.draft(now, g.login, kind, slices.Concat(g.claims, standing(g.Epoch, family)))
	d.epoch, d.family = g.Epoch, family
	return d
}

// grant returns what tokens made from t get. Its answer for a token that is on
// the blacklist does not tell what else is wrong with the token or its user.
func (i *Issuer) grant(ctx context.Context, t *Token, token string, listed bool) (grant, error) {
	g := grant{Token: t.outstanding(token), config: &i.config, login: i.config.loginOf(t)}
	var err error
	g.User, g.Epoch, err = i.live(ctx, t, token)
	if _, refused := errors.AsType[*ginauth.Error](err); refused && listed {
		return grant{}, revoked.answer()
	}
	if err != nil {
		return grant{}, err
	}
	g.claims, err = i.handedOn(ctx, t, g.User)
	return g, err
}

// live returns the user of a token from which another is to be made, and the
// epoch in which to make it.
func (i *Issuer) live(ctx context.Context, t *Token, token string) (models.UserModel, epoch.Epoch, error) {
	if _, there := t.members.get(i.config.UserIDClaim); !there {
		return nil, 0, noUser.answer()
	}
	if i.config.loginEnded(i.config.Now(), t) {
		return nil, 0, i.config.beside.expired.answer()
	}
	user, err := i.lookup.Find(ctx, t.key)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && !user.Active():
		return nil, 0, noAccount(noActiveAccountForToken)
	case err != nil:
		return nil, 0, err
	}
	present, err := i.config.admitted(ctx, i.users, user, t)
	if r, refused := errors.AsType[refusal](err); refused {
		ended := t.outstanding(token)
		ended.User = user
		return nil, 0, i.refuseEnded(ctx, r, ended)
	}
	return user, present, err
}

// refuseEnded answers a token that has ended with its user's password or epoch.
// After a change of password it is put on the blacklist too, and the answer is
// that of DRF's class, without a code, as in simplejwt's main branch after
// 5.5.1. Up to 5.5.1 simplejwt asks CheckRevokeToken of access tokens only.
func (i *Issuer) refuseEnded(ctx context.Context, r refusal, token refreshtoken.Token) error {
	if r != passwordChanged {
		return r.answer()
	}
	i.tokens.TryRevoke(ctx, token)
	return ginauth.AuthenticationFailed().WithCode(r.code()).WithDetail(string(r))
}

// renew signs a token made from a grant, unless the epoch has ended meanwhile.
// kind is what that is to observers.
func (i *Issuer) renew(ctx context.Context, g grant, d draft, kind ginauth.EventKind) (string, error) {
	token, err := i.config.sign(d)
	if err == nil {
		err = revokedMeanwhile(userkit.Of(i.users).InEpoch(ctx, g.User, g.Epoch))
	}
	if err != nil {
		return "", err
	}
	tellMade(ctx, kind, g.User, d)
	return token, nil
}
