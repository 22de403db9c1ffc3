package accesstoken

import (
	"context"
	"crypto/sha512"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/scopeset"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Store gives access to the access tokens of a database, those of users
// and of services. The authenticator, the handlers and the commands use it. It
// is safe for concurrent use. Its queries do not pass through GORM, like those
// of [models.Users].
//
// A program that ends calls [Store.Close].
type Store struct {
	users    *models.Users
	sql      accessTokenStatements
	prefixes Prefixes
	scopes   scopeset.Set
	lastUsed *lastUsed

	noUser []any // targets that ignore the user's columns
}

// Of returns the access tokens of db, in the tables that [models.Migrate]
// creates. Its settings are [Prefixes] and [models.Scopes]. A second config
// panics.
func Of(db *gorm.DB, config ...LastUsedConfig) (*Store, error) {
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	a := &Store{
		users: users, sql: compileAccessTokens(db, users),
		prefixes: tokenPrefixesOf(db), scopes: scopeset.Of(db),
	}
	if a.lastUsed, err = newLastUsed(db, wiring.Config("accesstoken: Of", config)); err != nil {
		return nil, err
	}
	a.noUser = sqlkit.Unwanted(len(userkit.Of(users).NewRow(context.Background()).Targets))
	return a, nil
}

// Scopes returns the definitions of scopes of the database.
func (a *Store) Scopes() models.Scopes { return models.Scopes(a.scopes) }

// Recognises reports whether a text has the form of one of this application's
// access tokens, in any version of the format. It looks at the prefix and makes
// no query. A text that it rejects may be a credential of another kind.
func (a *Store) Recognises(text string) bool { return a.prefixes.recognises(text) }

// Verify returns a token and its owner, a user of the database or a [*Service].
// It returns [models.ErrNotFound] if the token
//
//   - does not exist,
//   - was revoked, has expired or was idle for too long,
//   - belongs to an owner who is inactive, is gone or has ended all
//     credentials.
//
// It costs one query, or none if the format or the checksum is wrong. The use
// is recorded later, see [Store.RecordUse].
func (a *Store) Verify(ctx context.Context, token string) (models.UserModel, *Token, error) {
	if _, ok := ParseID(token); !ok || !a.Recognises(token) {
		return nil, nil, models.ErrNotFound
	}
	return a.use(a.find(ctx, a.sql.byDigest, tokenDigest(token)))
}

const maxImportedKey = 128

// errUnusable reports a token that exists but is no longer valid. It wraps
// [models.ErrNotFound], so that bearers see no difference.
var errUnusable = fmt.Errorf("%w: %w", models.ErrNotFound, ErrEnded)

// VerifyImported is [Store.Verify] for a key of DRF or knox that was
// imported, see [Store.ImportDRF] and [Store.ImportKnox]. For an
// imported key that has ended, the error is [ErrEnded] as well as
// [models.ErrNotFound]: it must not pass for a key that was not imported.
func (a *Store) VerifyImported(ctx context.Context, key string) (models.UserModel, *Token, error) {
	if _, ours := ParseID(key); ours || !sqlkit.Storable(key, maxImportedKey) {
		return nil, nil, models.ErrNotFound
	}
	return a.use(a.find(ctx, a.sql.byImported, tokenDigest(key), knoxDigest([]byte(key)), oldKnoxDigest(key)))
}

// knoxDigest returns the digest of knox 5, which hashes the text of a token.
func knoxDigest(token []byte) string {
	sum := sha512.Sum512(token)
	return tokenSHA512 + hex.EncodeToString(sum[:])
}

// oldKnoxDigest returns the digest of knox 4.2, which hashes the bytes that the
// hexadecimal digits of the text encode. For other texts it returns the digest
// of knox 5.
func oldKnoxDigest(token string) string {
	b, err := hex.DecodeString(token)
	if err != nil {
		b = []byte(token)
	}
	return knoxDigest(b)
}

// use returns a token if it is valid, and notes its use.
func (a *Store) use(owner models.UserModel, t *Token, err error) (models.UserModel, *Token, error) {
	switch {
	case err != nil:
		return nil, nil, err
	case owner == nil || t.Status != active:
		return nil, nil, errUnusable
	}
	a.RecordUse(t)
	return owner, t, nil
}

// ByID returns a token of any status and its owner, which is nil if gone. The
// error is [models.ErrNotFound] if there is no such token. It is for operators;
// a request names the owner, see [Store.List].
func (a *Store) ByID(ctx context.Context, id string) (models.UserModel, *Token, error) {
	if len(id) != djangoschema.TokenIDLength || !isBase62(id) {
		return nil, nil, models.ErrNotFound
	}
	return a.find(ctx, a.sql.byID, id)
}

// find runs a query for one token.
func (a *Store) find(ctx context.Context, query string, args ...any) (models.UserModel, *Token, error) {
	for rows, err := range sqlkit.Rows(ctx, a.pool(), query, args...) {
		if err != nil {
			return nil, nil, fmt.Errorf("find access token: %w", err)
		}
		owner, t, err := a.scan(ctx, rows)
		if err != nil {
			return nil, nil, fmt.Errorf("read access token: %w", err)
		}
		return owner, t, nil
	}
	return nil, nil, models.ErrNotFound
}

// tokenTargets is the number of columns after the user's.
const tokenTargets = 10 + 1 + 5

// tokenRow is the destination of a token's columns and of its owner's.
type tokenRow struct {
	token  Token
	scopes string
	idle   int64

	isUser  bool
	epoch   epoch.Epoch
	service struct {
		id           sql.NullInt64
		name, scopes sql.NullString
		active       sql.NullBool
	}
}

// scanInto scans a row: the user's columns into user, the others into r.
func (r *tokenRow) scanInto(rows *sql.Rows, user []any) error {
	targets := append(make([]any, 0, len(user)+tokenTargets), user...)
	targets = r.token.targets(targets, &r.scopes, &r.idle)
	s := &r.service
	return rows.Scan(append(targets, &r.isUser, &r.epoch, &s.id, &s.name, &s.active, &s.scopes)...)
}

// scan reads a row. Where the owner is not a user, whose columns are NULL then,
// it reads the row again without them.
func (a *Store) scan(ctx context.Context, rows *sql.Rows) (models.UserModel, *Token, error) {
	r := &tokenRow{token: Token{scopes: a.scopes}}
	user := userkit.Of(a.users).NewRow(ctx)
	err := r.scanInto(rows, user.Targets)
	if err != nil {
		if again := r.scanInto(rows, a.noUser); again != nil || r.isUser {
			return nil, nil, err
		}
	}
	t := &r.token
	t.fill(r.scopes, r.idle)
	switch s := &r.service; {
	case s.id.Valid:
		scopes := strings.Fields(s.scopes.String)
		t.owner = &Service{Name: s.name.String, IsActive: s.active.Bool, Scopes: scopes, id: s.id.Int64}
	case r.isUser:
		if t.owner, err = user.User(&r.epoch); err != nil {
			return nil, nil, err
		}
	}
	ownerActive := t.owner != nil && t.owner.Active()
	t.Status = t.status(sqlkit.Now(), r.epoch, ownerActive, a.lastUsed.pending(t), a.lastUsed.late())
	return t.owner, t, nil
}

// targets appends the destinations of accessTokenColumns.
func (t *Token) targets(targets []any, scopes *string, idle *int64) []any {
	return append(targets, &t.ID, &t.Name, scopes, &t.epoch,
		&t.Created, &t.Rotated, &t.Expires, idle, &t.LastUsed, &t.Revoked)
}

func (t *Token) fill(scopes string, idle int64) {
	t.Scopes, t.IdleTimeout = strings.Fields(scopes), time.Duration(idle)*time.Second
}

func (a *Store) pool() *sqlkit.Conn { return sqlkit.Pool(a.users.Database()) }

// Preflight says what is wrong with the tables of users and of access tokens,
// for a check at the start: [models.ErrNotMigrated] if one does not exist.
// It returns nil if the database does not answer.
func (a *Store) Preflight(ctx context.Context) error {
	return userkit.Of(a.users).Preflight(ctx, tables...)
}

var tables = []string{djangoschema.ServiceTable, djangoschema.AccessTokenTable, djangoschema.EpochTable}
