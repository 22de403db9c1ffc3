package oauth2token

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/models"
)

// Token is an access token that django-oauth-toolkit has issued
// (AbstractAccessToken). It never contains the text that the bearer presents.
type Token struct {
	ID            int64     // for logs; not secret
	ApplicationID string    // the primary key of the client (Application) as text; empty: none
	Scopes        []string  // as they were granted
	Resources     []string  // where it may be used (RFC 8707); empty: everywhere
	Created       time.Time // when the grant was made, which a renewal in place does not change
	Expires       time.Time

	user   models.UserModel // nil for a client that acts for itself
	scopes scopeset.Set     // the definitions of the database
}

// ErrExpired and ErrResource tell bearers why a token that exists is refused,
// as django-oauth-toolkit does. Both wrap [models.ErrNotFound].
var (
	ErrExpired  = fmt.Errorf("oauth2token: the token has expired: %w", models.ErrNotFound)
	ErrResource = fmt.Errorf("oauth2token: the token is for other resources: %w", models.ErrNotFound)
)

// String returns "OAuth 2 token" and the id.
func (t *Token) String() string { return "OAuth 2 token " + strconv.FormatInt(t.ID, 10) }

// Limited returns true: a token permits what its scopes stand for, and nothing
// if it has none.
func (*Token) Limited() bool { return true }

// HasScope reports whether the token was granted the scope. No scope includes
// another, and "*" has no special meaning. It does not ask whether the user has
// the scope's permissions; [Token.Allows] does.
func (t *Token) HasScope(name string) bool { return slices.Contains(t.Scopes, name) }

// Allows reports whether the token was granted the scope and its user has what
// the scope stands for (see [models.Scopes]). Without a user, as by the grant
// of client credentials, it has a scope only if that stands for no permissions.
// It costs a query if there are permissions and the user's have not been loaded
// yet. An undefined scope is an error.
func (t *Token) Allows(ctx context.Context, name string) (bool, error) {
	if err := t.scopes.Defined(name); err != nil || !t.HasScope(name) {
		return false, err
	}
	if t.user == nil {
		return len(t.scopes[name]) == 0, nil
	}
	return t.scopes.May(ctx, t.user, name)
}

// status returns nil if a token is valid at a time, for the resource and in the
// user's present epoch, and else why it is not.
func (t *Token) status(at time.Time, here place, present epoch.Epoch) error {
	switch {
	case !at.Before(t.Expires):
		return ErrExpired
	case !here.admits(t.Resources):
		return ErrResource
	case t.user != nil && !t.user.Active():
		return errInactive
	case t.user != nil && !present.Admits(0, false, t.Created):
		return errRevoked
	}
	return nil
}

var (
	errInactive = fmt.Errorf("oauth2token: the user is inactive or gone: %w", models.ErrNotFound)
	errRevoked  = fmt.Errorf("oauth2token: the credentials of the user have been revoked since: %w", models.ErrNotFound)
)
