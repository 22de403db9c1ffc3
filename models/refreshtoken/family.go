package refreshtoken

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// Families tracks chains of refresh tokens. All refresh tokens that descend
// from one login by rotation form a family. Two tables beside simplejwt's
// record the family of each token, its successor and when it was used. By them
// a stolen token that is used twice can be told from two clients racing with
// the same one, and a logout from a rotation. It is safe for concurrent use.
//
// Ending a family also blacklists its tokens, for a Django on the same
// database.
type Families struct {
	list *Blacklist
	sql  familyStatements
}

// FamiliesOf returns the families of db. [models.Migrate] creates their tables.
func FamiliesOf(db *gorm.DB) (*Families, error) {
	list, err := BlacklistOf(db)
	if err != nil {
		return nil, err
	}
	return &Families{list: list, sql: compileFamilies(db)}, nil
}

// Exists reports whether the database has the tables, including simplejwt's.
func (f *Families) Exists(ctx context.Context) (bool, error) {
	users := f.list.users
	return sqlkit.PresenceOf(users.Database()).Has(ctx, users.Database(), djangoschema.OutstandingTable, djangoschema.BlacklistedTable, djangoschema.FamilyTable, djangoschema.RefreshTokenTable)
}

// Beginning describes the first token of a family.
type Beginning struct {
	Family string // its name, known only to the caller
	Token  Token
	Keep   time.Time // when the last token derived from this one expires
	Login  bool      // also record the login, see [Blacklist.RecordLogin]
}

// Begin records the first token of a family, in one transaction. It returns
// [models.ErrCredentialsRevoked] if all credentials of the user have been revoked
// since the user was loaded.
func (f *Families) Begin(ctx context.Context, b Beginning) error {
	err := f.list.transaction(ctx, func(tx *models.Users) error {
		if err := f.list.recordNew(ctx, tx, b.Token, b.Login); err != nil {
			return err
		}
		if err := f.exec(ctx, tx, f.sql.begin, b.Family, b.Keep.UTC()); err != nil {
			return err
		}
		return f.exec(ctx, tx, f.sql.enrol, b.Token.ID, b.Family, b.Token.ExpiresAt.UTC())
	})
	if err != nil {
		return fmt.Errorf("begin family of tokens: %w", err)
	}
	return nil
}

// hasFamilies reports whether the database has the tables of families.
func hasFamilies(ctx context.Context, users *models.Users) (bool, error) {
	return sqlkit.PresenceOf(users.Database()).Has(ctx, users.Database(), djangoschema.RefreshTokenTable)
}

// flushFamilies deletes expired tokens and families from ginauth's tables.
func flushFamilies(ctx context.Context, tx *models.Users, at time.Time) error {
	for _, query := range compileFamilies(tx.Database()).flush {
		if _, err := sqlkit.Pool(tx.Database()).ExecContext(ctx, query, at); err != nil {
			return err
		}
	}
	return nil
}

func (f *Families) exec(ctx context.Context, tx *models.Users, query string, args ...any) error {
	_, err := sqlkit.Pool(tx.Database()).ExecContext(ctx, query, args...)
	return err
}

// row scans the first row of a query into dst and reports whether there is one.
func (f *Families) row(ctx context.Context, tx *models.Users, query string, arg any, dst ...any) (found bool, err error) {
	return sqlkit.Row(ctx, sqlkit.Pool(tx.Database()), query, []any{arg}, dst...)
}
