package main

import (
	"errors"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// authenticators returns the authenticator lists of the matrix by key.
func (app *application) authenticators() map[string]ginauth.Rule {
	token := policies.Token(app.db)
	bearer := policies.Token(app.db, "Bearer")
	remote := app.remoteUser()
	bearerJWT := jwt.NewAuthenticator(app.db, jwtConfig)
	basic := policies.Basic(app.db)
	custom := policies.AuthenticatorFunc("HeaderUser", app.headerUser)
	challenging := policies.AuthenticatorFunc("HeaderUser", app.headerUser, `X-Custom realm="oracle", charset="UTF-8"`)
	anyone := policies.AuthenticatorFunc("Guest", guest, "Guest")
	return map[string]ginauth.Rule{
		"none":          ginauth.NoAuthentication(),
		"token":         ginauth.AuthenticationClasses(token),
		"basic":         ginauth.AuthenticationClasses(basic),
		"token-basic":   ginauth.AuthenticationClasses(token, basic),
		"basic-token":   ginauth.AuthenticationClasses(basic, token),
		"session":       ginauth.AuthenticationClasses(app.session),
		"session-basic": ginauth.AuthenticationClasses(app.session, basic),
		"session-token": ginauth.AuthenticationClasses(app.session, token),
		"token-session": ginauth.AuthenticationClasses(token, app.session),
		"bearer":        ginauth.AuthenticationClasses(bearer),
		"remote":        ginauth.AuthenticationClasses(remote),
		"remote-token":  ginauth.AuthenticationClasses(remote, token),
		"token-remote":  ginauth.AuthenticationClasses(token, remote),
		"jwt":           ginauth.AuthenticationClasses(bearerJWT),
		"jwt-token":     ginauth.AuthenticationClasses(bearerJWT, token),
		"token-jwt":     ginauth.AuthenticationClasses(token, bearerJWT),
		"bearer-jwt":    ginauth.AuthenticationClasses(bearer, bearerJWT),
		"custom":        ginauth.AuthenticationClasses(custom),
		"custom-token":  ginauth.AuthenticationClasses(custom, token),
		"token-custom":  ginauth.AuthenticationClasses(token, custom),
		"custom-h":      ginauth.AuthenticationClasses(challenging),
		"guest":         ginauth.AuthenticationClasses(anyone),
		"guest-token":   ginauth.AuthenticationClasses(anyone, token),
	}
}

// headerValue returns a header as WSGI passes it on: repeated lines are joined,
// and bytes are read as Latin-1.
func headerValue(c *gin.Context, name string) (value string, present bool) {
	lines, present := c.Request.Header[name]
	return latin1(strings.Join(lines, ",")), present
}

// headerUser believes the user name in X-Custom, and raises the error that the
// header asks for.
func (app *application) headerUser(c *gin.Context) (*ginauth.Identity, error) {
	name, present := headerValue(c, "X-Custom")
	if !present {
		return nil, ginauth.ErrNoCredentials
	}
	switch name {
	case "denied":
		return nil, ginauth.PermissionDenied().WithDetail("Custom denial.")
	case "not-auth":
		return nil, ginauth.NotAuthenticated()
	case "failed":
		return nil, ginauth.AuthenticationFailed()
	case "failed-code":
		return nil, ginauth.AuthenticationFailed().WithDetail("Card expired.").WithCode("card_expired")
	case "failed-dict":
		return nil, ginauth.AuthenticationFailed().WithDetail(map[string]string{"why": "dict", "n": "1"})
	case "throttled":
		return nil, ginauth.Throttled().AvailableIn(7 * time.Second)
	case "parse":
		return nil, ginauth.ParseError()
	}
	user, err := app.users.ByUsername(c.Request.Context(), name)
	if errors.Is(err, models.ErrNotFound) {
		return nil, ginauth.AuthenticationFailed().WithDetail("No such user.")
	}
	if err != nil {
		return nil, err
	}
	return &ginauth.Identity{User: user, Auth: "custom"}, nil
}

// guest succeeds with the anonymous user.
func guest(c *gin.Context) (*ginauth.Identity, error) {
	if _, present := headerValue(c, "X-Guest"); !present {
		return nil, ginauth.ErrNoCredentials
	}
	return &ginauth.Identity{User: ginauth.AnonymousUser{}, Auth: "guest"}, nil
}
