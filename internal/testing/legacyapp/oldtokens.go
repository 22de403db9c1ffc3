package legacyapp

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

import golangjwt "github.com/golang-jwt/jwt/v5" // policies/jwt is jwt

// oldClaims are the claims of gin-jwt.
type oldClaims struct {
	Identity uint64 `json:"identity"`
	Issued   int64  `json:"orig_iat"`
	golangjwt.RegisteredClaims
}

// OldTokens accepts the tokens that gin-jwt has signed, until they expire. All
// other tokens are left to the next class. It panics if the secret is empty.
func OldTokens(db *gorm.DB, secret []byte) ginauth.Authenticator {
	if len(secret) == 0 { // anybody can sign with it
		panic("OldTokens: the secret is empty")
	}
	users, err := models.UsersOf(db)
	if err != nil {
		panic(err)
	}
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{"HS256"}), golangjwt.WithExpirationRequired())
	key := func(*golangjwt.Token) (any, error) { return secret, nil }
	return policies.AuthenticatorFunc("OldJWT", func(c *gin.Context) (*ginauth.Identity, error) {
		raw, found := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		var claims oldClaims
		_, _, err := parser.ParseUnverified(raw, &claims)
		if !found || err != nil || claims.Issued == 0 {
			return nil, ginauth.ErrNoCredentials
		}
		claims = oldClaims{}
		if _, err := parser.ParseWithClaims(raw, &claims, key); err != nil {
			return nil, ginauth.AuthenticationFailed()
		}
		ctx := c.Request.Context()
		user, err := users.Find(ctx, "id", strconv.FormatUint(claims.Identity, 10))
		switch {
		case errors.Is(err, models.ErrNotFound), err == nil && !user.Active():
			return nil, ginauth.AuthenticationFailed()
		case err != nil:
			return nil, err
		}
		revoked, err := users.RevokedSince(ctx, user, time.Unix(claims.Issued, 0)) // logged out everywhere
		if err != nil {
			return nil, err
		}
		if revoked {
			return nil, ginauth.AuthenticationFailed()
		}
		return &ginauth.Identity{User: user}, nil
	}, `Bearer realm="api"`)
}
