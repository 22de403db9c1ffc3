package jwt

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
)

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
