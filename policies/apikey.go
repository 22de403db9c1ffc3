package policies

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// APIKeyConfig configures [HasAPIKey].
type APIKeyConfig struct {
	// a header that holds the key and nothing else, in place of Authorization
	// (API_KEY_CUSTOM_HEADER)
	Header string
}

// HasAPIKey lets requests pass with a valid API key of db
// (djangorestframework-api-key: HasAPIKey), in the header
//
//	Authorization: Api-Key <prefix>.<secret>
//
// The key is not a user: the request stays anonymous unless it authenticates
// too. A handler gets the key with [APIKeyOf]. A request costs one query. To
// admit users too, write policies.Any(policies.HasAPIKey(db),
// policies.IsAuthenticated). It panics if ginauth does not know the database.
func HasAPIKey(db *gorm.DB, config ...APIKeyConfig) ginauth.Permission {
	keys, err := apikey.Of(db)
	wiring.Check("policies: HasAPIKey", err)
	header := wiring.Config("policies: HasAPIKey", config).Header
	if header != "" && !wiring.IsWord(header) {
		panic("policies: HasAPIKey: the header must be a name such as X-Api-Key: " + header)
	}
	return &apiKeyPermission{
		keys: keys, header: http.CanonicalHeaderKey(header), firstWord: stack.Of(db).Has(stack.KeyScheme),
	}
}

type apiKeyPermission struct {
	keys      *apikey.Store
	header    string
	firstWord bool // the scheme is the first word of the header
}

var _ ginauth.Preflighter = (*apiKeyPermission)(nil)

func (p *apiKeyPermission) HasPermission(c *gin.Context, _ *ginauth.Identity) (bool, error) {
	key := p.key(c.Request.Header)
	if key == "" {
		return false, nil
	}
	var row *apikey.Key
	_, err := sqlkit.Lagging(c.Request, func(ctx context.Context) (_ bool, err error) {
		row, err = p.keys.Verify(ctx, key)
		return err == nil, err
	})
	switch {
	case errors.Is(err, models.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	c.Set(apiKeyKey{}, row)
	return true, nil
}

// key returns what the client sent as a key, or "" (KeyParser). Before api-key
// 3.0 the scheme was compared case-sensitively, and could stand anywhere, but
// only once.
func (p *apiKeyPermission) key(h http.Header) string {
	if p.header != "" {
		return strings.Join(h[p.header], ",")
	}
	header := strings.Join(h["Authorization"], ",")
	if p.firstWord {
		scheme, key, _ := strings.Cut(header, " ")
		if !authorization.EqualFold(scheme, "Api-Key") {
			return ""
		}
		return key
	}
	pieces := strings.SplitN(header, "Api-Key ", 3)
	if len(pieces) != 2 {
		return ""
	}
	return pieces[1]
}

// Describe implements [ginauth.Describer].
func (p *apiKeyPermission) Describe(string) []ginauth.Alternative {
	if p.header != "" {
		return accepts(ginauth.Credential{Name: "ApiKey", Header: p.header})
	}
	return accepts(ginauth.Credential{Name: "ApiKey", Header: "Authorization", Scheme: "Api-Key"})
}

func (p *apiKeyPermission) String() string { return "HasAPIKey" }

// apiKeyKey is the context key of the API key.
type apiKeyKey struct{}

// APIKeyOf returns the API key that admitted the request. ok is false if none
// did.
func APIKeyOf(c *gin.Context) (key *apikey.Key, ok bool) {
	value, _ := c.Get(apiKeyKey{})
	key, ok = value.(*apikey.Key)
	return key, ok
}
