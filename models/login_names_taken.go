package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// ErrLoginNameTaken reports that a user has a user name or an address that
// another user has in one of the [LoginFields], or that differs from it in
// nothing but case and the form of its characters (NFKC with full case folding:
// "ＡＬＩＣＥ" is "alice"). Letters of other alphabets that look the same are
// different.
var ErrLoginNameTaken = errors.New("models: another user logs in with this name or address, " +
	"or with one that looks the same")

// CheckLoginNames returns [ErrLoginNameTaken] if another user has what the user
// has in one of the [LoginFields], stored or not. Within [Users.Transaction] it
// also excludes other such checks until the transaction ends, so that what was
// checked can be stored. [CreateUser] calls it; the code that fills a user model
// of your own, or changes an address, has to. Without LoginFields it does
// nothing.
func (u *Users) CheckLoginNames(ctx context.Context, user UserModel) error {
	key := u.Key(user)
	if key == nil {
		return fmt.Errorf("models: CheckLoginNames was given a %T, which is not of this user model", user)
	}
	if len(u.loginFields) > 0 && u.inside {
		if err := sqlkit.Lock(ctx, u.db, "ginauth login names", false); err != nil {
			return err
		}
	}
	for _, field := range u.loginFields {
		value, _ := u.Value(user, field)
		text, ok := value.(string)
		if raw, is := value.([]byte); is {
			text, ok = string(raw), true
		}
		if !ok && value != nil {
			return fmt.Errorf("models: LoginFields: the column %q holds a %T and no text", field, value)
		}
		if text == "" {
			continue
		}
		if err := u.checkUntaken(ctx, keyText(key), text); err != nil {
			return err
		}
	}
	return nil
}

// createAlone stores a new user whose login names no other user has.
func createAlone(ctx context.Context, db *gorm.DB, user *User) error {
	if _, declared := setting.Of[LoginFields](db, loginFieldsPlugin); !declared {
		return sqlkit.Create(ctx, db, user)
	}
	u, err := UsersOf(db)
	if err != nil {
		return err
	}
	return u.Transaction(ctx, func(tx *Users) error {
		if err := tx.CheckLoginNames(ctx, user); err != nil {
			return err
		}
		return sqlkit.CreateIn(ctx, tx.db, user)
	})
}

// checkUntaken returns [ErrLoginNameTaken] if a user with another key has a text
// that looks the same in one of the login fields.
func (u *Users) checkUntaken(ctx context.Context, key, text string) error {
	form := norm.NFKC.String(text)
	var args []any
	for range u.loginFields {
		args = append(args, form, strings.ToLower(form), looksLike(text))
	}
	for rows, err := range sqlkit.Rows(ctx, u.pool(), u.sql.likeLoginName, args...) {
		row := loginNames{fields: make([]*string, len(u.loginFields))}
		if err == nil {
			err = rows.Scan(row.targets()...)
		}
		switch {
		case err != nil:
			return fmt.Errorf("look for the name: %w", err)
		case row.key != key && row.has(text):
			return ErrLoginNameTaken
		}
	}
	return nil
}

// compileLikeLoginName returns the query of users who may have a text that looks
// like another: those with one of three forms of it in one of the login fields,
// as the database compares them without case, and those with a text that is not
// ASCII, whose case and form the database may not know. docs/users.md describes
// the indexes.
func compileLikeLoginName(db *gorm.DB, s *userSchema, fields LoginFields) string {
	if len(fields) == 0 {
		return ""
	}
	q := newLoginNameQuery(db, s)
	notASCII := "OCTET_LENGTH(%[1]s) <> CHAR_LENGTH(%[1]s)"
	if db.Name() == "sqlite" {
		notASCII = "LENGTH(CAST(%[1]s AS blob)) <> LENGTH(%[1]s)"
	}
	for _, field := range fields {
		q.add(field, 3)
		q.alike = append(q.alike, fmt.Sprintf(notASCII, q.column(field)))
	}
	return fmt.Sprintf("SELECT %s FROM %s u WHERE (%s)%s",
		q.columns, q.parts.Table, strings.Join(q.alike, " OR "), q.parts.Live)
}
