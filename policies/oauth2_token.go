package policies

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/oauth2token"
)

// OAuth2Token authenticates by the header "Authorization: Bearer <token>"
// against the access tokens that django-oauth-toolkit issues
// (OAuth2Authentication). The identity's auth is an *[oauth2token.Token]. Its
// user is a *[models.User] or the application's own user type, and
// [ginauth.AnonymousUser] if the client acts for itself (the grant of client
// credentials). Such a token passes [HasScope] for scopes that stand for no
// permissions, and no class that requires a user.
//
// Every token is limited to its scopes, see [ginauth.ScopedCredential]. Nothing
// is read from the query string or the body. A credential under the scheme that
// is not a valid token is refused, so the class comes after others that share
// the scheme.
//
// A request costs one query. It is safe for concurrent use.
//
// The resource is the URL of this API, such as https://api.example.com/v1, for
// tokens that are restricted to some resources (RFC 8707, since
// django-oauth-toolkit 3.4): one of these must be this URL or one above it.
// Without it such tokens are refused.
//
// OAuth2Token panics if the database's user model is unfit, or if it is given
// two resources or one that is not an absolute URL.
func OAuth2Token(db *gorm.DB, resource ...string) ginauth.Cacheable {
	const constructor = "policies: OAuth2Token"
	here := wiring.Optional(constructor, "resource", resource)
	tokens, err := oauth2token.Of(db, here)
	wiring.Check(constructor, err)
	return &oauth2TokenAuth{tokens: tokens, resource: here}
}

type oauth2TokenAuth struct {
	unrecorded
	tokens   *oauth2token.Store
	resource string
}

var (
	_ ginauth.Cacheable        = (*oauth2TokenAuth)(nil)
	_ ginauth.Challenger       = (*oauth2TokenAuth)(nil)
	_ ginauth.ScopedCredential = (*oauth2token.Token)(nil)
)

// Authenticate implements [ginauth.Authenticator].
func (a *oauth2TokenAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	text, words, ok := credentials(c, "Bearer")
	switch {
	case !ok:
		return nil, ginauth.ErrNoCredentials
	case words != 1:
		return nil, ginauth.NotAuthenticated()
	}
	user, token, err := lookUpToken(c, a.tokens.Verify, text)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, refuseOAuth2(c, err)
	case err != nil:
		return nil, err
	case user == nil:
		return &ginauth.Identity{User: ginauth.AnonymousUser{}, Auth: token}, nil
	}
	return &ginauth.Identity{User: user, Auth: token}, nil
}

// oauth2Error is the context key of why a token was refused, for the challenge.
type oauth2Error struct{}

// refuseOAuth2 returns the refusal of a token. Its body is that of a request
// without credentials, as in django-oauth-toolkit.
func refuseOAuth2(c *gin.Context, err error) error {
	why := "The access token is invalid."
	switch {
	case errors.Is(err, oauth2token.ErrExpired):
		why = "The access token has expired."
	case errors.Is(err, oauth2token.ErrResource):
		why = "The access token is not valid for this resource."
	}
	c.Set(oauth2Error{}, why)
	return ginauth.NotAuthenticated().Because(err)
}

// Credential returns the token of the request, if it has one: everything that
// the answer depends on (see package authcache).
func (a *oauth2TokenAuth) Credential(c *gin.Context) (text string, ok bool) {
	text, words, ok := credentials(c, "Bearer")
	return text, ok && words == 1
}

// Expiry returns when a token expires.
func (*oauth2TokenAuth) Expiry(id *ginauth.Identity) time.Time {
	if token, ok := id.Auth.(*oauth2token.Token); ok {
		return token.Expires
	}
	return time.Time{}
}

// AnnouncedAs returns the names under which the end of a user's credentials is
// announced (see package authcache). Django does not announce the end of a
// token.
func (a *oauth2TokenAuth) AnnouncedAs(id *ginauth.Identity) []string {
	user, _ := id.User.(models.UserModel)
	return a.tokens.AnnouncedAs(user)
}

// Challenge implements [ginauth.Challenger] with the challenge of RFC 6750
// section 3, which tells a client that sent a token what is wrong with it.
func (a *oauth2TokenAuth) Challenge(c *gin.Context) string {
	challenge := `Bearer realm="api"`
	if why := c.GetString(oauth2Error{}); why != "" {
		challenge += `,error="invalid_token",error_description="` + why + `"`
	}
	return challenge
}

// Describe implements [ginauth.Describer].
func (a *oauth2TokenAuth) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{
		Accepts: accepts(ginauth.Credential{
			Name: "OAuth2Token", Header: "Authorization", Scheme: "Bearer", Scoped: true, Limited: true,
		}),
		DefinesScope: func(name string) bool { return scopeset.Set(a.tokens.Scopes()).Defined(name) == nil },
	}
}

// String returns "OAuth2Token", followed by the resource if there is one.
func (a *oauth2TokenAuth) String() string {
	if a.resource == "" {
		return "OAuth2Token"
	}
	return "OAuth2Token(" + a.resource + ")"
}
