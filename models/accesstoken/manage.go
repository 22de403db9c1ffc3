package accesstoken

import (
	"context"
	"fmt"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refusal"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// ErrEnded reports that an access token is no longer valid, so that it can
// neither be rotated nor create others.
var ErrEnded error = &refusal.Error{
	Text:   "accesstoken: the access token has ended",
	Status: 409, Code: "token_ended", Detail: "The token has ended.",
}

// List returns the owner's tokens, at most 1000: unrevoked ones first, then by
// age, newest first. It includes revoked and expired tokens until package
// models/prune deletes them.
func (a *Store) List(ctx context.Context, owner models.UserModel) ([]*Token, error) {
	o, err := a.ownerOf(ctx, owner)
	if err != nil {
		return nil, err
	}
	return a.readAll(ctx, a.pool(), o, o.list, o.key)
}

func (a *Store) readAll(
	ctx context.Context, pool *sqlkit.Conn, o tokenOwner, query string, args ...any,
) ([]*Token, error) {
	tokens := []*Token{}
	for rows, err := range sqlkit.Rows(ctx, pool, query, args...) {
		t, scopes, idle, present := &Token{scopes: a.scopes}, "", int64(0), epoch.Epoch(0)
		if err == nil {
			err = rows.Scan(append(t.targets(nil, &scopes, &idle), &present)...)
		}
		if err != nil {
			return nil, fmt.Errorf("read access tokens: %w", err)
		}
		t.fill(scopes, idle)
		t.Status = t.status(sqlkit.Now(), present, o.active, a.lastUsed.pending(t), a.lastUsed.late())
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// owned returns the owner's token with that id, or [models.ErrNotFound].
func (a *Store) owned(ctx context.Context, pool *sqlkit.Conn, o tokenOwner, id string) (*Token, error) {
	if len(id) != djangoschema.TokenIDLength || !isBase62(id) {
		return nil, models.ErrNotFound
	}
	tokens, err := a.readAll(ctx, pool, o, o.find, o.key, id)
	switch {
	case err != nil:
		return nil, err
	case len(tokens) == 0:
		return nil, models.ErrNotFound
	}
	return tokens[0], nil
}

// Rotation configures [Store.Rotate].
type Rotation struct {
	Expiry Expiry // the new end; default: unchanged
	// Through is the token that authenticated the request, if any. It must not
	// be narrower than the rotated token, which from then on ends with it.
	Through *Token
}

// Rotate replaces the secret of the owner's token with that id and returns the
// new one. The old secret is refused from then on, and all tokens made with the
// token end. It returns [models.ErrNotFound] if the owner has no such token,
// and [ErrEnded] if the token is no longer valid.
func (a *Store) Rotate(
	ctx context.Context, owner models.UserModel, id string, r Rotation,
) (t *Token, secret models.Secret, err error) {
	o, err := a.ownerOf(ctx, owner)
	if err != nil {
		return nil, "", err
	}
	err = a.ending(ctx, o, func(pool *sqlkit.Conn) error {
		if err := a.stillGood(ctx, pool, o, r.Through); err != nil {
			return err
		}
		if t, err = a.owned(ctx, pool, o, id); err != nil {
			return err
		}
		if t.Status != active {
			return ErrEnded
		}
		at := sqlkit.Now()
		if r.Expiry != (Expiry{}) {
			if t.Expires, err = r.Expiry.resolve(at); err != nil {
				return err
			}
		}
		if err := r.Through.bounds(t); err != nil {
			return err
		}
		secret = newTokenSecret(a.prefixes[0], t.ID)
		t.Rotated = &at
		var parent any // the bearer of the other token learns this secret
		if r.Through != nil && r.Through.ID != t.ID {
			parent = r.Through.ID
		}
		_, err := sqlkit.Exec(ctx, pool, o.rotate,
			tokenDigest(string(secret)), at, t.Expires, parent, o.key, t.ID)
		if err != nil {
			return err
		}
		_, err = sqlkit.Exec(ctx, pool, o.disown, o.key, t.ID, at)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("rotate access token: %w", err)
	}
	return t, secret, nil
}

// Revoke ends the owner's token with that id and all tokens made with it,
// permanently and from the next request on. It returns [models.ErrNotFound] if
// the owner has no such token.
func (a *Store) Revoke(ctx context.Context, owner models.UserModel, id string) error {
	o, err := a.ownerOf(ctx, owner)
	if err != nil {
		return err
	}
	err = a.ending(ctx, o, func(pool *sqlkit.Conn) error {
		if _, err := a.owned(ctx, pool, o, id); err != nil {
			return err
		}
		_, err := sqlkit.Exec(ctx, pool, o.revoke, o.key, id, sqlkit.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke access token: %w", err)
	}
	return nil
}

// RevokeAll ends all access tokens of the owner, and nothing else
// ([models.Users.RevokeAll] ends a user's other credentials too). It returns
// their number. For an owner whose row is gone it returns 0; their tokens are
// refused anyway.
func (a *Store) RevokeAll(ctx context.Context, owner models.UserModel) (revoked int64, err error) {
	o, err := a.ownerOf(ctx, owner)
	if err != nil {
		return 0, err
	}
	err = a.ending(ctx, o, func(pool *sqlkit.Conn) error {
		revoked, err = sqlkit.Exec(ctx, pool, o.revokeAll, sqlkit.Now(), o.key)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("revoke all access tokens: %w", err)
	}
	return revoked, nil
}
