package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v3"
	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"
)

const jwtSecret = "a secret of thirty-two bytes or more, for HS256"

type claims struct {
	TokenType string `json:"token_type"`
	UserID    int64  `json:"user_id"`
	gojwt.RegisteredClaims
}

// signed returns an access token of a user.
func signed(user int64) (string, error) {
	now := time.Now()
	return gojwt.NewWithClaims(gojwt.SigningMethodHS256, claims{"access", user, gojwt.RegisteredClaims{
		ID:       "0123456789abcdef",
		IssuedAt: gojwt.NewNumericDate(now), ExpiresAt: gojwt.NewNumericDate(now.Add(time.Hour)),
	}}).SignedString([]byte(jwtSecret))
}

// byGolangJWT is a middleware around golang-jwt.
func byGolangJWT(c *gin.Context) {
	text, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	var found claims
	_, err := gojwt.ParseWithClaims(text, &found, func(*gojwt.Token) (any, error) { return []byte(jwtSecret), nil },
		gojwt.WithValidMethods([]string{"HS256"}), gojwt.WithExpirationRequired())
	if err != nil || found.TokenType != "access" {
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	c.Set("user", &found)
}

// byGinJWT returns gin-jwt's middleware. It sets the key user to the number.
func byGinJWT() (gin.HandlerFunc, error) {
	middleware, err := ginjwt.New(&ginjwt.GinJWTMiddleware{
		Key: []byte(jwtSecret), SigningAlgorithm: "HS256", IdentityKey: "user", Timeout: time.Hour,
		IdentityHandler: func(c *gin.Context) any { return ginjwt.ExtractClaims(c)["user_id"] },
	})
	if err != nil {
		return nil, fmt.Errorf("gin-jwt: %w", err)
	}
	return middleware.MiddlewareFunc(), nil
}
