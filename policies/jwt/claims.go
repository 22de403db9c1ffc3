package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ginauth/ginauth/models"
)

// ownClaims returns the claims that the application adds to a user's token, if
// any.
func (i *Issuer) ownClaims(ctx context.Context, user models.UserModel) (members, error) {
	if i.config.Claims == nil {
		return nil, nil
	}
	value, err := i.config.Claims(ctx, user)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("jwt: Config.Claims: %w", err)
	}
	own, ok := membersOf(text)
	if !ok {
		return nil, fmt.Errorf("jwt: Config.Claims returned a %T, which is not a JSON object", value)
	}
	for _, m := range own {
		if name := string(m.name); i.config.reserves(name) {
			return nil, fmt.Errorf("jwt: Config.Claims returned the claim %s, which is written already", name)
		}
		if string(m.name) == subject && m.value[0] != '"' {
			return nil, errors.New("jwt: Config.Claims returned a claim sub that is not a string, and no " +
				"such token is accepted")
		}
	}
	return own, nil
}

// reserves reports whether an application may not write a claim.
func (c *Config) reserves(name string) bool {
	return name == c.UserIDClaim || c.writes(name) || recordsLogin(name) ||
		c.CheckRevokeToken && name == c.RevokeTokenClaim
}

// handedOn returns the claims for tokens made from t now. These are the claims
// that name and bind the user, and those of the application, which is asked
// again or, with InheritClaims, was asked at the login.
//
// handedOn must not be called inside a transaction, since the application may
// query the database.
func (i *Issuer) handedOn(ctx context.Context, t *Token, user models.UserModel) (members, error) {
	inherited := i.config.inherited(t)
	if i.config.Claims == nil || i.config.InheritClaims {
		return inherited, nil
	}
	own, err := i.ownClaims(ctx, user)
	if err != nil {
		return nil, err
	}
	kept := slices.DeleteFunc(inherited, func(m member) bool {
		_, replaced := own.get(string(m.name))
		return replaced || !i.config.bindsUser(string(m.name))
	})
	return append(kept, own...), nil
}

// inherited returns the claims of a token that ginauth does not write itself. A
// number in sub, which older tokens have, becomes a string.
func (c *Config) inherited(t *Token) members {
	list := slices.DeleteFunc(slices.Clone(t.members), func(m member) bool {
		return c.writes(string(m.name)) && string(m.name) != claimNotBefore
	})
	for i := range list {
		if string(list[i].name) == subject && isInteger(list[i].value) {
			list[i] = text(subject, string(list[i].value))
		}
	}
	return list
}

// bindsUser reports whether a claim says whose a token is, how that user has
// logged in, or what ends the token. These claims are kept even if the option
// that writes them is not set here: a Django on the same database may have
// written them.
func (c *Config) bindsUser(name string) bool {
	return recordsLogin(name) ||
		slices.Contains([]string{c.UserIDClaim, c.RevokeTokenClaim, claimNotBefore, claimFamily}, name)
}
