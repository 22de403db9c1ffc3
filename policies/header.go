package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
)

// accepts describes an authenticator by the credentials that it accepts, see
// [ginauth.Describer].
func accepts(credentials ...ginauth.Credential) (all []ginauth.Alternative) {
	for _, credential := range credentials {
		all = append(all, ginauth.Alternative{Credentials: []ginauth.Credential{credential}})
	}
	return all
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
