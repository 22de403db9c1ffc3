package policies

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

var (
	_ ginauth.Preflighter = (*tokenAuth)(nil)
	_ ginauth.Preflighter = (*basicAuth)(nil)
	_ ginauth.Preflighter = (*remoteUserAuth)(nil)
	_ ginauth.Preflighter = (*AccessTokenAuth)(nil)
	_ ginauth.Preflighter = (*oauth2TokenAuth)(nil)
	_ ginauth.Preflighter = (*SessionAuth)(nil)
)

// Preflight implements [ginauth.Preflighter]: it finds missing tables.
func (t *tokenAuth) Preflight(ctx context.Context) error {
	return userkit.Of(t.users).Preflight(ctx, models.Token{}.TableName())
}

// Preflight implements [ginauth.Preflighter]: it finds a missing table of
// users, and what is wrong with the [login.Requirements].
func (b *basicAuth) Preflight(ctx context.Context) error {
	return errors.Join(userkit.Of(b.users).Preflight(ctx), b.logins.Preflight(ctx))
}

// Preflight implements [ginauth.Preflighter]: it finds a missing table of
// users.
func (r *remoteUserAuth) Preflight(ctx context.Context) error {
	return userkit.Of(r.users).Preflight(ctx)
}

// Preflight implements [ginauth.Preflighter]: it finds missing tables.
func (a *AccessTokenAuth) Preflight(ctx context.Context) error { return a.tokens.Preflight(ctx) }

// Preflight implements [ginauth.Preflighter]: it finds missing tables, and a
// table of tokens that lacks a column.
func (a *oauth2TokenAuth) Preflight(ctx context.Context) error { return a.tokens.Preflight(ctx) }

// Preflight implements [ginauth.Preflighter]: it finds missing tables and, in
// Gin's debug mode, cookies that are Secure.
func (s *SessionAuth) Preflight(ctx context.Context) error {
	return errors.Join(s.sessions.Preflight(ctx), s.cookies.CheckPlain())
}
