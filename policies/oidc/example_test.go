package oidc_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/oidc"
)

// A service without users of its own trusts the provider. This provider has one
// key, which it publishes.
func ExampleNewStatelessAuthenticator() {
	provider := &issuer{}
	provider.publish(jwk("1", edKey()))
	provider.Server = httptest.NewServer(provider)
	defer provider.Close()

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(oidc.NewStatelessAuthenticator(oidc.Config{
		Issuer:   provider.URL,
		Audience: []string{"https://api.example.test"},
		Now:      func() time.Time { return time.Unix(1_800_000_000, 0) },
	})))
	r.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*oidc.TokenUser](c)
		var claims struct {
			Scope string `json:"scope"`
		}
		_ = user.Token.Claims(&claims)
		c.String(http.StatusOK, "%s may %s", user.ID, claims.Scope)
	})

	request := httptest.NewRequest("GET", "/me", nil)
	request.Header.Set("Authorization", "Bearer "+
		provider.sign(token{gojwt.SigningMethodEdDSA, edKey(), nil, map[string]any{"scope": "read"}}))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice may read
}

// staff is a user of the application.
type staff struct{ name string }

func (*staff) Authenticated() bool { return true }

// The application decides which user a token stands for.
func ExampleNewAuthenticatorFunc() {
	config := oidc.Config{Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}}
	a := oidc.NewAuthenticatorFunc(config, func(_ context.Context, token *jwt.Token) (ginauth.User, error) {
		var claims struct {
			Roles []string `json:"roles"`
		}
		if err := token.Claims(&claims); err != nil || len(claims.Roles) == 0 {
			return nil, ginauth.PermissionDenied()
		}
		return &staff{token.UserID}, nil
	})
	fmt.Println(a)
	// Output: OIDC(https://login.example.com)
}

// Tokens of two providers and of the application itself, side by side.
func ExampleAuthenticator_OrElse() {
	of := func(issuer string) *oidc.Authenticator {
		return oidc.NewStatelessAuthenticator(oidc.Config{Issuer: issuer, Audience: []string{"https://api.example.com"}})
	}
	own := jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256([]byte("a secret of the tests, which is long enough"))})
	fmt.Println(of("https://a.example.com").OrElse(of("https://b.example.com").OrElse(own)))
	// Output: StatelessOIDC(https://a.example.com), else StatelessOIDC(https://b.example.com), else StatelessJWT
}
