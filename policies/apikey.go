package policies

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/authorization"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// HasAPIKey lets requests pass with a valid API key of db
// (djangorestframework-api-key: HasAPIKey), in the header
//
//	Authorization: Api-Key <prefix>.<secret>
//
// or, if a header is named, such as "X-Api-Key", in that header, which holds the
// key and nothing else (API_KEY_CUSTOM_HEADER).
//
// The key is not a user: the request stays anonymous unless it authenticates
// too. A handler gets the key with [APIKeyOf]. A request costs one query. To
// admit users too, write policies.Any(policies.HasAPIKey(db),
// policies.IsAuthenticated). It panics if ginauth does not know the database, or
// if it is given two headers or one that is not a name.
//
// Keys with scopes or a quota, which this class would not hold to them, are
// refused, unless [APIKey] has authenticated the request with the key. A key of
// db by which it has is enough; in a header that only this class reads, a client
// may send another one. A database without the table ginauth_api_key, which holds
// scopes and quotas, has Django's keys only; once the process has seen the table,
// its absence is a failure.
func HasAPIKey(db *gorm.DB, header ...string) ginauth.Permission {
	p := &apiKeyPermission{apiKeys: newAPIKeys("policies: HasAPIKey", db, header)}
	keys := accepts(p.credential())
	p.traits.Ways = func(method string, _ bool) []ginauth.Alternative { return keys(method) }
	return p
}

type apiKeyPermission struct {
	apiKeys
	traits ginauth.PermissionTraits
}

var _ ginauth.Preflighter = (*apiKeyPermission)(nil)

// Preflight implements [ginauth.Preflighter]: it finds a missing table of keys.
func (p *apiKeyPermission) Preflight(ctx context.Context) error {
	err := p.keys.Preflight(ctx)
	absent, ok := errors.AsType[*djangoschema.MissingTables](err)
	if ok && !slices.Contains(absent.Names, apikey.Key{}.TableName()) {
		return nil
	}
	return err
}

func (p *apiKeyPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	key, sent := p.key(c.Request.Header)
	known, _ := id.Auth.(*keyCredential)
	if known != nil && !sqlkit.SameDatabase(known.from.db, p.db) {
		known = nil
	}
	switch {
	case known != nil && (!sent || known.from.header == p.header):
		return true, nil
	case !sent:
		return false, nil
	}
	row, err := p.verify(c, key)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case known != nil && known.ID == row.ID:
		return true, nil
	case len(row.Scopes) > 0 || row.Quota != nil:
		return false, nil
	}
	c.Set(apiKeyKey{}, row)
	return true, nil
}

// apiKeys finds the API keys of requests.
type apiKeys struct {
	db        *gorm.DB
	keys      *apikey.Store
	header    string // in place of Authorization; or ""
	firstWord bool   // the scheme is the first word of Authorization
}

func newAPIKeys(constructor string, db *gorm.DB, headers []string) apiKeys {
	keys, err := apikey.Of(db)
	wiring.Check(constructor, err)
	header := wiring.Optional(constructor, "header", headers)
	if header != "" && !wiring.IsWord(header) {
		panic(constructor + ": the header must be a name such as X-Api-Key: " + header)
	}
	return apiKeys{
		db: db, keys: keys,
		header: http.CanonicalHeaderKey(header), firstWord: stack.Of(db).Has(stack.KeyScheme),
	}
}

// verify looks up a key, on a replica if there is one.
func (k *apiKeys) verify(c *gin.Context, key string) (row *apikey.Key, err error) {
	_, err = sqlkit.Lagging(c.Request, func(ctx context.Context) (bool, error) {
		row, err = k.keys.Verify(ctx, key)
		return err == nil, err
	})
	return row, err
}

// Preflight implements [ginauth.Preflighter]: it finds missing tables.
func (k *apiKeys) Preflight(ctx context.Context) error { return k.keys.Preflight(ctx) }

// key returns what the client sent as a key, if anything (KeyParser). Before
// api-key 3.0 the scheme was compared case-sensitively, and could stand
// anywhere, but only once.
func (k *apiKeys) key(h http.Header) (key string, sent bool) {
	if k.header != "" {
		return strings.Join(h[k.header], ","), len(h[k.header]) > 0
	}
	header := strings.Join(h["Authorization"], ",")
	if k.firstWord {
		scheme, key, _ := strings.Cut(header, " ")
		return key, authorization.EqualFold(scheme, "Api-Key")
	}
	pieces := strings.SplitN(header, "Api-Key ", 3)
	if len(pieces) != 2 {
		return "", false
	}
	return pieces[1], true
}

// credential describes a key.
func (k *apiKeys) credential() ginauth.Credential {
	if k.header != "" {
		return ginauth.Credential{Name: "ApiKey", Header: k.header}
	}
	return ginauth.Credential{Name: "ApiKey", Header: "Authorization", Scheme: "Api-Key"}
}

// Describe implements [ginauth.Describer].
func (p *apiKeyPermission) Describe() ginauth.PermissionTraits { return p.traits }

func (p *apiKeyPermission) String() string { return "HasAPIKey" }

// apiKeyKey is the context key of the API key.
type apiKeyKey struct{}

// APIKeyOf returns the API key that authenticated the request, see [APIKey], or
// else admitted it, see [HasAPIKey]. ok is false if none did.
func APIKeyOf(c *gin.Context) (key *apikey.Key, ok bool) {
	if credential, ok := ginauth.AuthAs[*keyCredential](c); ok {
		return credential.Key, true
	}
	value, _ := c.Get(apiKeyKey{})
	key, ok = value.(*apikey.Key)
	return key, ok
}
