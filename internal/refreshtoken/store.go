package refreshtoken

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// Token is a JWT that can be revoked, as simplejwt stores it in
// token_blacklist_outstandingtoken.
type Token struct {
	ID        string           // the claim jti
	Token     models.Secret    // the JWT itself; the table stores it in clear
	User      models.UserModel // the owner; nil is stored as NULL
	Epoch     epoch.Epoch      // the user's, as loaded; once it has ended the token cannot be recorded
	CreatedAt time.Time        // zero is stored as NULL
	ExpiresAt time.Time

	Family    string    // the claim sid; empty without a family
	KeepUntil time.Time // when the last token derived from this one expires; the family is remembered until then
}

// Config says how the tokens of a [Store] are recorded and rotated. The zero
// value records them, and revokes a token that is exchanged for another.
type Config struct {
	// Unrecorded is for a database without simplejwt's tables: tokens are not
	// recorded, and none can be revoked.
	Unrecorded bool

	// Reusable leaves a token valid that was exchanged for another (simplejwt
	// without BLACKLIST_AFTER_ROTATION).
	Reusable bool

	// Grace, if not zero, tracks families: all refresh tokens that descend from
	// one login by rotation. Two tables beside simplejwt's record the family of
	// each token, its successor and when it was used. Thereby a stolen token
	// that is used twice can be told from two clients racing with the same one,
	// and a logout from a rotation. Grace is how long after its first use a
	// token may be presented again. It requires that tokens are recorded and
	// not reusable.
	Grace time.Duration

	// UpdateLastLogin makes [Store.Issue] also record the login (Django:
	// update_last_login).
	UpdateLastLogin bool
}

// Store holds the refresh tokens of a database: those that were issued, those
// that are revoked and, with [Config.Grace], their families. Django and ginauth
// can share simplejwt's tables; ending a family therefore also blacklists its
// tokens. Store is safe for concurrent use. Its queries do not pass through
// GORM, like those of [models.Users].
type Store struct {
	config Config
	users  *models.Users
	sql    statements
}

// Of returns the refresh tokens of db, in the tables that [models.Migrate]
// creates.
func Of(db *gorm.DB, config ...Config) (*Store, error) {
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	s := &Store{config: wiring.Config("refreshtoken: Of", config), users: users, sql: compile(db)}
	if s.config.Grace < 0 || s.config.Grace > 0 && (s.config.Unrecorded || s.config.Reusable) {
		return nil, errors.New("refreshtoken: Grace must not be negative, " +
			"and requires tokens that are recorded and not reusable")
	}
	return s, nil
}

// Exists reports whether the database has the tables that the config requires.
func (s *Store) Exists(ctx context.Context) (bool, error) {
	var tables []string
	if !s.config.Unrecorded {
		tables = append(tables, djangoschema.OutstandingTable, djangoschema.BlacklistedTable)
	}
	if s.config.Grace > 0 {
		tables = append(tables, djangoschema.FamilyTable, djangoschema.RefreshTokenTable)
	}
	return sqlkit.PresenceOf(s.users.Database()).Has(ctx, s.users.Database(), tables...)
}

// Storable reports whether a token with this id can be revoked, that is,
// whether the id fits into the column.
func (s *Store) Storable(id string) bool { return sqlkit.Storable(id, djangoschema.MaxTokenID) }

// Contains reports whether the token with this id is on the blacklist. It costs
// one query, or none if tokens are not recorded: then the answer is false.
func (s *Store) Contains(ctx context.Context, id string) (bool, error) {
	if s.config.Unrecorded || !s.Storable(id) {
		return false, nil
	}
	found, err := s.row(ctx, s.users, s.sql.contains, id, new(int))
	if err != nil {
		return false, fmt.Errorf("find blacklisted token: %w", err)
	}
	return found, nil
}

// Live reports whether a family of that name exists and has not ended. It costs
// one query, or none without [Config.Grace]: then the answer is true.
// Authenticators use [userkit.Lookup.FindInFamily], which costs no additional
// query.
func (s *Store) Live(ctx context.Context, family string) (bool, error) {
	if s.config.Grace == 0 {
		return true, nil
	}
	if !sqlkit.Storable(family, djangoschema.MaxFamilyID) {
		return false, nil
	}
	live, err := s.row(ctx, s.users, s.sql.live, family, new(int))
	if err != nil {
		return false, fmt.Errorf("find family of tokens: %w", err)
	}
	return live, nil
}

func (s *Store) exec(ctx context.Context, tx *models.Users, query string, args ...any) error {
	_, err := sqlkit.Exec(ctx, sqlkit.Pool(tx.Database()), query, args...)
	return err
}

// row scans the first row of a query into dst and reports whether there is one.
func (s *Store) row(ctx context.Context, tx *models.Users, query string, arg any, dst ...any) (found bool, err error) {
	return sqlkit.Row(ctx, sqlkit.Pool(tx.Database()), query, []any{arg}, dst...)
}
