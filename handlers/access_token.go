package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
)

// AccessTokensConfig configures [MountAccessTokens].
type AccessTokensConfig struct {
	// Scope is one of [models.Scopes]: an access token with this scope may
	// manage its owner's tokens. By default tokens limited to scopes may not,
	// and tokens with all scopes may.
	Scope string

	// Limit is the number of tokens, neither revoked nor expired, that an owner
	// can have. Default: 100.
	Limit int

	// Rules replace what the routes inherit or declare themselves, e.g.
	// ginauth.ThrottleClasses(...).
	Rules []ginauth.Rule

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64
}

const defaultTokenLimit = 100

// MountAccessTokens registers the routes by which users, and services, manage
// their own access tokens:
//
//   - POST path creates a token from {"name": "ci", "scopes": ["notes:read"],
//     "expires_in": 7776000}. "expires_in" is in seconds, or "never";
//     "idle_timeout", in seconds, is optional. The answer, 201, describes the
//     token, and is the only one that ever contains the secret, as "token";
//   - GET path lists the tokens, and DELETE path revokes them all;
//   - POST path/:id/rotate gives a token a new secret and, with "expires_in", a
//     new end. The answer describes the token and contains the new secret;
//   - DELETE path/:id revokes one token.
//
// A description has the members "id", "name", "scopes", "created", "rotated",
// "expires", "idle_timeout", "last_used", which is accurate to about a minute,
// and "status". A token that never expires has null for "expires", and one
// without a limit null for "idle_timeout".
//
// The owner is always the user of the request. Unknown members of the body are
// refused, and the id of another owner's token is 404. A token created or
// rotated by means of a token gets no wider scopes and no later end than that
// token. Rotating a token that has ended is 409.
//
// The routes are for authenticated users, and inherit authenticators and
// throttles. Sessions are checked for CSRF by their authenticator.
// MountAccessTokens panics as [ginauth.Auth.Group] does, if the database's user
// model or the config is unfit, and if the path is empty.
func MountAccessTokens(auth *ginauth.Auth, r gin.IRouter, path string, db *gorm.DB, config ...AccessTokensConfig) {
	const constructor = "handlers: MountAccessTokens"
	tokens, err := accesstoken.Of(db)
	wiring.Check(constructor, err)
	h := &accessTokens{tokens: tokens, config: wiring.Config(constructor, config)}
	h.config.Limit = cmp.Or(h.config.Limit, defaultTokenLimit)
	h.body = endpoint.NewBody(constructor, h.config.MaxBodyBytes, requestdata.JSON)
	if h.config.Limit < 0 {
		panic(constructor + ": Limit must not be negative, or no token could be made; 0 stands for 100")
	}
	members := ginauth.PermissionClasses(policies.IsAuthenticated)
	if scope := h.config.Scope; scope != "" {
		if _, defined := tokens.Scopes()[scope]; !defined {
			panic(constructor + ": the scope " + scope + " is not among the database's models.Scopes")
		}
		members = ginauth.PermissionClasses(policies.IsAuthenticated, policies.HasScope(scope))
	}
	own := auth.With(auth.With(r, members), h.config.Rules...)
	endpoint.CheckPath(constructor, own, path, "/tokens/")
	base, slash := path, ""
	if trimmed, ok := strings.CutSuffix(path, "/"); ok {
		base, slash = trimmed, "/"
	}
	own.Any(path, h.view("Access Token List", methods{
		http.MethodGet: h.list, http.MethodPost: h.create, http.MethodDelete: h.revokeAll,
	}))
	own.Any(base+"/:id"+slash, h.view("Access Token", methods{http.MethodDelete: h.revoke}))
	own.Any(base+"/:id/rotate"+slash, h.view("Rotate Access Token", methods{http.MethodPost: h.rotate}))
}

// methods maps each HTTP method to the function that answers it.
type methods map[string]func(c *gin.Context, owner models.UserModel) (status int, body any, err error)

func (h *accessTokens) view(name string, m methods) gin.HandlerFunc {
	answers := map[string]endpoint.Answer{}
	for method, answer := range m {
		answers[method] = func(c *gin.Context) (int, any, error) {
			owner, ok := ginauth.UserAs[models.UserModel](c)
			if !ok || !owner.Authenticated() {
				return 0, nil, ginauth.PermissionDenied()
			}
			status, body, err := answer(c, owner)
			if err != nil {
				return 0, nil, tokenRefusal(err)
			}
			return status, body, nil
		}
	}
	return endpoint.View{Name: name, Body: h.body, Methods: answers}.Handler()
}

