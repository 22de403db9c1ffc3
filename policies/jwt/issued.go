package jwt

import (
	"cmp"
	"time"

	"github.com/gin-gonic/gin"
)

// Issued holds new tokens: those of [Issuer.Pair] and [Issuer.Refresh], and
// those of an answer, see [Endpoints].
type Issued struct {
	Access, Refresh string    // of Pair and Refresh; Refresh may be empty at Refresh
	Sliding         string    // of an answer at Sliding and SlidingRefresh
	ExpiresAt       time.Time // when Access or Sliding expires
}

// An issuing answer holds tokens.
type issuing interface{ issued() Issued }

func (a pairAnswer) issued() Issued    { return Issued{Access: a.Access, Refresh: a.Refresh} }
func (a refreshAnswer) issued() Issued { return Issued{Access: a.Access, Refresh: a.Refresh} }
func (a tokenAnswer) issued() Issued   { return Issued{Sliding: a.Token} }

// extended returns an answer as the application wants it.
func (v view) extended(c *gin.Context, answer any) (any, error) {
	made, ok := answer.(issuing)
	if v.extend == nil || !ok {
		return answer, nil
	}
	issued := made.issued()
	token, err := v.config.decode(cmp.Or(issued.Access, issued.Sliding))
	if err != nil {
		return nil, err
	}
	issued.ExpiresAt = token.ExpiresAt
	return v.extend(c, issued)
}
