package jwt

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/models"
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
	emptyAnswer struct{}
)

// view is one of simplejwt's views.
type view struct {
	path  string
	login bool // takes a user name and a password
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
	in, err := v.Body.Input(c)
	if err != nil {
		return nil, err
	}
	answer, err := v.post(c, in)
	if err == nil {
		answer, err = v.extended(c, answer)
	}
	if _, refused := errors.AsType[*ginauth.Error](err); err != nil && !refused {
		return nil, ginauth.Unavailable(err)
	}
	return answer, err
}

func (i *Issuer) postPair(c *gin.Context, in *endpoint.Input) (any, error) {
	login, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	pair, err := i.Pair(c.Request.Context(), login.User, login.Factors...)
	return pairAnswer(pair), err
}

func (i *Issuer) postSliding(c *gin.Context, in *endpoint.Input) (any, error) {
	login, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	token, err := i.Sliding(c.Request.Context(), login.User, login.Factors...)
	return tokenAnswer{token}, err
}

func (i *Issuer) postRefresh(c *gin.Context, in *endpoint.Input) (any, error) {
	token := in.Text("refresh", true)
	if err := in.Err(); err != nil {
		return nil, err
	}
	pair, err := i.Refresh(c.Request.Context(), token)
	return refreshAnswer{pair.Access, pair.Refresh}, err
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
	token := in.Text("refresh", true)
	if err := in.Err(); err != nil {
		return nil, err
	}
	return emptyAnswer{}, i.Blacklist(c.Request.Context(), token)
}

// login authenticates by user name and password, in fields named like the
// column and "password" (simplejwt: TokenObtainSerializer). Both are trimmed:
// simplejwt's PasswordField is a CharField.
func (i *Issuer) login(c *gin.Context, in *endpoint.Input) (models.Login, error) {
	username, password := in.Text(i.users.UsernameField(), true), in.Text("password", true)
	if err := in.Err(); err != nil {
		return models.Login{}, err
	}
	login, err := i.logins.Authenticate(c, models.Credentials{
		Username: username, Password: models.Secret(password), Code: models.Secret(in.Optional("code")),
	})
	if errors.Is(err, models.ErrBadCredentials) {
		return models.Login{}, noAccount(noActiveAccount)
	}
	return login, err
}
