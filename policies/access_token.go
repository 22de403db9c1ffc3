package policies

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// AccessTokenConfig configures [AccessToken].
type AccessTokenConfig struct {
	Keyword string // the scheme in the header and the challenge; default: "Bearer"

	// ImportedKeyword is the scheme of imported keys that DRF or knox made,
	// such as "Token" (see [accesstoken.Store.ImportDRF]). Access tokens are
	// accepted under it too. Default: such keys are not looked up.
	ImportedKeyword string

	// Unimported decides about a key under ImportedKeyword that has not been
	// imported, such as policies.Token(db), until all keys are imported. An
	// imported key that has ended is refused, even if its row still exists
	// where it came from. Default: keys that have not been imported are
	// refused.
	Unimported ginauth.Authenticator

	// when and where the last use of tokens is written; default: every minute
	LastUsed accesstoken.LastUsedConfig
}

// AccessTokenAuth authenticates by the header "Authorization: Bearer <access
// token>"; see [accesstoken.Store]. The identity's user is a *[models.User],
// the application's own user type, or a *[accesstoken.Service]; its auth is a
// *[accesstoken.Token].
//
// A credential that does not begin with the application's prefix is not one of
// its tokens, and the next authenticator may try: access tokens and JSON web
// tokens can share a scheme. A credential that does begin with it and is
// invalid is refused, with the same text whatever the reason.
//
// A request costs one query and writes nothing; see
// [accesstoken.Store.RecordUse]. The program closes Tokens when it ends, or the
// uses of the last interval are lost. Nothing is read from the query string. An
// AccessTokenAuth is safe for concurrent use.
type AccessTokenAuth struct {
	unrecorded
	tokens *accesstoken.Store
	config AccessTokenConfig
}

var (
	_ ginauth.Cacheable        = (*AccessTokenAuth)(nil)
	_ ginauth.Challenger       = (*AccessTokenAuth)(nil)
	_ ginauth.ScopedCredential = (*accesstoken.Token)(nil)
	_ ginauth.User             = (*accesstoken.Service)(nil)
)

// AccessToken returns an authenticator for the access tokens of db. It panics
// if the database's user model is unfit or a keyword is not a token as RFC 9110
// defines it.
func AccessToken(db *gorm.DB, config ...AccessTokenConfig) *AccessTokenAuth {
	a := &AccessTokenAuth{config: wiring.Config("policies: AccessToken", config)}
	if a.config.Keyword == "" {
		a.config.Keyword = "Bearer"
	}
	for _, keyword := range []string{a.config.Keyword, a.config.ImportedKeyword} {
		if keyword != "" && !wiring.IsWord(keyword) {
			panic("policies: AccessToken: the keyword must be one word of letters, digits and -_.: " + keyword)
		}
	}
	if a.config.Unimported != nil && a.config.ImportedKeyword == "" {
		panic("policies: AccessToken: Unimported is never asked without an ImportedKeyword")
	}
	var err error
	a.tokens, err = accesstoken.Of(db, a.config.LastUsed)
	wiring.Check("policies: AccessToken", err)
	return a
}

// Tokens returns the tokens that the authenticator verifies. A program closes
// them when it ends; see [accesstoken.Store.Close].
func (a *AccessTokenAuth) Tokens() *accesstoken.Store { return a.tokens }

// Authenticate implements [ginauth.Authenticator].
func (a *AccessTokenAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	token, words, imported, ok := a.header(c)
	switch {
	case !ok:
		return nil, ginauth.ErrNoCredentials
	case words == 0:
		return nil, a.refuse(c, "Invalid token header. No credentials provided.")
	case words > 1:
		return nil, a.refuse(c, "Invalid token header. Token string should not contain spaces.")
	case a.tokens.Recognises(token):
		owner, row, err := lookUpToken(c, a.tokens.Verify, token)
		return a.identity(c, owner, row, err)
	case imported:
		return a.importedKey(c, token)
	}
	return nil, ginauth.ErrNoCredentials
}

// header returns what follows the scheme, as [credentials] does, and whether it
// may be an imported key.
func (a *AccessTokenAuth) header(c *gin.Context) (word string, words int, imported, ok bool) {
	imported = a.config.ImportedKeyword != "" && authorization.EqualFold(a.config.ImportedKeyword, a.config.Keyword)
	word, words, ok = credentials(c, a.config.Keyword)
	if !ok && a.config.ImportedKeyword != "" {
		word, words, ok = credentials(c, a.config.ImportedKeyword)
		imported = true
	}
	return word, words, imported, ok
}

