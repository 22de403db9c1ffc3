package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// SessionConfig configures [MountSession].
type SessionConfig struct {
	// Rules replace what the login route inherits or declares itself, e.g.
	// ginauth.ThrottleClasses(...).
	Rules []ginauth.Rule

	// BadCredentials is the body of the 400 for a wrong user name or password;
	// a string is answered as {"detail": ...}. Default: the body of the token
	// endpoint.
	BadCredentials any

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64

	// InsecureWithoutCSRF lets other sites log visitors in and out, as DRF's
	// function views do, which are exempt from Django's check.
	InsecureWithoutCSRF bool
}

// loggedIn is the answer to a login or a logout.
type loggedIn struct {
	User *string `json:"user"` // the user name; null if no user is logged in
}

// csrfAnswer contains what pages and scripts need to make unsafe requests.
type csrfAnswer struct {
	Token string `json:"csrftoken"`
}

// MountSession registers three routes for clients that keep a session in a
// cookie:
//
//   - GET path/csrf returns {"csrftoken": "..."} and sets the cookie that it
//     belongs to;
//   - POST path/login takes a user name and a password as JSON, form or
//     multipart form, logs the user in (see [policies.SessionAuth.Login]) and
//     returns {"user": "..."};
//   - POST path/logout ends the session and returns {"user": null}.
//
// Login and logout require a CSRF token. Login needs it because otherwise
// another site could log its visitors in under another account. Any client may
// call the routes. They have no authenticators, so that a stale cookie or
// header does not get in the way. An address may try to log in 20 times a
// minute, in place of inherited throttles, as at the token endpoint (see
// [MountObtainAuthToken]).
//
// MountSession panics as [ginauth.Auth.Group] does, if there is no session, if
// the config is unfit, and if the path is empty.
func MountSession(
	auth *ginauth.Auth, r gin.IRouter, path string, session *policies.SessionAuth, config ...SessionConfig,
) {
	const constructor = "handlers: MountSession"
	if session == nil {
		panic(constructor + " was given no session; it takes what policies.Session returns")
	}
	users := session.Sessions().Users()
	h := &sessionHandlers{
		session: session, users: users, logins: logins.Of(users), config: wiring.Config(constructor, config),
	}
	h.body = endpoint.NewBody(constructor, h.config.MaxBodyBytes, anyParser...)
	if h.config.BadCredentials == nil {
		h.config.BadCredentials = badCredentials()
	}
	endpoint.CheckPath(constructor, auth.With(r), path, "/session")
	auth.AddCheck(func(ctx context.Context, classes []ginauth.Authenticator) error {
		if slices.Contains(classes, ginauth.Authenticator(session)) {
			return h.logins.Preflight(ctx) // the session has been asked
		}
		return errors.Join(session.Preflight(ctx), h.logins.Preflight(ctx))
	})
	auth.AddDeployCheck(h)
	open := auth.Group(r, path,
		ginauth.NoAuthentication(), ginauth.PermissionClasses(ginauth.Public("a login")), ginauth.NoObject())
	throttled := auth.With(open, ginauth.ThrottleClasses(policies.AddressRate(endpoint.LoginRate)))
	auth.With(throttled, h.config.Rules...).Any("/login", h.view("Session Login", http.MethodPost, h.login))
	open.Any("/logout", h.view("Session Logout", http.MethodPost, h.logout))
	open.Any("/csrf", h.view("Session Csrf", http.MethodGet, h.csrf))
}

type sessionHandlers struct {
	session *policies.SessionAuth
	users   *models.Users
	logins  *logins.Logins
	config  SessionConfig
	body    endpoint.Body
}

// anyParser is the media types of DRF's default parsers, in its order.
var anyParser = []requestdata.Parser{requestdata.JSON, requestdata.Form, requestdata.Multipart}

func (h *sessionHandlers) view(name, method string, answer func(c *gin.Context) (any, error)) gin.HandlerFunc {
	answers := map[string]endpoint.Answer{method: endpoint.OK(answer)}
	return endpoint.View{Name: name, Body: h.body, Methods: answers}.Handler()
}

func (h *sessionHandlers) csrf(c *gin.Context) (any, error) {
	return csrfAnswer{Token: h.session.CSRFToken(c)}, nil
}

func (h *sessionHandlers) login(c *gin.Context) (any, error) {
	if err := h.check(c); err != nil {
		return nil, err
	}
	data, err := h.body.Data(c)
	if err != nil {
		return nil, err
	}
	result, err := h.logins.Authenticate(c, login.Credentials{
		Username: member(data, "username"),
		Password: models.Secret(member(data, "password")), Code: models.Secret(member(data, "code")),
	})
	switch {
	case errors.Is(err, models.ErrBadCredentials):
		return nil, &ginauth.Error{Status: http.StatusBadRequest, Code: "invalid", Detail: h.config.BadCredentials}
	case err != nil:
		return nil, err
	}
	if err := h.session.Login(c, result.User, result.Factors...); err != nil {
		return nil, ginauth.Unavailable(err)
	}
	name := h.users.Username(result.User)
	return loggedIn{User: &name}, nil
}

func (h *sessionHandlers) logout(c *gin.Context) (any, error) {
	if err := h.check(c); err != nil {
		return nil, err
	}
	if err := h.session.Logout(c); err != nil {
		return nil, ginauth.Unavailable(err)
	}
	return loggedIn{}, nil
}

// CheckDeploy implements [ginauth.DeployChecker].
func (h *sessionHandlers) CheckDeploy(context.Context) error {
	if h.config.InsecureWithoutCSRF {
		return errors.New("without-csrf: MountSession: other sites can log visitors in and out; " +
			"remove SessionConfig.InsecureWithoutCSRF")
	}
	return nil
}

// check refuses a body that is too long before the CSRF check looks for a token
// in it.
func (h *sessionHandlers) check(c *gin.Context) error {
	if err := h.body.Within(c); err != nil {
		return err
	}
	if h.config.InsecureWithoutCSRF {
		return nil
	}
	return h.session.CheckCSRF(c)
}

// member returns the text of a field, or "" if it is missing: that is as wrong
// as any other value.
func member(data requestdata.Data, name string) (text string) {
	if data.JSON == nil {
		return data.Form[name].Text
	}
	value, _ := data.Member(name)
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}
