package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/authorization"
)

// credentials returns what follows the scheme in the Authorization header.
// words counts the words after the scheme, of which word is the first. ok is
// false if the header is absent or of another scheme.
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