func (a *AccessTokenAuth) importedKey(c *gin.Context, key string) (*ginauth.Identity, error) {
	owner, row, err := lookUpToken(c, a.tokens.VerifyImported, key)
	if a.config.Unimported != nil && errors.Is(err, models.ErrNotFound) && !errors.Is(err, accesstoken.ErrEnded) {
		return a.config.Unimported.Authenticate(c)
	}
	return a.identity(c, owner, row, err)
}

// lookUpToken looks up a token, on a replica if there is one.
func lookUpToken[T any](
	c *gin.Context, verify func(ctx context.Context, text string) (models.UserModel, T, error), text string,
) (owner models.UserModel, token T, err error) {
	_, err = sqlkit.Lagging(c.Request, func(ctx context.Context) (bool, error) {
		owner, token, err = verify(ctx, text)
		return err == nil, err
	})
	return owner, token, err
}

// identity returns the identity of a token that was looked up, or its refusal,
// which has the same text whatever the reason.
func (a *AccessTokenAuth) identity(
	c *gin.Context, owner models.UserModel, token *accesstoken.Token, err error,
) (*ginauth.Identity, error) {
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, a.refuse(c, "Invalid token.")
	case err != nil:
		return nil, err
	}
	return &ginauth.Identity{User: owner, Auth: token}, nil
}

// Credential returns the token or the imported key of the request, if it has
// one: everything that the answer depends on (see package authcache). Keys do
// not count as credentials while another authenticator may be asked about them.
func (a *AccessTokenAuth) Credential(c *gin.Context) (text string, ok bool) {
	text, words, imported, ok := a.header(c)
	return text, ok && words == 1 && (a.tokens.Recognises(text) || imported && a.config.Unimported == nil)
}

// Expiry returns when a token expires, or the zero time.
func (*AccessTokenAuth) Expiry(id *ginauth.Identity) time.Time {
	if token, ok := id.Auth.(*accesstoken.Token); ok && token.Expires != nil {
		return *token.Expires
	}
	return time.Time{}
}

// AnnouncedAs returns the names under which the end of a token is announced
// (see package authcache): its owner's.
func (a *AccessTokenAuth) AnnouncedAs(id *ginauth.Identity) []string {
	owner, _ := id.User.(models.UserModel)
	return a.tokens.AnnouncedAs(owner)
}

// RecordUse records the use of a token that authcache has answered for.
func (a *AccessTokenAuth) RecordUse(id *ginauth.Identity) {
	if token, ok := id.Auth.(*accesstoken.Token); ok {
		a.tokens.RecordUse(token)
	}
}

// refusedToken is the context key that marks a request whose token was refused.
type refusedToken struct{}

func (a *AccessTokenAuth) refuse(c *gin.Context, detail string) error {
	c.Set(refusedToken{}, true)
	return failed(detail)
}

// Challenge implements [ginauth.Challenger] with the challenge of RFC 6750
// section 3, which tells a client that sent a token that the token is invalid.
func (a *AccessTokenAuth) Challenge(c *gin.Context) string {
	challenge := a.config.Keyword + ` realm="api"`
	if c.GetBool(refusedToken{}) {
		challenge += `, error="invalid_token"`
	}
	return challenge
}

// Describe implements [ginauth.Describer].
func (a *AccessTokenAuth) Describe() ginauth.AuthenticatorTraits {
	kind := ginauth.Credential{Name: "AccessToken", Header: "Authorization", Scheme: a.config.Keyword, Scoped: true}
	kinds := []ginauth.Credential{kind}
	if imported := a.config.ImportedKeyword; imported != "" && !authorization.EqualFold(imported, kind.Scheme) {
		kind.Name, kind.Scheme = "ImportedToken", imported
		kinds = append(kinds, kind)
	}
	return ginauth.AuthenticatorTraits{
		Wraps:   a.config.Unimported,
		Accepts: accepts(kinds...),
		DefinesScope: func(name string) bool {
			_, ok := a.tokens.Scopes()[name]
			return ok
		},
	}
}

// String returns "AccessToken", followed by the keywords if they are not the
// defaults.
func (a *AccessTokenAuth) String() string {
	var keywords []string
	if a.config.Keyword != "Bearer" {
		keywords = append(keywords, a.config.Keyword)
	}
	if a.config.ImportedKeyword != "" {
		keywords = append(keywords, "imported: "+a.config.ImportedKeyword)
	}
	if len(keywords) == 0 {
		return "AccessToken"
	}
	return "AccessToken(" + strings.Join(keywords, ", ") + ")"
}
