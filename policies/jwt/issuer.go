package jwt

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
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
//
// Its methods emit events about the tokens that they make and revoke; see
// [ginauth.Context] for their contexts.
type Issuer struct {
	config Config
	users  *models.Users
	logins *logins.Logins
	lookup userkit.Lookup
	tokens *refreshtoken.Store
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
	i := &Issuer{config: config.withDefaults(constructor, stack.Of(db))}
	if !i.config.Key.Signs() {
		panic(constructor + ": Config.Key is a public key, which cannot sign; give the private one")
	}
	var err error
	i.users, err = models.UsersOf(db)
	wiring.Check(constructor, err)
	i.logins = logins.Of(i.users)
	i.lookup, err = userkit.Of(i.users).LookupBy(i.config.UserIDField)
	wiring.Check(constructor+": UserIDField", err)
	if i.config.UpdateLastLogin && !userkit.Of(i.users).Table().HasColumn("last_login") {
		panic(constructor + ": UpdateLastLogin: the user model has no column last_login")
	}
	i.tokens, err = i.config.store(db)
	wiring.Check(constructor, err)
	return i
}

// lookTimeout bounds the start on a database that does not answer.
const lookTimeout = 5 * time.Second

// store returns the store of the tokens that can be revoked, or an error if it
// is certain that its tables do not exist. A database that does not answer now
// may do so at the first request.
func (c *Config) store(db *gorm.DB) (*refreshtoken.Store, error) {
	store, err := refreshtoken.Of(db, refreshtoken.Config{
		Unrecorded:      c.WithoutBlacklist,
		Reusable:        !c.BlacklistAfterRotation,
		Grace:           c.RefreshGrace,
		UpdateLastLogin: c.UpdateLastLogin,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	if exists, err := store.Exists(ctx); err == nil && !exists {
		return nil, c.missingTables()
	}
	return store, nil
}

func (c *Config) missingTables() error {
	if c.RefreshGrace > 0 {
		return errors.New("the tables that RefreshGrace needs do not exist: call models.Migrate first")
	}
	return errors.New("the tables of token_blacklist do not exist, so no token could be revoked: " +
		"call models.Migrate first, or set WithoutBlacklist")
}

// Pair makes a refresh token and an access token for a user who has just
// authenticated (simplejwt: RefreshToken.for_user), with the factors that
// [login.Result] tells, which the tokens record (see [Config.RecordLogin]).
func (i *Issuer) Pair(ctx context.Context, user models.UserModel, factors ...login.Factor) (Issued, error) {
	refresh, err := i.draftFor(ctx, Refresh, user, factors)
	if err != nil {
		return Issued{}, err
	}
	pair, err := i.pair(refresh)
	if err != nil {
		return Issued{}, err
	}
	if err := i.tokens.Issue(ctx, refresh.outstanding(pair.Refresh, user)); err != nil {
		return Issued{}, revokedMeanwhile(err)
	}
	tellMade(ctx, ginauth.CredentialIssued, user, refresh)
	return pair, nil
}

// pair signs a refresh token and an access token with the same claims.
func (i *Issuer) pair(refresh draft) (pair Issued, err error) {
	if pair.Refresh, err = i.config.sign(refresh); err != nil {
		return Issued{}, err
	}
	access := i.config.draft(refresh.issued, refresh.login, Access, refresh.rest)
	if pair.Access, err = i.config.sign(access); err != nil {
		return Issued{}, err
	}
	pair.ExpiresAt = access.ends()
	return pair, nil
}
