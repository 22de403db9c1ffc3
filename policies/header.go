package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/authorization"
)

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
