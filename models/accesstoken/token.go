package accesstoken

import (
	"context"
	"time"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/models"
)

// Token describes an access token: the one that authenticated a request,
// or an entry of [Store.List]. It never contains the secret; the table
// ginauth_access_token stores only a digest of it.
type Token struct {
	ID          string   // for lists, logs and URLs; not secret
	Name        string   // for people; need not be unique
	Scopes      []string // the scopes granted to it, sorted
	Created     time.Time
	Rotated     *time.Time    // when it last got a new secret; nil: never
	Expires     *time.Time    // nil: never
	IdleTimeout time.Duration // maximum time between uses; 0: no limit
	LastUsed    *time.Time    // to the minute or so; nil: never
	Revoked     *time.Time    // nil: not revoked

	// Status says whether the token was valid when it was loaded, and if not,
	// why. If several apply, the first counts:
	//
	//	"revoked"
	//	"expired"
	//	"idle"       unused for longer than its idle timeout
	//	"ended"      together with all credentials of its owner, see [models.Users.RevokeAll]
	//	"inactive"   its owner is inactive or gone
	//	"active"     it is valid
	Status string

	epoch  epoch.Epoch
	owner  models.UserModel // nil for an entry of a list
	scopes scopeset.Set     // their definitions
}

// active is the status of a token that is valid.
const active = "active"

// String returns "access token" and the id.
func (t *Token) String() string { return "access token " + t.ID }

// Limited reports whether the token permits only a part of what its owner may
// do.
func (t *Token) Limited() bool { return !t.HasScope(models.AllScopes) }

// HasScope reports whether the token was granted the scope and, for a service's
// token, whether the service still has it. For a user's token it does not ask
// whether the user still has the scope's permissions; [Token.Allows]
// does.
func (t *Token) HasScope(name string) bool {
	asked := [1]string{name}
	if s, ok := t.owner.(*Service); ok && !covers(s.Scopes, asked[:]) {
		return false
	}
	return covers(t.Scopes, asked[:])
}

// Allows reports whether the token was granted the scope and its owner has what
// the scope stands for. It costs a query if the owner's permissions have not
// been loaded yet. An undefined scope is an error.
func (t *Token) Allows(ctx context.Context, name string) (bool, error) {
	if err := t.scopes.Defined(name); err != nil || !t.HasScope(name) || t.owner == nil {
		return false, err
	}
	if s, ok := t.owner.(*Service); ok {
		return s.HasScope(ctx, name)
	}
	return t.scopes.May(ctx, t.owner, name)
}

// lastSign returns the time of the last known use, or of the last secret.
func (t *Token) lastSign() time.Time {
	last := t.Created
	for _, at := range []*time.Time{t.Rotated, t.LastUsed} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// status returns the status of a token at a time. A use may become known only a
// while after it; idle tokens live longer by late.
func (t *Token) status(
	at time.Time, present epoch.Epoch, ownerActive bool, used time.Time, late time.Duration,
) string {
	last := t.lastSign()
	if used.After(last) {
		last = used
	}
	switch {
	case t.Revoked != nil:
		return "revoked"
	case t.Expires != nil && !t.Expires.After(at):
		return "expired"
	case t.IdleTimeout > 0 && at.Sub(last) >= t.IdleTimeout+late:
		return "idle"
	case !present.Admits(t.epoch, true, t.Created):
		return "ended"
	case !ownerActive:
		return "inactive"
	}
	return active
}
