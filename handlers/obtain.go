package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/fingerprint"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// ObtainAuthTokenConfig configures [MountObtainAuthToken].
type ObtainAuthTokenConfig struct {
	// Rules replace what the route inherits or declares itself, e.g.
	// ginauth.ThrottleClasses(...) or ginauth.NoThrottles().
	Rules []ginauth.Rule

	// Extend returns the answer to a successful login in place of
	// {"token": "<key>"}, e.g. a struct with more fields. An error is answered as
	// [ginauth.Abort] does; the token has been created by then.
	Extend func(c *gin.Context, user models.UserModel, key string) (any, error)

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64
}

// tokenResponse is the answer to a successful login.
type tokenResponse struct {
	Token string `json:"token"`
}

// MountObtainAuthToken registers DRF's view obtain_auth_token at path: POST a
// user name and password as JSON, form or multipart form, and get
// {"token": "<key>"}. A user's first login creates the token, later ones return
// it.
//
// The route carries its own policy: any client may call it. Like DRF's view it
// inherits the authenticators of r, so a wrong Authorization header is refused,
// and it answers other methods with 405 and Allow.
//
// An address may try 20 times a minute, whatever the name, because otherwise
// guessing passwords would be free (DRF's view has no throttle). The count
// belongs to this process and this route alone, and replaces inherited
// throttles. Processes that share one set it in Rules:
//
//	rate := policies.AddressRate("20/min", policies.RateConfig{Store: store})
//	... Rules: []ginauth.Rule{ginauth.ThrottleClasses(rate)}
//
// MountObtainAuthToken panics as [ginauth.Auth.Group] does, if the database's
// user model or the config is unfit, and if the path is empty.
func MountObtainAuthToken(
	auth *ginauth.Auth, r gin.IRouter, path string, db *gorm.DB, config ...ObtainAuthTokenConfig,
) {
	const constructor = "handlers: MountObtainAuthToken"
	users, err := models.UsersOf(db)
	wiring.Check(constructor, err)
	o := &obtainAuthToken{users: users, logins: logins.Of(users), config: wiring.Config(constructor, config)}
	o.body = endpoint.NewBody(constructor, o.config.MaxBodyBytes,
		requestdata.Form, requestdata.Multipart, requestdata.JSON)
	view := endpoint.View{
		Name: "Obtain Auth Token", Body: o.body, Takes: []string{"username", "password"}, Gives: []string{"token"},
		Methods: map[string]endpoint.Answer{http.MethodPost: endpoint.OK(o.obtain)},
	}
	auth.AddCheck(func(ctx context.Context, _ []ginauth.Authenticator) error { return o.logins.Preflight(ctx) })
	open := auth.With(r,
		ginauth.PermissionClasses(ginauth.Public("a login")),
		ginauth.ThrottleClasses(policies.AddressRate(endpoint.LoginRate)))
	endpoint.CheckPath(constructor, open, path, "/api-token-auth/")
	auth.With(open, o.config.Rules...).Any(path, view.Handler())
}

type obtainAuthToken struct {
	users  *models.Users
	logins *logins.Logins
	config ObtainAuthTokenConfig
	body   endpoint.Body
}

// obtain logs the user in and returns the answer.
func (o *obtainAuthToken) obtain(c *gin.Context) (any, error) {
	in, err := o.body.Input(c)
	if err != nil {
		return nil, err
	}
	result, err := o.login(c, in)
	if err != nil {
		return nil, err
	}
	user := result.User
	token, err := o.users.GetOrCreateToken(c.Request.Context(), user)
	if err != nil {
		return nil, ginauth.Unavailable(err)
	}
	ginauth.Emit(c, ginauth.Event{
		Kind: ginauth.CredentialIssued, Subject: (&ginauth.Identity{User: user}).Subject(),
		Credential: "token", CredentialID: fingerprint.Of(string(token.Key)),
	})
	if o.config.Extend != nil {
		return o.config.Extend(c, user, string(token.Key))
	}
	return tokenResponse{Token: string(token.Key)}, nil
}

// login validates the data and authenticates (DRF: AuthTokenSerializer). The
// user name is trimmed, the password is not.
func (o *obtainAuthToken) login(c *gin.Context, in *endpoint.Input) (login.Result, error) {
	username, password := in.Text("username", true), in.Text("password", false)
	if err := in.Err(); err != nil {
		return login.Result{}, err
	}
	result, err := o.logins.Authenticate(c, login.Credentials{
		Username: username, Password: models.Secret(password), Code: models.Secret(in.Optional("code")),
	})
	if errors.Is(err, models.ErrBadCredentials) {
		return login.Result{}, ginauth.ValidationError(badCredentials())
	}
	return result, err
}

// badCredentials returns DRF's answer to a wrong user name or password.
func badCredentials() any { return endpoint.NonField("Unable to log in with provided credentials.") }
