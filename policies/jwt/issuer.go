package jwt

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/refreshtoken"
	"github.com/ginauth/ginauth/policies/logins"
)

// Issuer makes tokens and takes them back: it does what simplejwt's views do,
// without HTTP. For a token that it does not accept the error is an
// *[ginauth.Error] with simplejwt's answer; any other error is a failure of the
// database. Issuer is safe for concurrent use.
//
// It makes no token for a user who is not active, or whose credentials are
// revoked in the meantime ([models.Users.RevokeAll]). A user named by a token
// is looked up at each refresh; a user passed as a value is assumed to be as in
// the database.
type Issuer struct {
	config    Config
	users     *models.Users
	logins    *logins.Logins
	lookup    *models.Lookup
	blacklist *refreshtoken.Blacklist // nil without one
	families  *refreshtoken.Families  // nil without RefreshGrace
}

// Pair is a refresh token and an access token made from it.
type Pair struct {
	Refresh string
	Access  string
}

// NewIssuer returns an issuer for the users of db. It panics if
//
//   - the config or the user model is unfit,
//   - its key only verifies,
//   - the tables of the blacklist do not exist and the config does not set
//     WithoutBlacklist, or
//   - the tables that RefreshGrace needs do not exist.
func NewIssuer(db *gorm.DB, config Config) *Issuer { return newIssuer("jwt: NewIssuer", db, config) }

func newIssuer(constructor string, db *gorm.DB, config Config) *Issuer {
	i := &Issuer{config: config.withDefaults(constructor)}
	if !i.config.Key.Signs() {
		panic(constructor + ": Config.Key is a public key, which cannot sign; give the private one")
	}
	var err error
	i.users, err = models.UsersOf(db)
	wiring.Check(constructor, err)
	i.logins = logins.Of(i.users)
	i.lookup, err = i.users.LookupBy(i.config.UserIDField)
	wiring.Check(constructor+": UserIDField", err)
	if i.config.UpdateLastLogin && !i.users.HasLastLogin() {
		panic(constructor + ": UpdateLastLogin: the user model has no column last_login")
	}
	if i.config.WithoutBlacklist {
		return i
	}
	i.blacklist, err = blacklistOf(db)
	wiring.Check(constructor, err)
	if i.config.RefreshGrace > 0 {
		i.families, err = familiesOf(db)
		wiring.Check(constructor, err)
	}
	return i
}

// blacklistOf returns the blacklist, or an error if it is certain that its
// tables do not exist. A database that does not answer now may do so at the
// first request.
func blacklistOf(db *gorm.DB) (*refreshtoken.Blacklist, error) {
	list, err := refreshtoken.BlacklistOf(db)
	if err != nil {
		return nil, err
	}
	if exists, err := list.Exists(context.Background()); err == nil && !exists {
		return nil, errors.New("the tables of token_blacklist are not there, so no token could be revoked: " +
			"call models.Migrate before, or set WithoutBlacklist")
	}
	return list, nil
}

// Pair makes a refresh token and an access token for a user who has just
// authenticated (simplejwt: RefreshToken.for_user).
func (i *Issuer) Pair(ctx context.Context, user models.UserModel) (Pair, error) {
	refresh, err := i.draftFor(ctx, Refresh, user)
	if err != nil {
		return Pair{}, err
	}
	pair, err := i.pair(refresh)
	if err != nil {
		return Pair{}, err
	}
	if err := i.begin(ctx, refresh, pair.Refresh, user); err != nil {
		return Pair{}, err
	}
	return pair, nil
}

// Sliding makes a sliding token for a user who has just authenticated
// (simplejwt: SlidingToken.for_user).
func (i *Issuer) Sliding(ctx context.Context, user models.UserModel) (token string, err error) {
	sliding, err := i.draftFor(ctx, Sliding, user)
	if err != nil {
		return "", err
	}
	if token, err = i.config.sign(sliding); err != nil {
		return "", err
	}
	if err := i.begin(ctx, sliding, token, user); err != nil {
		return "", err
	}
	return token, nil
}

// begin records both the token that a user gets at a login and the login, or
// neither.
func (i *Issuer) begin(ctx context.Context, d draft, token string, user models.UserModel) error {
	outstanding := d.outstanding(token, user)
	switch {
	case d.family != "":
		return revokedMeanwhile(i.families.Begin(ctx, refreshtoken.Beginning{
			Family: d.family, Token: outstanding, Keep: i.keep(d), Login: i.config.UpdateLastLogin,
		}))
	case i.blacklist != nil && i.config.UpdateLastLogin:
		return revokedMeanwhile(i.blacklist.RecordLogin(ctx, outstanding))
	case i.blacklist != nil:
		return revokedMeanwhile(i.blacklist.Record(ctx, outstanding))
	}
	if err := i.users.InEpoch(ctx, user, d.epoch); err != nil || !i.config.UpdateLastLogin {
		return revokedMeanwhile(err)
	}
	return i.users.UpdateLastLogin(ctx, user)
}

// pair signs a refresh token and an access token with the same claims.
func (i *Issuer) pair(refresh draft) (pair Pair, err error) {
	if pair.Refresh, err = i.config.sign(refresh); err != nil {
		return Pair{}, err
	}
	if pair.Access, err = i.config.sign(i.config.draft(refresh.issued, refresh.login, Access, refresh.rest)); err != nil {
		return Pair{}, err
	}
	return pair, nil
}
