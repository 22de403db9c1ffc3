package jwt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// draft is a token before it is signed.
type draft struct {
	kind            Type
	id              string
	issued, expires time.Time
	renewable       time.Time // refresh_exp of a sliding token
	// login is the one from which the token descends; zero without
	// LoginLifetime.
	login loginTime
	rest  members // the user's claim and those of the application
	epoch epoch.Epoch
	// family is the name of a refresh token's family, with RefreshGrace.
	// Nothing that descends from the token expires later than keep, unless it
	// is exchanged for another.
	family string
	keep   time.Time
}

// draft returns a new token of a type, with its own id, that descends from a
// login. The caller must have read now before it made certain that nothing is
// revoked, because many tokens are judged by their time of issue.
func (c *Config) draft(now time.Time, from loginTime, kind Type, rest members) draft {
	d := draft{kind: kind, id: newID(), issued: now, expires: c.until(from, now.Add(c.lifetime(kind))), rest: rest}
	switch kind {
	case Sliding:
		d.renewable = c.until(from, now.Add(c.SlidingRefreshLifetime))
	case Refresh:
		d.keep = later(d.expires, now.Add(c.RefreshGrace+c.AccessLifetime))
	}
	if c.LoginLifetime > 0 {
		d.login = from
	}
	return d
}

// ends returns when the token expires, as its claim says it.
func (d draft) ends() time.Time { return time.Unix(d.expires.Unix(), 0).UTC() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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

// newID returns 128 random bits in hexadecimal digits, the form of simplejwt's
// uuid4().hex.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// draftFor returns a new token for a user, with the application's claims. It
// refuses inactive users.
func (i *Issuer) draftFor(
	ctx context.Context, kind Type, user models.UserModel, factors []login.Factor,
) (draft, error) {
	if !user.Active() {
		return draft{}, noAccount(noActiveAccount)
	}
	present, err := userkit.Of(i.users).Epoch(ctx, user)
	if err != nil {
		return draft{}, err
	}
	id, err := i.userClaim(user)
	if err != nil {
		return draft{}, err
	}
	family := ""
	if kind == Refresh {
		family = i.tokens.FamilyFor("")
	}
	rest := members{id}
	if i.config.CheckRevokeToken {
		hash := userkit.Of(i.users).Table().PasswordHash(user)
		rest = append(rest, text(i.config.RevokeTokenClaim, passwordDigest(hash)))
	}
	rest = append(rest, standing(present, family)...)
	own, err := i.ownClaims(ctx, user)
	if err != nil {
		return draft{}, err
	}
	now := i.config.Now()
	rest = append(rest, i.config.loginClaims(now, factors)...)
	d := i.config.draft(now, loginTime{now, true}, kind, append(rest, own...))
	d.epoch, d.family = present, family
	return d, nil
}

// userClaim returns the claim that names the user: a string or, beside an older
// simplejwt, a number if the value is an integer.
func (i *Issuer) userClaim(user models.UserModel) (member, error) {
	name, value := i.config.UserIDClaim, i.lookup.Value(user)
	encoded, err := json.Marshal(value)
	switch {
	case err != nil:
		return member{}, fmt.Errorf("claim %s: %w", name, err)
	case encoded[0] == '"', isInteger(encoded) && !i.config.beside.textUserID:
		return member{[]byte(name), encoded}, nil
	case isInteger(encoded):
		return text(name, string(encoded)), nil
	}
	return text(name, fmt.Sprint(value)), nil
}

func isInteger(value []byte) bool {
	_, err := strconv.ParseInt(string(value), 10, 64)
	return err == nil
}

// sign returns the token, with the claims in simplejwt's order, unless it is too
// long for its cookie.
func (c *Config) sign(d draft) (string, error) {
	list := make(members, 0, len(d.rest)+7)
	list = append(list, text(claimType, string(d.kind)), date(claimExpiry, d.expires), date(claimIssued, d.issued),
		text(claimID, d.id))
	if d.kind == Sliding {
		list = append(list, date(claimRefreshExp, d.renewable))
	}
	if !d.login.at.IsZero() {
		list = append(list, d.login.claim())
	}
	list = append(list, d.rest...)
	switch len(c.Audience) {
	case 0:
	case 1:
		list = append(list, text(claimAudience, c.Audience[0]))
	default:
		all, _ := json.Marshal(c.Audience) // strings always have a JSON form
		list = append(list, member{[]byte(claimAudience), all})
	}
	if c.Issuer != "" {
		list = append(list, text(claimIssuer, c.Issuer))
	}
	token, err := c.Key.signed(list.encode())
	if err == nil {
		err = c.jar.fits(d, token)
	}
	if err != nil {
		return "", err
	}
	return token, nil
}

func text(name, value string) member {
	quoted, _ := json.Marshal(value) // a string always has a JSON form
	return member{[]byte(name), quoted}
}

func date(name string, at time.Time) member {
	return member{[]byte(name), strconv.AppendInt(nil, at.Unix(), 10)}
}

// outstanding returns the token in the form in which the store records it. A
// sliding token can be renewed until refresh_exp, so the record is kept until
// the last renewed token expires.
func (d draft) outstanding(token string, user models.UserModel) refreshtoken.Token {
	expires := d.expires
	if d.kind == Sliding {
		expires = d.renewable.Add(d.expires.Sub(d.issued))
	}
	return refreshtoken.Token{
		ID: d.id, Token: models.Secret(token), User: user, Epoch: d.epoch, CreatedAt: d.issued, ExpiresAt: expires,
		Family: d.family, KeepUntil: d.keep,
	}
}
