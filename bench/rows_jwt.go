package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v3"
	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

const jwtSecret = "a secret of thirty-two bytes or more, for HS256"

type claims struct {
	TokenType string `json:"token_type"`
	UserID    int64  `json:"user_id"`
	gojwt.RegisteredClaims
}

// jwtRows compares the check of a JSON web token, HS256, without a database.
func jwtRows(*store) ([]row, error) {
	now := time.Now()
	token, err := gojwt.NewWithClaims(gojwt.SigningMethodHS256, claims{"access", 1, gojwt.RegisteredClaims{
		ID: "0123456789abcdef", IssuedAt: gojwt.NewNumericDate(now), ExpiresAt: gojwt.NewNumericDate(now.Add(time.Hour)),
	}}).SignedString([]byte(jwtSecret))
	if err != nil {
		return nil, err
	}
	byLibrary := gin.New()
	byLibrary.GET("/", func(c *gin.Context) {
		text, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		var found claims
		_, err := gojwt.ParseWithClaims(text, &found, func(*gojwt.Token) (any, error) { return []byte(jwtSecret), nil },
			gojwt.WithValidMethods([]string{"HS256"}), gojwt.WithExpirationRequired())
		if err != nil || found.TokenType != "access" {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("user", &found)
	}, nothing)
	middleware, err := ginjwt.New(&ginjwt.GinJWTMiddleware{
		Key: []byte(jwtSecret), SigningAlgorithm: "HS256", IdentityKey: "user_id", Timeout: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("gin-jwt: %w", err)
	}
	byMiddleware := gin.New()
	byMiddleware.GET("/", middleware.MiddlewareFunc(), nothing)

	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256([]byte(jwtSecret))})))
	engine.GET("/", nothing)
	var rows []row
	for _, beside := range []struct {
		peer   string
		engine *gin.Engine
	}{{"golang-jwt", byLibrary}, {"gin-jwt", byMiddleware}} {
		row, err := pair("JSON web token, HS256", beside.peer,
			func() (func(), error) { return serve(engine, "/", "Authorization", "Bearer "+token) },
			func() (func(), error) { return serve(beside.engine, "/", "Authorization", "Bearer "+token) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
