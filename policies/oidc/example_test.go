package oidc_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/oidc"
)

// A service without users of its own trusts a provider, here one that publishes
// its keys on this machine.
func ExampleNewStatelessAuthenticator() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	key, _ := jwt.PrivateKey("EdDSA", private)
	keys := gin.New()
	jwt.MountJWKS(ginauth.New(keys), keys, "/jwks", jwt.Config{Key: key.WithID("1")})
	provider := httptest.NewServer(keys)
	defer provider.Close()

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(oidc.NewStatelessAuthenticator(oidc.Config{
		Issuer: provider.URL, Audience: []string{"https://api.example.com"}, JWKSURL: provider.URL + "/jwks",
	})))
	r.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*oidc.TokenUser](c)
		c.String(http.StatusOK, user.ID)
	})

	token := gojwt.NewWithClaims(gojwt.SigningMethodEdDSA, gojwt.MapClaims{ // by the provider
		"iss": provider.URL, "aud": "https://api.example.com", "sub": "alice", "exp": time.Now().Add(time.Minute).Unix(),
	})
	token.Header["kid"] = "1"
	text, _ := token.SignedString(private)
	request := httptest.NewRequest("GET", "/me", nil)
	request.Header.Set("Authorization", "Bearer "+text)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice
}

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
		return &models.User{Username: token.UserID, IsActive: true}, nil
	})
	fmt.Println(a)
	// Output: OIDC(https://login.example.com)
}

// Tokens of two providers and of the application itself, side by side.
func ExampleAuthenticator_OrElse() {
	of := func(issuer string) *oidc.Authenticator {
		return oidc.NewStatelessAuthenticator(oidc.Config{Issuer: issuer, Audience: []string{"https://api.example.com"}})
	}
	own := jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256([]byte("a secret of the example, which is long enough"))})
	fmt.Println(of("https://a.example.com").OrElse(of("https://b.example.com").OrElse(own)))
	// Output: StatelessOIDC(https://a.example.com), else StatelessOIDC(https://b.example.com), else StatelessJWT
}

// A provider of many tenants signs for each under an issuer of its own. The
// same subject of two tenants is two users.
func ExampleConfig_tenants() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	key, _ := jwt.PrivateKey("EdDSA", private)
	keys := gin.New()
	jwt.MountJWKS(ginauth.New(keys), keys, "/jwks", jwt.Config{Key: key.WithID("1")})
	provider := httptest.NewServer(keys)
	defer provider.Close()

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(oidc.NewStatelessAuthenticator(oidc.Config{
		Issuer: provider.URL + "/{tenantid}/v2.0", Audience: []string{"https://api.example.com"}, JWKSURL: provider.URL + "/jwks",
		Tenants: []string{"contoso", "fabrikam"},
	})))
	r.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*oidc.TokenUser](c)
		c.String(http.StatusOK, user.ID)
	})

	for _, tenant := range []string{"contoso", "fabrikam", "northwind"} {
		token := gojwt.NewWithClaims(gojwt.SigningMethodEdDSA, gojwt.MapClaims{ // by the provider
			"iss": provider.URL + "/" + tenant + "/v2.0", "tid": tenant,
			"aud": "https://api.example.com", "sub": "alice", "exp": time.Now().Add(time.Minute).Unix(),
		})
		token.Header["kid"] = "1"
		text, _ := token.SignedString(private)
		request := httptest.NewRequest("GET", "/me", nil)
		request.Header.Set("Authorization", "Bearer "+text)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 contoso:alice
	// 200 fabrikam:alice
	// 401 {"detail":"Token is invalid or expired","code":"token_not_valid"}
}
