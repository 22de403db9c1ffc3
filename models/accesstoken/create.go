package accesstoken

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// Draft describes a token to create.
type Draft struct {
	Name        string
	Scopes      []string      // at least one; [models.AllScopes] is all that the owner may do
	Expiry      Expiry        // required: ExpiresIn, ExpiresAt or NeverExpires
	IdleTimeout time.Duration // at least 5 minutes, in whole seconds; default: no limit

	// Through is the token that authenticated the request, if any. The new
	// token cannot have wider scopes or expire later, and ends together with
	// it.
	Through *Token

	// Limit is the maximum number of the owner's tokens that are neither
	// revoked nor expired. Default: 0, no limit.
	Limit int
}

// Error says what is wrong with a part of a draft. Its message is for clients.
type Error struct {
	Field   string // "name", "scopes", "expires_in" or "idle_timeout"; empty: the whole draft
	Message string
}

// Error returns the field and the message.
func (e Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

const minIdleTimeout = 5 * time.Minute

// Create creates a token and returns it with its secret, which cannot be
// recovered later. The owner is a user of the database or a [*Service] and must
// have the permissions that the scopes stand for. A mistake in the draft is an
// [Error]. The error is [ErrEnded] if draft.Through is no longer valid.
func (a *Store) Create(ctx context.Context, owner models.UserModel, draft Draft) (*Token, models.Secret, error) {
	o, err := a.ownerOf(ctx, owner)
	if err != nil {
		return nil, "", err
	}
	t, err := a.fromDraft(ctx, owner, draft)
	if err != nil {
		return nil, "", err
	}
	t.epoch = o.epoch
	t.ID = random.Alphanumeric(djangoschema.TokenIDLength)
	secret := newTokenSecret(a.prefixes[0], t.ID)
	err = a.locked(ctx, o, func(pool *sqlkit.Conn) error {
		if err := a.stillGood(ctx, pool, o, draft.Through); err != nil {
			return err
		}
		if err := a.checkRoom(ctx, pool, o, draft); err != nil {
			return err
		}
		var parent any
		if draft.Through != nil {
			parent = draft.Through.ID
		}
		_, err := sqlkit.Exec(ctx, pool, o.insert,
			o.key, t.ID, tokenDigest(string(secret)), t.Name, strings.Join(t.Scopes, " "),
			int64(t.epoch), t.Created, t.Expires, int64(t.IdleTimeout/time.Second), parent)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("create access token: %w", err)
	}
	return t, secret, nil
}

// fromDraft checks the draft and returns the token without its id and epoch.
func (a *Store) fromDraft(ctx context.Context, owner models.UserModel, draft Draft) (*Token, error) {
	t := &Token{
		Name:        strings.TrimSpace(draft.Name),
		IdleTimeout: draft.IdleTimeout,
		Created:     sqlkit.Now(),
		Status:      active,
		owner:       owner,
		scopes:      a.scopes,
	}
	if !sqlkit.Storable(t.Name, djangoschema.MaxTokenName) {
		return nil, Error{"name", fmt.Sprintf("Ensure this field has 1 to %d characters.", djangoschema.MaxTokenName)}
	}
	if t.IdleTimeout != 0 && (t.IdleTimeout < minIdleTimeout || t.IdleTimeout%time.Second != 0) {
		message := fmt.Sprintf("Ensure this value is at least %d seconds.", int(minIdleTimeout.Seconds()))
		return nil, Error{"idle_timeout", message}
	}
	var err error
	if t.Scopes, err = checkScopes(a.scopes, draft.Scopes); err != nil {
		return nil, err
	}
	if t.Expires, err = draft.Expiry.resolve(t.Created); err != nil {
		return nil, err
	}
	if err := draft.Through.bounds(t); err != nil {
		return nil, err
	}
	return t, a.checkRights(ctx, owner, t.Scopes)
}

// checkRights returns an error if the owner lacks a permission that one of the
// scopes stands for.
func (a *Store) checkRights(ctx context.Context, owner models.UserModel, scopes []string) error {
	for _, name := range scopes {
		ok, err := a.may(ctx, owner, name)
		if err != nil {
			return err
		}
		if !ok {
			return Error{"scopes", fmt.Sprintf("You do not have the permissions of %q yourself.", name)}
		}
	}
	return nil
}

// may reports whether the owner has the permissions that a scope stands for.
func (a *Store) may(ctx context.Context, owner models.UserModel, scope string) (bool, error) {
	if s, ok := owner.(*Service); ok {
		return s.HasScope(ctx, scope)
	}
	if scope == models.AllScopes {
		return true, nil // all that the owner has, and no more
	}
	return a.scopes.May(ctx, owner, scope)
}

// bounds returns an error if the token to be made is wider than t, the token it
// is made with. A nil t sets no bounds.
func (t *Token) bounds(made *Token) error {
	switch {
	case t == nil:
		return nil
	case !covers(t.Scopes, made.Scopes):
		return Error{"scopes", "A token cannot give scopes that it does not have."}
	case t.Expires != nil && (made.Expires == nil || made.Expires.After(*t.Expires)):
		return Error{"expires_in", "A token cannot make one that ends later."}
	case t.IdleTimeout > 0 && (made.IdleTimeout == 0 || made.IdleTimeout > t.IdleTimeout):
		return Error{"idle_timeout", "A token cannot make one that may be idle for longer."}
	}
	return nil
}

// stillGood returns an error if through, the token that creates or rotates
// another, has ended or got a new secret since the request began.
func (a *Store) stillGood(ctx context.Context, pool *sqlkit.Conn, o tokenOwner, through *Token) error {
	if through == nil {
		return nil
	}
	t, err := a.owned(ctx, pool, o, through.ID)
	if errors.Is(err, models.ErrNotFound) {
		return ErrEnded
	}
	if err != nil {
		return err
	}
	same := (t.Rotated == nil) == (through.Rotated == nil) && (t.Rotated == nil || t.Rotated.Equal(*through.Rotated))
	if t.Status != active || !same {
		return ErrEnded
	}
	return nil
}

// checkRoom returns an error if the owner has reached the draft's limit.
func (a *Store) checkRoom(ctx context.Context, pool *sqlkit.Conn, o tokenOwner, draft Draft) error {
	if draft.Limit == 0 {
		return nil
	}
	var n int
	if _, err := sqlkit.Row(ctx, pool, o.live, []any{o.key, sqlkit.Now()}, &n); err != nil {
		return err
	}
	if n >= draft.Limit {
		return Error{"", fmt.Sprintf("You have %d access tokens; revoke one that you do not need.", n)}
	}
	return nil
}

// tokenOwner is the owner whose tokens the statements concern.
type tokenOwner struct {
	ownedTokens
	key    any
	epoch  epoch.Epoch
	active bool
	lock   string
	name   string // in announcements
}

// errNoTokenOwner reports a user that is not in the database, such as the user
// of a JSON web token.
var errNoTokenOwner = fmt.Errorf("accesstoken: only users of the database and services have access tokens: %w",
	models.ErrNotFound)

func (a *Store) ownerOf(ctx context.Context, owner models.UserModel) (o tokenOwner, err error) {
	switch s, isService := owner.(*Service); {
	case isService && s != nil:
		o = tokenOwner{ownedTokens: a.sql.ofService, key: s.id, active: s.Active(), name: announcement.Service(s.Name)}
	case !isService && owner != nil && owner.Authenticated() && a.users.Key(owner) != nil:
		o = tokenOwner{
			ownedTokens: a.sql.ofUser, key: a.users.Key(owner),
			active: owner.Active(), name: a.users.AnnouncedAs(owner)[0],
		}
		if o.epoch, err = userkit.Of(a.users).Epoch(ctx, owner); err != nil {
			return o, err
		}
	default:
		return o, errNoTokenOwner
	}
	if o.key == nil || reflect.ValueOf(o.key).IsZero() {
		return o, errNoTokenOwner
	}
	o.lock = fmt.Sprintf("%s %s %v", djangoschema.AccessTokenTable, o.column, o.key)
	return o, nil
}

// AnnouncedAs is [models.Users.AnnouncedAs] for the owners of access tokens.
func (a *Store) AnnouncedAs(owner models.UserModel) []string {
	if s, ok := owner.(*Service); ok && s != nil {
		return []string{announcement.Service(s.Name)}
	}
	return a.users.AnnouncedAs(owner)
}

// locked calls f in a transaction that excludes all other changes to the
// owner's tokens.
func (a *Store) locked(ctx context.Context, o tokenOwner, f func(pool *sqlkit.Conn) error) error {
	return a.users.Transaction(ctx, func(tx *models.Users) error { return o.locked(ctx, tx, f) })
}

// ending is locked for a change that ends tokens, which it announces.
func (a *Store) ending(ctx context.Context, o tokenOwner, f func(pool *sqlkit.Conn) error) error {
	return a.users.Transaction(ctx, func(tx *models.Users) error {
		userkit.Of(tx).Announce(ctx, o.name)
		return o.locked(ctx, tx, f)
	})
}

func (o tokenOwner) locked(ctx context.Context, tx *models.Users, f func(pool *sqlkit.Conn) error) error {
	if err := sqlkit.Lock(ctx, tx.Database(), o.lock, false); err != nil {
		return err
	}
	return f(sqlkit.Pool(tx.Database()))
}
