package policies

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Token authenticates by the header "Authorization: Token <key>" against
// authtoken_token (DRF: TokenAuthentication). The identity's user is a
// *[models.User] or the application's own user type; its auth is a
// *[models.Token]. A request costs one query. It is safe for concurrent use.
//
// The keyword is the scheme in the header and the challenge, by default or if
// empty "Token". Token panics if the database's user model is unfit, or if it is
// given two keywords or one that is not a token as RFC 9110 defines it.
func Token(db *gorm.DB, keyword ...string) ginauth.Cacheable {
	scheme := cmp.Or(wiring.Optional("policies: Token", "keyword", keyword), "Token")
	if !wiring.IsWord(scheme) {
		panic("policies: Token: the keyword must be one word of letters, digits and -_.: " + scheme)
	}
	return &tokenAuth{users: usersOf("Token", db), keyword: scheme}
}

type tokenAuth struct {
	unrecorded
	users   *models.Users
	keyword string
}

var (
	_ ginauth.Cacheable  = (*tokenAuth)(nil)
	_ ginauth.Challenger = (*tokenAuth)(nil)
)

// Authenticate implements [ginauth.Authenticator].
func (t *tokenAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	key, words, ok := credentials(c, t.keyword)
	switch {
	case !ok:
		return nil, ginauth.ErrNoCredentials
	case words == 0:
		return nil, failed("Invalid token header. No credentials provided.")
	case words > 1:
		return nil, failed("Invalid token header. Token string should not contain spaces.")
	case !utf8.ValidString(key):
		return nil, failed("Invalid token header. Token string should not contain invalid characters.")
	}
	user, token, err := t.find(c.Request, key)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, failed("Invalid token.")
	case err != nil:
		return nil, err
	case !user.Active():
		return nil, failed("User inactive or deleted.")
	}
	return &ginauth.Identity{User: user, Auth: token}, nil
}

func (t *tokenAuth) find(r *http.Request, key string) (user models.UserModel, token *models.Token, err error) {
	_, err = sqlkit.Lagging(r, func(ctx context.Context) (bool, error) {
		user, token, err = t.users.ByToken(ctx, key)
		return err == nil && user.Active(), err
	})
	return user, token, err
}

// Credential returns the key of the request, if it has one: everything that the
// answer depends on (see package authcache).
func (t *tokenAuth) Credential(c *gin.Context) (key string, ok bool) {
	key, words, ok := credentials(c, t.keyword)
	return key, ok && words == 1
}

// Expiry returns the zero time: DRF's tokens do not expire.
func (t *tokenAuth) Expiry(*ginauth.Identity) time.Time { return time.Time{} }

// AnnouncedAs returns the names under which the end of a token is announced
// (see package authcache): its user's.
func (t *tokenAuth) AnnouncedAs(id *ginauth.Identity) []string {
	user, _ := id.User.(models.UserModel)
	return t.users.AnnouncedAs(user)
}

// Challenge implements [ginauth.Challenger]. The challenge is the keyword.
func (t *tokenAuth) Challenge(*gin.Context) string { return t.keyword }

// Describe implements [ginauth.Describer].
func (t *tokenAuth) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{
		Accepts:      accepts(ginauth.Credential{Name: "Token", Header: "Authorization", Scheme: t.keyword}),
		DefinesScope: definesScope(t.users),
	}
}

// String returns "Token", followed by the keyword if it is not the default.
func (t *tokenAuth) String() string {
	if t.keyword == "Token" {
		return "Token"
	}
	return "Token(" + t.keyword + ")"
}

func failed(detail string) error { return ginauth.AuthenticationFailed().WithDetail(detail) }

// usersOf is for constructors, which panic on wrong wiring.
func usersOf(constructor string, db *gorm.DB) *models.Users {
	users, err := models.UsersOf(db)
	wiring.Check("policies: "+constructor, err)
	return users
}