// tokenRefusal returns the refusal that tells the client about an error.
func tokenRefusal(err error) error {
	if refusal, ok := errors.AsType[*ginauth.Error](err); ok {
		return refusal
	}
	if wrong, ok := errors.AsType[accesstoken.Error](err); ok {
		return ginauth.ValidationError(fieldErrors{}.with(wrong.Field, wrong.Message))
	}
	switch {
	case errors.Is(err, accesstoken.ErrEnded):
		return &ginauth.Error{Status: http.StatusConflict, Code: "token_ended", Detail: "The token has ended."}
	case errors.Is(err, models.ErrNotFound):
		return ginauth.NotFound()
	}
	return ginauth.Unavailable(err)
}

type accessTokens struct {
	tokens *accesstoken.Store
	config AccessTokensConfig
	body   endpoint.Body
}

func (h *accessTokens) list(c *gin.Context, owner models.UserModel) (int, any, error) {
	tokens, err := h.tokens.List(c.Request.Context(), owner)
	if err != nil {
		return 0, nil, err
	}
	body := make([]tokenDescription, len(tokens))
	for i, t := range tokens {
		body[i] = responseOf(t)
	}
	return http.StatusOK, body, nil
}

func (h *accessTokens) create(c *gin.Context, owner models.UserModel) (int, any, error) {
	draft, err := h.readDraft(c)
	if err != nil {
		return 0, nil, err
	}
	if draft.Through, err = through(c, draft.Scopes); err != nil {
		return 0, nil, err
	}
	t, secret, err := h.tokens.Create(c.Request.Context(), owner, draft)
	if err != nil {
		return 0, nil, err
	}
	tellAccessToken(c, ginauth.CredentialIssued, t.ID)
	return http.StatusCreated, newToken{responseOf(t), string(secret)}, nil
}

func (h *accessTokens) rotate(c *gin.Context, owner models.UserModel) (int, any, error) {
	expiry, err := h.readRotation(c)
	if err != nil {
		return 0, nil, err
	}
	// The scopes of the token are not known yet.
	credential, err := through(c, []string{models.AllScopes})
	if err != nil {
		return 0, nil, err
	}
	rotation := accesstoken.Rotation{Expiry: expiry, Through: credential}
	t, secret, err := h.tokens.Rotate(c.Request.Context(), owner, c.Param("id"), rotation)
	if err != nil {
		return 0, nil, err
	}
	tellAccessToken(c, ginauth.CredentialRotated, t.ID)
	return http.StatusOK, newToken{responseOf(t), string(secret)}, nil
}

func (h *accessTokens) revoke(c *gin.Context, owner models.UserModel) (int, any, error) {
	id := c.Param("id")
	if err := h.tokens.Revoke(c.Request.Context(), owner, id); err != nil {
		return 0, nil, err
	}
	tellAccessToken(c, ginauth.CredentialRevoked, id)
	return http.StatusNoContent, nil, nil
}

func (h *accessTokens) revokeAll(c *gin.Context, owner models.UserModel) (int, any, error) {
	if _, err := h.tokens.RevokeAll(c.Request.Context(), owner); err != nil {
		return 0, nil, err
	}
	tellAccessToken(c, ginauth.CredentialRevoked, "")
	return http.StatusNoContent, nil, nil
}

// tellAccessToken emits an event about a token of the user, or about all of
// them if there is no id.
func tellAccessToken(c *gin.Context, kind ginauth.EventKind, id string) {
	ginauth.Emit(c, ginauth.Event{Kind: kind, Credential: "access_token", CredentialID: id})
}

// through returns the access token of the request, if that is the credential;
// models then bounds the new token by it. Any other limited credential bounds
// the scopes itself.
func through(c *gin.Context, scopes []string) (*accesstoken.Token, error) {
	if t, ok := ginauth.AuthAs[*accesstoken.Token](c); ok {
		return t, nil
	}
	credential, ok := ginauth.AuthAs[ginauth.ScopedCredential](c)
	if !ok || !credential.Limited() {
		return nil, nil
	}
	for _, name := range scopes {
		if name == models.AllScopes || !credential.HasScope(name) {
			return nil, ginauth.InsufficientScope()
		}
	}
	return nil, nil
}
