package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/charfield"
	"github.com/ginauth/ginauth/internal/mounting"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// ObtainAuthTokenConfig configures [MountObtainAuthToken].
type ObtainAuthTokenConfig struct {
	// Rules replace what the route inherits or declares itself, e.g.
	// ginauth.ThrottleClasses(...) or ginauth.NoThrottles().
	Rules []ginauth.Rule

	// Extend returns the answer to a successful login, replacing a plain
	// [TokenResponse]; a struct that embeds it adds fields. An error is
	// answered as [ginauth.Abort] does; the token has been created by then.
	Extend func(c *gin.Context, user models.UserModel, response TokenResponse) (any, error)

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64
}

// TokenResponse is the answer to a successful login.
type TokenResponse struct {
	Token string `json:"token"`
}

const loginRate = "20/min"

// MountObtainAuthToken registers DRF's view obtain_auth_token at path: POST a
// user name and password as JSON, form or multipart form, and get {"token":
// "<key>"}. A user's first login creates the token, later ones return it.
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
//	Rules: []ginauth.Rule{ginauth.ThrottleClasses(policies.AddressRate("20/min", policies.RateConfig{Store: store}))}
//
// MountObtainAuthToken panics as [ginauth.Auth.Group] does, if the database's
// user model or the config is unfit, and if the path is empty.
func MountObtainAuthToken(auth *ginauth.Auth, r gin.IRouter, path string, db *gorm.DB, config ...ObtainAuthTokenConfig) {
	users, err := models.UsersOf(db)
	if err != nil {
		panic("handlers: MountObtainAuthToken: " + err.Error())
	}
	if len(config) > 1 {
		panic("handlers: MountObtainAuthToken takes one config")
	}
	o := &obtainAuthToken{users: users, logins: logins.Of(users)}
	if len(config) == 1 {
		o.config = config[0]
	}
	o.config.MaxBodyBytes = mounting.BodyLimit("handlers: MountObtainAuthToken", o.config.MaxBodyBytes)
	open := auth.With(r, ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(policies.AddressRate(loginRate)))
	mounting.Path("handlers: MountObtainAuthToken", open, path, "/api-token-auth/")
	auth.With(open, o.config.Rules...).Any(path, o.serve)
}

type obtainAuthToken struct {
	users  *models.Users
	logins *logins.Logins
	config ObtainAuthTokenConfig
}

func (o *obtainAuthToken) serve(c *gin.Context) {
	c.Header("Allow", "POST, OPTIONS")
	switch c.Request.Method {
	case http.MethodPost:
		response, err := o.obtain(c)
		if err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.Header("Cache-Control", "no-store") // RFC 6749 section 5.1
		ginauth.JSON(c, http.StatusOK, response)
	case http.MethodOptions:
		c.Data(http.StatusOK, "application/json", []byte(metadata))
	default:
		ginauth.Abort(c, ginauth.MethodNotAllowed(c.Request.Method))
	}
}

// obtain logs the user in and returns the answer.
func (o *obtainAuthToken) obtain(c *gin.Context) (any, error) {
	data, err := requestdata.Read(c.Request, o.config.MaxBodyBytes, requestdata.Form, requestdata.Multipart, requestdata.JSON)
	if err != nil {
		return nil, err
	}
	user, err := o.login(c, data)
	if err != nil {
		return nil, err
	}
	token, err := o.users.GetOrCreateToken(c.Request.Context(), user)
	if err != nil {
		return nil, ginauth.Unavailable(err)
	}
	response := TokenResponse{Token: string(token.Key)}
	if o.config.Extend != nil {
		return o.config.Extend(c, user, response)
	}
	return response, nil
}

// loginErrors is DRF's error object of AuthTokenSerializer, in the order of its
// fields.
type loginErrors struct {
	Username []string `json:"username,omitempty"`
	Password []string `json:"password,omitempty"`
	NonField []string `json:"non_field_errors,omitempty"`
}

// login validates the data and authenticates (DRF: AuthTokenSerializer). The
// user name is trimmed, the password is not.
func (o *obtainAuthToken) login(c *gin.Context, data requestdata.Data) (models.UserModel, error) {
	fields, refusal := charfield.FieldsOf(data)
	if refusal != "" {
		return nil, ginauth.ValidationError(loginErrors{NonField: []string{refusal}})
	}
	username, usernameError := fields.Text("username", true)
	password, passwordError := fields.Text("password", false)
	if usernameError != "" || passwordError != "" {
		return nil, ginauth.ValidationError(loginErrors{Username: messages(usernameError), Password: messages(passwordError)})
	}
	user, err := o.logins.Authenticate(c, username, password)
	switch {
	case errors.Is(err, models.ErrBadCredentials):
		return nil, ginauth.ValidationError(loginErrors{NonField: []string{"Unable to log in with provided credentials."}})
	case err != nil:
		return nil, err
	}
	return user, nil
}

func messages(message string) []string {
	if message == "" {
		return nil
	}
	return []string{message}
}

// metadata is what DRF's view answers to OPTIONS (SimpleMetadata).
const metadata = `{"name":"Obtain Auth Token","description":"","renders":["application/json"],` +
	`"parses":["application/x-www-form-urlencoded","multipart/form-data","application/json"],` +
	`"actions":{"POST":{"username":{"type":"string","required":true,"read_only":false,"label":"Username"},` +
	`"password":{"type":"string","required":true,"read_only":false,"label":"Password"},` +
	`"token":{"type":"string","required":false,"read_only":true,"label":"Token"}}}}`
