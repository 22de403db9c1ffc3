package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/models"
)

var (
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*AccessTokenAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*apiKeyAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*basicAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*oauth2TokenAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*remoteUserAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*SessionAuth)(nil)
	_ ginauth.Describer[ginauth.AuthenticatorTraits] = (*tokenAuth)(nil)
)

// accepts describes an authenticator by the credentials that it accepts, see
// [ginauth.AuthenticatorTraits].
func accepts(credentials ...ginauth.Credential) func(method string) []ginauth.Alternative {
	var all []ginauth.Alternative
	for _, credential := range credentials {
		all = append(all, ginauth.Alternative{Credentials: []ginauth.Credential{credential}})
	}
	return func(string) []ginauth.Alternative { return all }
}

// definesScope describes an authenticator of these users.
func definesScope(users *models.Users) func(name string) bool {
	return func(name string) bool { return scopeset.Of(users.Database()).Defined(name) == nil }
}

// credentials returns the first word after the scheme in the Authorization
// header, and how many words follow the scheme. ok is false if the header is
// absent or of another scheme.
func credentials(c *gin.Context, scheme string) (word string, words int, ok bool) {
	v := authorization.Of(c.Request.Header)
	switch {
	case !v.Is(scheme):
		return "", 0, false
	case v.More:
		return v.Word, 2, true // how many there are makes no difference
	case v.Word != "":
		return v.Word, 1, true
	}
	return "", 0, true
}
