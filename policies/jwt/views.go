package jwt

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/charfield"
	"github.com/ginauth/ginauth/internal/requestdata"
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

func views(i *Issuer, e Endpoints) []view {
	return []view{
		{path: e.Pair, metadata: pairMetadata, login: true, post: i.postPair},
		{path: e.Refresh, metadata: refreshMetadata, post: i.postRefresh},
		{path: e.Verify, metadata: verifyMetadata, post: i.postVerify},
		{path: e.Blacklist, metadata: blacklistMetadata, post: i.postBlacklist},
		{path: e.Sliding, metadata: slidingMetadata, login: true, post: i.postSliding},
		{path: e.SlidingRefresh, metadata: slidingRefreshMetadata, post: i.postSlidingRefresh},
	}
}

// answer parses the body and calls the view. An error that is not a refusal is
// a failure of the database.
func (v view) answer(c *gin.Context) (any, error) {
	data, err := requestdata.Read(c.Request, v.maxBodyBytes, requestdata.JSON, requestdata.Form, requestdata.Multipart)
	if err != nil {
		return nil, err
	}
	fields, refusal := charfield.FieldsOf(data)
	if refusal != "" {
		return nil, ginauth.ValidationError(nonFieldErrors{[]string{refusal}})
	}
	answer, err := v.post(c, input{fields})
	if _, refused := errors.AsType[*ginauth.Error](err); err != nil && !refused {
		return nil, ginauth.Unavailable(err)
	}
	return answer, err
}

func (i *Issuer) postPair(c *gin.Context, in input) (any, error) {
	user, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	pair, err := i.Pair(c.Request.Context(), user)
	return pairAnswer(pair), err
}

func (i *Issuer) postSliding(c *gin.Context, in input) (any, error) {
	user, err := i.login(c, in)
	if err != nil {
		return nil, err
	}
	token, err := i.Sliding(c.Request.Context(), user)
	return tokenAnswer{token}, err
}

func (i *Issuer) postRefresh(c *gin.Context, in input) (any, error) {
	token, err := in.token("refresh")
	if err != nil {
		return nil, err
	}
	pair, err := i.Refresh(c.Request.Context(), token)
	return refreshAnswer{pair.Access, pair.Refresh}, err
}

func (i *Issuer) postSlidingRefresh(c *gin.Context, in input) (any, error) {
	token, err := in.token("token")
	if err != nil {
		return nil, err
	}
	renewed, err := i.RefreshSliding(c.Request.Context(), token)
	return tokenAnswer{renewed}, err
}

func (i *Issuer) postVerify(c *gin.Context, in input) (any, error) {
	token, err := in.token("token")
	if err != nil {
		return nil, err
	}
	return emptyAnswer{}, i.Verify(c.Request.Context(), token)
}

func (i *Issuer) postBlacklist(c *gin.Context, in input) (any, error) {
	token, err := in.token("refresh")
	if err != nil {
		return nil, err
	}
	return emptyAnswer{}, i.Blacklist(c.Request.Context(), token)
}

// login authenticates by user name and password (simplejwt:
// TokenObtainSerializer).
func (i *Issuer) login(c *gin.Context, in input) (models.UserModel, error) {
	username, password, err := in.credentials(i.users.UsernameField())
	if err != nil {
		return nil, err
	}
	user, err := i.logins.Authenticate(c, username, password)
	if errors.Is(err, models.ErrBadCredentials) {
		return nil, noAccount(noActiveAccount)
	}
	return user, err
}
