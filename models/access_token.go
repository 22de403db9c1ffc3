package models

import (
	"context"
	"time"
)

// AccessToken is an access token without its secret: of a request, which has it
// in auth, or of a list. The secret is nowhere after the token was made: of it
// the table ginauth_access_token has a digest.
type AccessToken struct {
	ID          string   // names the token in lists, logs and URLs; no secret
	Name        string   // for people; need not be unique
	Scopes      []string // what it was given, sorted
	Created     time.Time
	Rotated     *time.Time    // when it last got a new secret; nil: it has its first
	Expires     *time.Time    // nil: never
	IdleTimeout time.Duration // how long it may be unused; 0: as long as it likes
	LastUsed    *time.Time    // to the minute or so; nil: never
	Revoked     *time.Time    // nil: it is not
	Status      TokenStatus   // when it was read

	epoch  Epoch
	owner  UserModel // nil in a list
	scopes Scopes    // the definitions
}

// TokenStatus says whether an access token is good, or why not.
type TokenStatus string

// The statuses, of which the first that applies is told.
const (
	TokenActive   TokenStatus = "active"
	TokenRevoked  TokenStatus = "revoked"
	TokenExpired  TokenStatus = "expired"
	TokenIdle     TokenStatus = "idle"     // unused for longer than its idle timeout
	TokenEnded    TokenStatus = "ended"    // with all other credentials of its owner, see [Epoch]
	TokenInactive TokenStatus = "inactive" // its owner is inactive or gone
)

// String names the token by its id.
func (t *AccessToken) String() string { return "access token " + t.ID }

// Limited reports whether the token is good for a part only of what its owner
// may do.
func (t *AccessToken) Limited() bool { return !t.HasScope(AllScopes) }

// HasScope reports whether the token was given the scope, which its service may
// still have. Whether a user still has the permissions that the scope stands
// for, [AccessToken.Allows] asks.
func (t *AccessToken) HasScope(name string) bool {
	asked := [1]string{name}
	if s, ok := t.owner.(*Service); ok && !covers(s.Scopes, asked[:]) {
		return false
	}
	return covers(t.Scopes, asked[:])
}

// Allows reports whether the token was given the scope, and its owner has what
// the scope stands for. It costs a query if the owner's permissions have not
// been asked for before. A scope that is not defined is an error.
func (t *AccessToken) Allows(ctx context.Context, name string) (bool, error) {
	if err := t.scopes.defined(name); err != nil || !t.HasScope(name) || t.owner == nil {
		return false, err
	}
	if s, ok := t.owner.(*Service); ok {
		return s.HasScope(ctx, name)
	}
	return t.scopes.may(ctx, t.owner, name)
}

// lastSign is when the token was last seen to be used, or made.
func (t *AccessToken) lastSign() time.Time {
	last := t.Created
	for _, at := range []*time.Time{t.Rotated, t.LastUsed} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// status is what a token is worth at a time. A use may be known a while after
// it; idle tokens get that long.
func (t *AccessToken) status(at time.Time, present Epoch, active bool, used time.Time, late time.Duration) TokenStatus {
	last := t.lastSign()
	if used.After(last) {
		last = used
	}
	switch {
	case t.Revoked != nil:
		return TokenRevoked
	case t.Expires != nil && !t.Expires.After(at):
		return TokenExpired
	case t.IdleTimeout > 0 && at.Sub(last) >= t.IdleTimeout+late:
		return TokenIdle
	case !present.Admits(t.epoch, true, t.Created):
		return TokenEnded
	case !active:
		return TokenInactive
	}
	return TokenActive
}
