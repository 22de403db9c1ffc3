package main

import (
	"strconv"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

func jwtContenders(*world) (all []contender, omitted []string) {
	golangJWT, ginJWT := "golang-jwt, HS256", "gin-jwt, HS256"
	return []contender{
		{name: golangJWT, build: func(w *world) (*site, error) {
			return byMiddleware(w.SQLite.credentials(bearer), byGolangJWT), nil
		}},
		{name: ginJWT, build: func(w *world) (*site, error) {
			middleware, err := byGinJWT()
			return byMiddleware(w.SQLite.credentials(bearer), middleware), err
		}},
		{
			name: "ginauth, JSON web token, HS256", beside: []string{bareGin, golangJWT, ginJWT},
			build: func(w *world) (*site, error) {
				class := jwt.NewStatelessAuthenticator(jwt.Config{Key: jwt.HS256([]byte(jwtSecret))})
				return guardedSite(w.SQLite.credentials(bearer), ginauth.AuthenticationClasses(class))
			},
		},
	}, nil
}

// bearer returns the credential of a user that has a number and no name.
func bearer(a account) credential {
	token, err := signed(a.ID)
	if err != nil {
		panic(err) // the key is a constant
	}
	return credential{"Authorization", "Bearer " + token, strconv.FormatInt(a.ID, 10)}
}
