package oauth2token

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Store gives access to the tokens that django-oauth-toolkit has issued. It is
// safe for concurrent use. Its queries do not pass through GORM, like those of
// [models.Users].
//
// How a token is looked up depends on the columns of the table, which are read
// once: by the SHA-256 digest since django-oauth-toolkit 3.0 and by the token's
// text, which is unique, before. When Django migrates the table to a later
// version, the next request reads them again.
type Store struct {
	users    *models.Users
	scopes   scopeset.Set
	resource place // of this API; the zero value is none
	tables   *sqlkit.Presence
	layout   atomic.Pointer[layout] // nil: not read yet

	noUser, noToken []any // targets for columns to ignore
}

// Of returns the tokens of db, in the table that Django makes for
// django-oauth-toolkit. It costs no query; [Store.Preflight] looks at the
// table.
//
// The resource is the URL of the API that the tokens are presented to, such as
// https://api.example.com/v1, for tokens that are restricted to some resources
// (RFC 8707). Without it such tokens are refused. A second resource panics.
func Of(db *gorm.DB, resource ...string) (*Store, error) {
	here := wiring.Optional("oauth2token: Of", "resource", resource)
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	s := &Store{
		users:   users,
		scopes:  scopeset.Of(db),
		tables:  sqlkit.PresenceOf(db),
		noUser:  sqlkit.Unwanted(len(userkit.Of(users).NewRow(context.Background()).Targets)),
		noToken: sqlkit.Unwanted(tokenTargets),
	}
	if here != "" {
		if s.resource, err = parseResource(here); err != nil {
			return nil, fmt.Errorf("oauth2token: the resource: %w", err)
		}
	}
	return s, nil
}

// Scopes returns the definitions of scopes of the database.
func (s *Store) Scopes() models.Scopes { return models.Scopes(s.scopes) }

const (
	maxToken    = 8 << 10 // bytes; more is refused unread
	maxOldToken = 255     // in a table without digests
)

// possible reports whether a text could be a token at all: printable ASCII of
// bounded length, as django-oauth-toolkit makes them.
func possible(token string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, odd)
}

// Verify returns a token and its user, in one query. The user is nil if the
// client acts for itself (the grant of client credentials). The error wraps
// [models.ErrNotFound] if the token
//
//   - does not exist; revocation deletes tokens,
//   - has expired, which is [ErrExpired],
//   - is restricted to other resources, which is [ErrResource],
//   - belongs to a user who is inactive or gone,
//   - was created before its user's credentials were all revoked (see
//     [models.Users.RevokeAll]).
//
// Any other error is a failure, including a table that is missing or unknown.
func (s *Store) Verify(ctx context.Context, token string) (models.UserModel, *Token, error) {
	if !possible(token) {
		return nil, nil, models.ErrNotFound
	}
	r, err := s.find(ctx, token)
	switch {
	case err != nil:
		return nil, nil, err
	case r.token == nil:
		return nil, nil, models.ErrNotFound
	case r.orphan:
		return nil, nil, errInactive
	}
	if err := r.token.status(sqlkit.Now(), s.resource, r.epoch); err != nil {
		return nil, nil, err
	}
	return r.token.user, r.token, nil
}

// result is the row of a token. The zero value is no row.
type result struct {
	token    *Token
	orphan   bool // its user is gone
	epoch    epoch.Epoch
	migrated bool // the table is of a later version than the layout
}

// find looks a token up. If the table has been migrated since its columns were
// read, they are read again.
func (s *Store) find(ctx context.Context, token string) (r result, err error) {
	for range 2 {
		l, err := s.currentLayout(ctx)
		if err != nil {
			return result{}, err
		}
		if r, err = s.lookUp(ctx, l, token); err != nil {
			return result{}, fmt.Errorf("find OAuth 2 token: %w", err)
		}
		if !r.migrated {
			return r, nil
		}
		s.layout.CompareAndSwap(l, nil)
	}
	return result{}, errors.New("find OAuth 2 token: the table " + djangoschema.OAuth2TokenTable + " is being migrated")
}

// lookUp runs one query, or two for the first user after the table of epochs
// was created.
func (s *Store) lookUp(ctx context.Context, l *layout, token string) (r result, err error) {
	key := token
	if l.checksums {
		sum := sha256.Sum256([]byte(token))
		key = hex.EncodeToString(sum[:])
	} else if len(token) > maxOldToken {
		return result{}, nil
	}
	if !s.tables.Seen(djangoschema.EpochTable) {
		epochs := false
		if r, err = s.query(ctx, l.unstamped, key, &epochs); err != nil || !epochs {
			return r, err
		}
		s.tables.Remember(s.users.Database(), djangoschema.EpochTable)
	}
	var present epoch.Epoch
	if r, err = s.query(ctx, l.stamped, key, &present); err == nil {
		r.epoch = present
	}
	return r, err
}

// query runs a query for one token. last is the destination of its last column.
func (s *Store) query(ctx context.Context, query, key string, last any) (result, error) {
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(s.users.Database()), query, key) {
		if err != nil {
			return result{}, err
		}
		return s.scan(ctx, rows, last)
	}
	return result{}, nil
}

// scan reads a row in two passes, because the user's columns are NULL if the
// token has none.
func (s *Store) scan(ctx context.Context, rows *sql.Rows, last any) (r result, err error) {
	t := &Token{scopes: s.scopes}
	var application, resources sql.NullString
	var scope string
	var owned, found bool
	targets := append(make([]any, 0, len(s.noUser)+tokenTargets), s.noUser...)
	targets = append(targets, &t.ID, &application, &scope, &resources, &t.Created, &t.Expires,
		&owned, &found, &r.migrated, last)
	if err := rows.Scan(targets...); err != nil {
		return result{}, err
	}
	t.ApplicationID, t.Scopes = application.String, strings.Fields(scope)
	if resources.Valid {
		if err := json.Unmarshal([]byte(resources.String), &t.Resources); err != nil {
			return result{}, fmt.Errorf("the resources of %s: %w", t, err)
		}
	}
	r.token, r.orphan = t, owned && !found
	if !found {
		return r, nil
	}
	row := userkit.Of(s.users).NewRow(ctx)
	if err := rows.Scan(append(row.Targets, s.noToken...)...); err != nil {
		return result{}, err
	}
	loaded, _ := last.(*epoch.Epoch)
	if loaded == nil {
		loaded = new(epoch.Epoch)
	}
	t.user, err = row.User(loaded)
	return r, err
}

// currentLayout returns the layout of the table, which it reads at the first
// call. Errors are not remembered.
func (s *Store) currentLayout(ctx context.Context) (*layout, error) {
	if l := s.layout.Load(); l != nil {
		return l, nil
	}
	l, err := readLayout(ctx, s.users)
	if err != nil {
		return nil, err
	}
	s.layout.Store(l)
	return l, nil
}

// AnnouncedAs is [models.Users.AnnouncedAs].
func (s *Store) AnnouncedAs(user models.UserModel) []string { return s.users.AnnouncedAs(user) }

// Preflight says what is wrong with the tables, for a check at the start: that of
// tokens or of users does not exist or lacks a column. It returns nil if the
// database does not answer.
func (s *Store) Preflight(ctx context.Context) error {
	_, err := s.currentLayout(ctx)
	if known, ok := errors.AsType[layoutError](err); ok {
		return errors.Join(userkit.Of(s.users).Preflight(ctx), known)
	}
	return userkit.Of(s.users).Preflight(ctx)
}
