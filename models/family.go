package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

const (
	familyTableName       = "ginauth_token_family"
	refreshTokenTableName = "ginauth_refresh_token"
	maxFamilyID           = 64
)

// Families are the refresh tokens that were exchanged for one another since a
// login. They are kept beside simplejwt's tables, in two of ginauth's own:
// which family a token is of, and for which one it was exchanged, and when. So
// a token that comes twice can be told from one that two clients race with, and
// a logout from a rotation. They are safe for concurrent use.
//
// What ends a family also puts its tokens on the blacklist, for a Django beside
// it.
type Families struct {
	list *Blacklist
	sql  familyStatements
}

// FamiliesOf returns the families of db, whose tables [Migrate] makes.
func FamiliesOf(db *gorm.DB) (*Families, error) {
	list, err := BlacklistOf(db)
	if err != nil {
		return nil, err
	}
	return &Families{list: list, sql: compileFamilies(db)}, nil
}

// Exists reports whether the tables are there, simplejwt's too.
func (f *Families) Exists(ctx context.Context) (bool, error) {
	tables := append(blacklistApp(f.list.users.table).tables, familyTable(), refreshTokenTable())
	return tablesExist(ctx, f.list.users.db, tables)
}

// Beginning is the first token of a family.
type Beginning struct {
	Family string // its name, which nobody else may know yet
	Token  OutstandingToken
	Keep   time.Time // when nothing that is made of the token can be valid any more
	Login  bool      // whether the login is recorded with it, see [Blacklist.RecordLogin]
}

// Begin records the first token of a family, all of it or nothing. It returns
// [ErrRevoked] if all credentials of the user have been revoked meanwhile.
func (f *Families) Begin(ctx context.Context, b Beginning) error {
	err := f.list.transaction(ctx, func(tx *Users) error {
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

// hasFamilies reports whether the tables are there.
func (u *Users) hasFamilies(ctx context.Context) (bool, error) {
	return u.shared.tables.has(ctx, u.db, refreshTokenTableName)
}

// flushFamilies deletes what is known of tokens and families that have expired.
func flushFamilies(ctx context.Context, tx *Users, at time.Time) error {
	for _, query := range compileFamilies(tx.db).flush {
		if _, err := tx.pool().ExecContext(ctx, query, at); err != nil {
			return err
		}
	}
	return nil
}

func (f *Families) exec(ctx context.Context, tx *Users, query string, args ...any) error {
	_, err := tx.pool().ExecContext(ctx, query, args...)
	return err
}

// row reads the columns of one row into dst, and reports whether there is one.
func (f *Families) row(ctx context.Context, tx *Users, query string, arg any, dst ...any) (found bool, err error) {
	rows, err := tx.pool().QueryContext(ctx, query, arg)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if rows.Next() {
		found, err = true, rows.Scan(dst...)
	}
	return found, errors.Join(err, rows.Err(), rows.Close())
}
