// Package jwt declares the settings of JSON web tokens.
package jwt

import "github.com/ginauth/ginauth/policies/jwt"

var (
	config    jwt.Config
	next, old jwt.Key
)

func alert(user any, family string) {}
