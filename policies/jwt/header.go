package jwt

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
	"github.com/ginauth/ginauth/internal/cookies"
)

// credential returns the token of a request, or [ginauth.ErrNoCredentials], and
// whether it is the cookie's. With an Authorization header, of whatever scheme,
// the cookie does not count: a client that sends both means the header.
func (c *Config) credential(ctx *gin.Context) (token string, inCookie bool, err error) {
	if c.jar == nil {
		token, err = c.bearer(ctx)
		return token, false, err
	}
	cookies.Vary(ctx)
	if len(ctx.Request.Header["Authorization"]) > 0 {
		token, err = c.bearer(ctx)
		return token, false, err
	}
	c.jar.Heal(ctx)
	token, err = c.jar.only(ctx.Request, c.jar.config.AccessName)
	return token, true, err
}

// bearer returns the token in the Authorization header, or
// [ginauth.ErrNoCredentials] if the header is absent or has another scheme
// (simplejwt: get_header, get_raw_token).
func (c *Config) bearer(ctx *gin.Context) (token string, err error) {
	v := authorization.Of(ctx.Request.Header)
	ours := v.Is
	if c.CaseSensitiveHeaderTypes {
		ours = func(scheme string) bool { return v.Scheme == scheme }
	}
	switch {
	case !slices.ContainsFunc(c.HeaderTypes, ours):
		return "", ginauth.ErrNoCredentials
	case v.Word == "" || v.More:
		return "", refuse("Authorization header must contain two space-delimited values", "bad_authorization_header")
	}
	return v.Word, nil
}
