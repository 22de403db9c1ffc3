package jwt_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// A service without users of its own trusts the tokens of the service that has
// them. Both share the key.
func ExampleNewStatelessAuthenticator() {
	secret := []byte("a secret of the example, which is long enough")
	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256(secret)})))
	r.GET("/me", func(c *gin.Context) {
		token, _ := ginauth.AuthAs[*jwt.Token](c)
		var claims struct {
			Tenant string `json:"tenant"`
		}
		_ = token.Claims(&claims)
		c.String(http.StatusOK, "user %s of %s", token.UserID, claims.Tenant)
	})

	token, _ := gojwt.NewWithClaims(gojwt.SigningMethodHS256, gojwt.MapClaims{ // by the other service
		"token_type": "access", "exp": time.Now().Add(time.Minute).Unix(), "jti": "1", "user_id": 3, "tenant": "acme",
	}).SignedString(secret)
	request := httptest.NewRequest("GET", "/me", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
	// Output: 200 user 3 of acme
}

// An issuer makes tokens for a user who has logged in by other means.
func ExampleNewIssuer() {
	ctx := context.Background()
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	alice := &models.User{Username: "alice"}
	_ = models.CreateUser(ctx, db, alice, "")

	config := jwt.Config{Key: jwt.HS256([]byte("a secret of the example, which is long enough"))}
	issuer := jwt.NewIssuer(db, config)
	pair, _ := issuer.Pair(ctx, alice)

	r := gin.New()
	ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, config)))
	r.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.String(http.StatusOK, user.Username)
	})
	request := httptest.NewRequest("GET", "/me", nil)
	request.Header.Set("Authorization", "Bearer "+pair.Access)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	fmt.Println(w.Code, w.Body)
	// Output: 200 alice
}

// A user name and a password are exchanged for a refresh token and an access
// token.
func ExampleMount() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")

	config := jwt.Config{Key: jwt.HS256([]byte("a secret of the example, which is long enough"))}
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, config)))
	jwt.Mount(auth, r, jwt.Endpoints{Pair: "/api/token/", Refresh: "/api/token/refresh/"}, db, config)
	r.GET("/me", func(c *gin.Context) {})

	login := httptest.NewRequest("POST", "/api/token/",
		strings.NewReader(`{"username": "alice", "password": "correct horse"}`))
	login.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, login)
	var answer struct{ Refresh, Access string }
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	fmt.Println(w.Code, answer.Refresh != "", answer.Access != "")
	// Output: 200 true true
}

// Browsers keep the tokens in cookies that scripts cannot read. The browser says
// which requests come from other sites.
func ExampleCookies() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")

	config := jwt.Config{
		Key:                    jwt.HS256([]byte("a secret of the example, which is long enough")),
		RotateRefreshTokens:    true,
		BlacklistAfterRotation: true,
		RefreshGrace:           10 * time.Second, // for tabs that refresh at once
		Cookies:                &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()},
	}
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, config)))
	jwt.Mount(auth, r, jwt.Endpoints{Pair: "/auth/login", Refresh: "/auth/refresh", Blacklist: "/auth/logout"}, db, config)
	r.POST("/notes", func(c *gin.Context) { c.String(http.StatusOK, "written by %v", ginauth.Current(c).User) })

	login := httptest.NewRequest("POST", "/auth/login", strings.NewReader(`{"username": "alice", "password": "correct horse"}`))
	login.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, login)
	var cookies []*http.Cookie
	for _, cookie := range w.Result().Cookies() {
		fmt.Println(cookie.Name, cookie.HttpOnly, cookie.Secure)
		cookies = append(cookies, cookie)
	}
	for _, site := range []string{"same-origin", "cross-site"} {
		note := httptest.NewRequest("POST", "/notes", nil)
		note.Header.Set("Sec-Fetch-Site", site)
		for _, cookie := range cookies {
			note.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, note)
		fmt.Println(site, w.Code, w.Body)
	}
	// Output:
	// __Host-access true true
	// __Host-refresh true true
	// same-origin 200 written by alice
	// cross-site 403 {"detail":"CSRF Failed: Cross-origin request."}
}

// The public key is published for others who verify the tokens.
func ExampleMountJWKS() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // of a real key: secret and random
	r := gin.New()
	auth := ginauth.New(r)
	key, _ := jwt.PrivateKey("EdDSA", private)
	jwt.MountJWKS(auth, r, "/.well-known/jwks.json", jwt.Config{Key: key.WithID("2026-11")})

	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	var set struct {
		Keys []struct{ Kty, Crv, Kid, Alg string }
	}
	_ = json.Unmarshal(w.Body.Bytes(), &set)
	fmt.Printf("%+v\n", set.Keys)
	// Output: [{Kty:OKP Crv:Ed25519 Kid:2026-11 Alg:EdDSA}]
}

// Keys are read from PEM, as those of simplejwt. A public key only verifies.
func ExampleParseKey() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(private)
	pkix, _ := x509.MarshalPKIXPublicKey(private.Public())
	for _, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: pkcs8}, {Type: "PUBLIC KEY", Bytes: pkix}} {
		key, err := jwt.ParseKey("EdDSA", pem.EncodeToMemory(block)) // from a file, say
		fmt.Println(key.Algorithm(), key.Signs(), err)
	}
	// Output:
	// EdDSA true <nil>
	// EdDSA false <nil>
}

// A new key signs; tokens of the old one are accepted until they expire.
func ExampleKey_WithID() {
	config := jwt.Config{
		Key: jwt.HS256([]byte("the new secret of the example, long enough")).WithID("2026-11"),
		VerificationKeys: []jwt.Key{
			jwt.HS256([]byte("the old secret of the example, long enough")).WithID("2026-05"),
		},
	}
	fmt.Println(config.Key.ID(), config.VerificationKeys[0].ID())
	// Output: 2026-11 2026-05
}
