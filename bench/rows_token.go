package main

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// tokenRows compares the look-up of a token and its user with what applications
// write with GORM, on SQLite.
func tokenRows(s *store) ([]row, error) {
	byStatement, err := prepared(s.db)
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(s.db)))
	engine.GET("/", nothing)
	var rows []row
	for _, beside := range []struct {
		peer       string
		middleware gin.HandlerFunc
	}{{"a prepared statement by hand", byStatement}, {"GORM's Preload", preload(s.db)}} {
		theirs := gin.New()
		theirs.GET("/", beside.middleware, nothing)
		row, err := pair("token, SQLite", beside.peer,
			func() (func(), error) { return serve(engine, "/", "Authorization", "Token "+s.token) },
			func() (func(), error) { return serve(theirs, "/", "Authorization", "Token "+s.token) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
