package jwt_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

// A service without users of its own trusts the tokens of the service that has
// them. Both share the key.
func ExampleNewStatelessAuthenticator() {
	config := jwt.Config{
		Key: jwt.HS256([]byte("a secret of the tests, which is long enough")),
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(config)))
	r.GET("/me", func(c *gin.Context) {
		token, _ := ginauth.AuthAs[*jwt.Token](c)
		var own struct {
			Tenant string `json:"tenant"`
		}
		_ = token.Claims(&own)
		c.String(http.StatusOK, "user %s of %s", token.UserID, own.Tenant)
	})

	request := httptest.NewRequest("GET", "/me", nil)
	request.Header.Set("Authorization", "Bearer "+
		signed(`{"alg":"HS256","typ":"JWT"}`, `{"token_type":"access","exp":1800000300,"jti":"1","user_id":3,"tenant":"acme"}`))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
	// Output: 200 user 3 of acme
}
