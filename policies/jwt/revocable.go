package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/models"
)

// present returns the claims of a refresh token, and whether it is on the
// blacklist: with RefreshGrace such a token may have been used within the
// grace, and otherwise it is refused.
func (i *Issuer) present(ctx context.Context, token string) (t *Token, listed bool, err error) {
	t, listed, err = i.config.read(ctx, i.tokens, Refresh, token)
	if err == nil && listed && i.config.RefreshGrace == 0 {
		err = revoked
	}
	return t, listed, answered(err)
}

// accept returns the claims of a token that is revocable, has that type and is
// not revoked. Its error may be a refusal.
func (c *Config) accept(ctx context.Context, tokens *refreshtoken.Store, kind Type, token string) (*Token, error) {
	t, listed, err := c.read(ctx, tokens, kind, token)
	if err == nil && listed {
		err = revoked
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// read returns the claims of a revocable token of a type, and whether it is on
// the blacklist. It queries that before it looks at the type, as simplejwt
// does, and for a token on the blacklist the refusal does not tell what else is
// wrong with it.
func (c *Config) read(
	ctx context.Context, tokens *refreshtoken.Store, kind Type, token string,
) (t *Token, listed bool, err error) {
	t, listed, err = c.revocable(ctx, tokens, token)
	if err != nil {
		return nil, false, err
	}
	if err = t.check(kind); err != nil && listed {
		err = revoked
	}
	return t, listed, err
}

// revocable returns the claims of a revocable token, and whether it is on the
// blacklist.
func (c *Config) revocable(
	ctx context.Context, tokens *refreshtoken.Store, token string,
) (t *Token, listed bool, err error) {
	if t, err = c.decode(token); err != nil || c.WithoutBlacklist {
		return t, false, err
	}
	if _, there := t.members.get(claimID); !there {
		return nil, false, noID
	}
	if !tokens.Storable(t.ID) {
		return nil, false, c.beside.invalid
	}
	if listed, err = tokens.Contains(ctx, t.ID); err != nil {
		return nil, false, err
	}
	return t, listed, nil
}

// answered returns simplejwt's answer if err is a refusal, and any other error
// unchanged.
func answered(err error) error {
	if r, refused := errors.AsType[refusal](err); refused {
		return r.answer()
	}
	return err
}

// outstanding returns the token in the form in which the store records it, if
// it has not recorded it yet.
func (t *Token) outstanding(token string) refreshtoken.Token {
	family, _ := t.family()
	return refreshtoken.Token{
		ID: t.ID, Token: models.Secret(token), CreatedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt, Family: family,
	}
}
