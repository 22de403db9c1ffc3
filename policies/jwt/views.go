package jwt

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// The answers, in the order of simplejwt's.
type (
	pairAnswer struct {
		Refresh string `json:"refresh"`
		Access  string `json:"access"`
	}
	refreshAnswer struct {
		Access  string `json:"access"`
		Refresh string `json:"refresh,omitempty"`
	}
	tokenAnswer struct {
		Token string `json:"token"`
	}
	csrfAnswer struct {
		Token string `json:"csrftoken"`
	}
	emptyAnswer struct{}
)

// view is one of simplejwt's views.
type view struct {
	path  string
	login bool // takes a user name and a password
	jar   *jar // whose cookies the view sets or reads; nil if it does neither
	endpoint.View
	post   func(c *gin.Context, in *endpoint.Input) (any, error)
	extend func(c *gin.Context, issued Issued) (any, error)
	config *Config
}

func (v view) handler(body endpoint.Body) gin.HandlerFunc {
	v.Body = body
	v.Methods = map[string]endpoint.Answer{http.MethodPost: endpoint.OK(v.answer)}
	return v.Handler()
}

// answer parses the body and calls the view. An error that is not a refusal is
// a failure of the database.
func (v view) answer(c *gin.Context) (any, error) {
	if err := v.checkPage(c); err != nil {
		return nil, err
	}
	in, err := v.Body.Input(c)
	if err != nil {
		return nil, err
	}
	answer, err := v.post(c, in)
	if err == nil {
		answer, err = v.extended(c, answer)
	}
	if errors.Is(err, ginauth.ErrNoCredentials) {
		return nil, ginauth.NotAuthenticated()
	}
	if _, refused := errors.AsType[*ginauth.Error](err); err != nil && !refused {
		return nil, ginauth.Unavailable(err)
	}
	if err == nil && v.login && v.jar != nil {
		v.jar.Rotate(c)
	}
	return answer, err
}

// checkPage returns nil if the view has no cookies, or the request comes from a
// page of the site. A body that is too long is refused before a token is looked
// for in it.
func (v view) checkPage(c *gin.Context) error {
	if v.jar == nil {
		return nil
	}
	if err := v.Body.Within(c); err != nil {
		return err
	}
	return v.jar.Check(c)
}

func (i *Issuer) postPair(c *gin.Context, in *endpoint.Input) (any, error) {
	result, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	pair, err := i.Pair(c.Request.Context(), result.User, result.Factors...)
	if err != nil {
		return nil, err
	}
	return i.delivered(c, pair, pairAnswer{Refresh: pair.Refresh, Access: pair.Access}), nil
}

// delivered returns the answer with new tokens or, with cookies, sets these.
func (i *Issuer) delivered(c *gin.Context, pair Issued, inBody any) any {
	if i.config.jar == nil {
		return inBody
	}
	return i.config.deliver(c, pair)
}

func (i *Issuer) postSliding(c *gin.Context, in *endpoint.Input) (any, error) {
	result, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	token, err := i.Sliding(c.Request.Context(), result.User, result.Factors...)
	return tokenAnswer{token}, err
}

func (i *Issuer) postRefresh(c *gin.Context, in *endpoint.Input) (any, error) {
	token, err := i.presented(c, in)
	if err != nil {
		return nil, err
	}
	pair, err := i.Refresh(c.Request.Context(), token)
	if err != nil {
		return nil, err
	}
	return i.delivered(c, pair, refreshAnswer{pair.Access, pair.Refresh}), nil
}

// presented returns the refresh token of a request.
func (i *Issuer) presented(c *gin.Context, in *endpoint.Input) (string, error) {
	if jar := i.config.jar; jar != nil {
		return jar.only(c.Request, jar.config.RefreshName)
	}
	token := in.Text("refresh", true)
	return token, in.Err()
}

func (i *Issuer) postSlidingRefresh(c *gin.Context, in *endpoint.Input) (any, error) {
	token := in.Text("token", true)
	if err := in.Err(); err != nil {
		return nil, err
	}
	renewed, err := i.RefreshSliding(c.Request.Context(), token)
	return tokenAnswer{renewed}, err
}

func (i *Issuer) postVerify(c *gin.Context, in *endpoint.Input) (any, error) {
	token := in.Text("token", true)
	if err := in.Err(); err != nil {
		return nil, err
	}
	return emptyAnswer{}, i.Verify(c.Request.Context(), token)
}

func (i *Issuer) postBlacklist(c *gin.Context, in *endpoint.Input) (any, error) {
	token, err := i.presented(c, in)
	if err == nil {
		err = i.Blacklist(c.Request.Context(), token)
	}
	if jar := i.config.jar; jar != nil && useless(err) {
		jar.empty(c)
		return emptyAnswer{}, nil
	}
	return emptyAnswer{}, err
}

// login authenticates by user name and password, in fields named like the
// column and "password" (simplejwt: TokenObtainSerializer). Both are trimmed:
// simplejwt's PasswordField is a CharField.
func (i *Issuer) login(c *gin.Context, in *endpoint.Input) (login.Result, error) {
	username, password := in.Text(userkit.Of(i.users).Table().UsernameField, true), in.Text("password", true)
	if err := in.Err(); err != nil {
		return login.Result{}, err
	}
	result, err := i.logins.Authenticate(c, login.Credentials{
		Username: username, Password: models.Secret(password), Code: models.Secret(in.Optional("code")),
	})
	if errors.Is(err, models.ErrBadCredentials) {
		return login.Result{}, noAccount(noActiveAccount)
	}
	return result, err
}
