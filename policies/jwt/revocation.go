package jwt

import (
	"context"
	"crypto/md5" //nolint:gosec // simplejwt's claim is made with it
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// standing returns the claims that say what a token ends with: the epoch of its
// user, unless that is 0, and its family, if it has one.
func standing(e epoch.Epoch, family string) (list members) {
	if e != 0 {
		list = append(list, member{[]byte(claimEpoch), strconv.AppendInt(nil, int64(e), 10)})
	}
	if family != "" {
		list = append(list, text(claimFamily, family))
	}
	return list
}

// epoch returns the epoch in which a token was made, and whether the token
// states it. A nonsensical value becomes an epoch that does not exist.
func (t *Token) epoch() (e epoch.Epoch, known bool) {
	value, known := t.members.get(claimEpoch)
	if !known {
		return 0, false
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return -1, true
	}
	return epoch.Epoch(n), true
}

// family returns the name of the family that a token states, and whether it
// states one. A value that is not a string becomes the empty name, which no
// family has.
func (t *Token) family() (name string, known bool) {
	value, known := t.members.get(claimFamily)
	if known {
		name, _ = textOf(value)
	}
	return name, known
}

// admitted returns the present epoch of a token's user, in which tokens made
// from the token are made. It returns a refusal if the token has ended with the
// user's password or with an epoch.
func (c *Config) admitted(
	ctx context.Context, users *models.Users, user models.UserModel, t *Token,
) (epoch.Epoch, error) {
	if c.CheckRevokeToken && !t.ofPassword(c.RevokeTokenClaim, userkit.Of(users).Table().PasswordHash(user)) {
		return 0, passwordChanged
	}
	present, err := userkit.Of(users).Epoch(ctx, user)
	if err != nil {
		return 0, err
	}
	if recorded, known := t.epoch(); !present.Admits(recorded, known, t.IssuedAt) {
		return 0, credentialsRevoked
	}
	return present, nil
}

// ofPassword reports whether a token was made when hash was the hash of the
// user's password.
func (t *Token) ofPassword(claim, hash string) bool {
	value, _ := t.members.get(claim)
	digest, ok := textOf(value)
	return ok && subtle.ConstantTimeCompare([]byte(digest), []byte(passwordDigest(hash))) == 1
}

// passwordDigest is simplejwt's get_md5_hash_password. Its input is a salted
// hash.
func passwordDigest(hash string) string {
	sum := md5.Sum([]byte(hash)) //nolint:gosec // see above
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// revokedMeanwhile turns [models.ErrCredentialsRevoked], which means that the
// token must no longer be made, into a refusal. It returns every other error
// unchanged.
func revokedMeanwhile(err error) error {
	if errors.Is(err, models.ErrCredentialsRevoked) {
		return credentialsRevoked.answer()
	}
	return err
}

// Verify checks a token of any type (simplejwt: TokenVerifySerializer). It
// checks neither what the token is for, nor whether its user exists and is
// active. But it refuses a token that has been revoked with all credentials of
// its user, or with its family.
func (i *Issuer) Verify(ctx context.Context, token string) error {
	t, err := i.config.decode(token)
	if err == nil {
		err = t.check("")
	}
	if err == nil && i.config.outlived(t) {
		err = i.config.beside.expired
	}
	if err != nil {
		return refuse(err.Error(), notValid)
	}
	if found, err := i.tokens.Contains(ctx, t.ID); err != nil {
		return err
	} else if found {
		return ginauth.ValidationError(endpoint.NonField(string(revoked)))
	}
	return i.verifyStanding(ctx, t)
}

// verifyStanding is the part of [Issuer.Verify] that simplejwt lacks: a token
// that has ended with its family or with the user's epoch is no longer valid.
// It costs one query each, if there are families or epochs. For a user who does
// not exist simplejwt's answer stands.
func (i *Issuer) verifyStanding(ctx context.Context, t *Token) error {
	if family, known := t.family(); known {
		if live, err := i.tokens.Live(ctx, family); err != nil {
			return err
		} else if !live {
			return ginauth.ValidationError(endpoint.NonField(string(revoked)))
		}
	}
	if there, err := userkit.Of(i.users).EpochsExist(ctx); err != nil || !there {
		return err
	}
	user, err := i.lookup.Find(ctx, t.key)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	present, err := userkit.Of(i.users).Epoch(ctx, user)
	if err != nil {
		return err
	}
	if recorded, known := t.epoch(); !present.Admits(recorded, known, t.IssuedAt) {
		return credentialsRevoked.answer()
	}
	return nil
}
