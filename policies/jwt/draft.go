package jwt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ginauth/ginauth/models"
)

// draft is a token before it is signed.
type draft struct {
	kind            Type
	id              string
	issued, expires time.Time
	renewable       time.Time // refresh_exp, of a sliding token
	rest            members   // the user's claim and those of the application
	epoch           models.Epoch
	family          string // of a refresh token, with RefreshGrace
}

// draft returns a new token of a type, with an id of its own. now must have been read before it is certain that nothing is revoked, as
// the time of issue is what many tokens are judged by.
func (c *Config) draft(now time.Time, kind Type, rest members) draft {
	d := draft{kind: kind, id: newID(), issued: now, expires: now.Add(c.lifetime(kind)), rest: rest}
	if kind == Sliding {
		d.renewable = now.Add(c.SlidingRefreshLifetime)
	}
	return d
}

func (c *Config) lifetime(kind Type) time.Duration {
	switch kind {
	case Access:
		return c.AccessLifetime
	case Refresh:
		return c.RefreshLifetime
	}
	return c.SlidingLifetime
}

// newID returns 128 random bits in hexadecimal digits, the form of simplejwt's uuid4().hex.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// draftFor returns a new token for a user, with the application's claims. An inactive user gets none.
func (i *Issuer) draftFor(ctx context.Context, kind Type, user models.UserModel) (draft, error) {
	if !user.Active() {
		return draft{}, noAccount(noActiveAccount)
	}
	epoch, err := i.users.Epoch(ctx, user)
	if err != nil {
		return draft{}, err
	}
	id, err := i.userClaim(user)
	if err != nil {
		return draft{}, err
	}
	family := ""
	if kind == Refresh && i.families != nil {
		family = newID()
	}
	rest := members{id}
	if i.config.CheckRevokeToken {
		rest = append(rest, text(i.config.RevokeTokenClaim, passwordDigest(i.users.PasswordHash(user))))
	}
	rest = append(rest, standing(epoch, family)...)
	if i.config.Claims != nil {
		own, err := i.ownClaims(ctx, user)
		if err != nil {
			return draft{}, err
		}
		rest = append(rest, own...)
	}
	d := i.config.draft(i.config.Now(), kind, rest)
	d.epoch, d.family = epoch, family
	return d, nil
}

// userClaim names the user. What is no integer is a text, as in simplejwt.
func (i *Issuer) userClaim(user models.UserModel) (member, error) {
	value := i.lookup.Value(user)
	quoted, err := json.Marshal(value)
	if err != nil {
		return member{}, fmt.Errorf("claim %s: %w", i.config.UserIDClaim, err)
	}
	if quoted[0] != '"' && !isInteger(quoted) {
		return text(i.config.UserIDClaim, fmt.Sprint(value)), nil
	}
	return member{[]byte(i.config.UserIDClaim), quoted}, nil
}

// ownClaims returns the members of what the application wants to have in a token.
func (i *Issuer) ownClaims(ctx context.Context, user models.UserModel) (members, error) {
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
		return nil, fmt.Errorf("jwt: Config.Claims returned a %T, which is no JSON object", value)
	}
	for _, m := range own {
		if name := string(m.name); i.config.reserves(name) {
			return nil, fmt.Errorf("jwt: Config.Claims returned the claim %s, which is written already", name)
		}
	}
	return own, nil
}

// reserves reports whether an application may not write a claim.
func (c *Config) reserves(name string) bool {
	return name == c.UserIDClaim || c.writes(name) || c.CheckRevokeToken && name == c.RevokeTokenClaim
}

func isInteger(value []byte) bool {
	_, err := strconv.ParseInt(string(value), 10, 64)
	return err == nil
}

// inherited returns the claims of a token that those which are made of it have too.
func (c *Config) inherited(t *Token) members {
	return slices.DeleteFunc(slices.Clone(t.members), func(m member) bool {
		return c.writes(string(m.name)) && string(m.name) != claimNotBefore
	})
}

// sign returns the token, with the claims in simplejwt's order.
func (c *Config) sign(d draft) (string, error) {
	list := make(members, 0, len(d.rest)+7)
	list = append(list, text(claimType, string(d.kind)), date(claimExpiry, d.expires), date(claimIssued, d.issued), text(claimID, d.id))
	if d.kind == Sliding {
		list = append(list, date(claimRefreshExp, d.renewable))
	}
	list = append(list, d.rest...)
	switch len(c.Audience) {
	case 0:
	case 1:
		list = append(list, text(claimAudience, c.Audience[0]))
	default:
		all, _ := json.Marshal(c.Audience) // texts always have a JSON form
		list = append(list, member{[]byte(claimAudience), all})
	}
	if c.Issuer != "" {
		list = append(list, text(claimIssuer, c.Issuer))
	}
	return c.Key.signed(list.encode())
}

func text(name, value string) member {
	quoted, _ := json.Marshal(value) // a text always has a JSON form
	return member{[]byte(name), quoted}
}

func date(name string, at time.Time) member {
	return member{[]byte(name), strconv.AppendInt(nil, at.Unix(), 10)}
}

// outstanding is the token as the blacklist records it. A sliding token can be renewed until refresh_exp, so it is kept until no
// renewed one can be valid any more.
func (d draft) outstanding(token string, user models.UserModel) models.OutstandingToken {
	expires := d.expires
	if d.kind == Sliding {
		expires = d.renewable.Add(d.expires.Sub(d.issued))
	}
	return models.OutstandingToken{ID: d.id, Token: models.Secret(token), User: user, Epoch: d.epoch, CreatedAt: d.issued,
		ExpiresAt: expires}
}
