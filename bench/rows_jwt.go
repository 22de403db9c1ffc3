package main

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

// jwtRows compares the check of a JSON web token, HS256, without a database.
func jwtRows(*store) ([]row, error) {
	token, err := signed(1)
	if err != nil {
		return nil, err
	}
	byMiddleware, err := byGinJWT()
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	class := jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256([]byte(jwtSecret))})
	ginauth.New(engine, ginauth.AuthenticationClasses(class))
	engine.GET("/", emptyHandler)
	var rows []row
	for _, beside := range []struct {
		peer       string
		middleware gin.HandlerFunc
	}{{"golang-jwt", byGolangJWT}, {"gin-jwt", byMiddleware}} {
		theirs := gin.New()
		theirs.GET("/", beside.middleware, emptyHandler)
		row, err := pair("JSON web token, HS256", beside.peer,
			func() (func(), error) { return serve(engine, "/", "Authorization", "Bearer "+token) },
			func() (func(), error) { return serve(theirs, "/", "Authorization", "Bearer "+token) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
