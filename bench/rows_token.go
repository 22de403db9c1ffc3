package main

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
)

// tokenRows compares the look-up of a token and its user with what applications
// write with GORM, on SQLite.
func tokenRows(s *store) ([]row, error) {
	byStatement, err := prepared(s.db)
	if err != nil {
		return nil, err
	}
	alike, err := preparedAlike(s.db)
	if err != nil {
		return nil, err
	}
	engine := behind(policies.Token(s.db))
	ours := func() (func(), error) { return serve(engine, "/", "Authorization", "Token "+s.token) }
	var rows []row
	for _, beside := range []struct {
		peer       string
		middleware gin.HandlerFunc
	}{
		{"a prepared statement by hand", byStatement},
		{"the same statement, prepared by hand", alike},
		{"GORM's Preload", preload(s.db)},
	} {
		theirs := gin.New()
		theirs.GET("/", beside.middleware, emptyHandler)
		row, err := pair("token, SQLite", beside.peer, ours,
			func() (func(), error) { return serve(theirs, "/", "Authorization", "Token "+s.token) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	access, err := accessToken(s)
	if err != nil {
		return nil, err
	}
	row, err := pair("access token, SQLite", "DRF's token", access, ours)
	return append(rows, row), err
}

// accessToken returns a request with an access token.
func accessToken(s *store) (func() (func(), error), error) {
	tokens, err := accesstoken.Of(s.db)
	if err != nil {
		return nil, err
	}
	_, secret, err := tokens.Create(context.Background(), s.user, accesstoken.Draft{
		Name: "bench", Scopes: []string{models.AllScopes}, Expiry: accesstoken.ExpiresIn(time.Hour),
	})
	if err != nil {
		return nil, err
	}
	engine := behind(policies.AccessToken(s.db))
	return func() (func(), error) { return serve(engine, "/", "Authorization", "Bearer "+string(secret)) }, nil
}

// behind returns a server that authenticates.
func behind(class ginauth.Authenticator) *gin.Engine {
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(class))
	engine.GET("/", emptyHandler)
	return engine
}
