package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/usertable"
)

const loginFieldsPlugin = "ginauth:login_fields"

// LoginFields are the columns of the user model by which users may name
// themselves at a login, in any case (allauth: ACCOUNT_LOGIN_METHODS), for
// example "username" and "email". The column of the user name must be among
// them. Default: users log in with their exact user name, as in Django. It is a
// GORM plugin, and holds for every way in that takes a password.
//
// The exact user name always means its user. Another text means the only user,
// of those with a usable password, with that text in one of the columns, without
// regard to case. If there are several it means none of them, the answer is that
// of a wrong password, and the log names their keys.
//
// [CreateUser] then refuses names and addresses that another user has, or that
// only look the same: see [ErrLoginNameTaken].
type LoginFields []string

// Name returns the plugin's name.
func (LoginFields) Name() string { return loginFieldsPlugin }

// Initialize rejects columns that the user model lacks or that hold no texts,
// and a setting that comes too late.
func (f LoginFields) Initialize(db *gorm.DB) error {
	if err := setting.Late(db, loginFieldsPlugin, "models: LoginFields", usersReaders); err != nil {
		return err
	}
	t, err := describe(db, userModelOf(db))
	if err != nil {
		return err
	}
	if !slices.Contains(f, t.UsernameField) {
		return fmt.Errorf("models: LoginFields lacks %q, with which users always log in; name it too", t.UsernameField)
	}
	for _, column := range f {
		if !t.HoldsTexts(column) {
			return fmt.Errorf("models: LoginFields: the user model has no column %q that holds texts", column)
		}
	}
	return nil
}

// maxLoginName is the length in characters beyond which a text names no user.
const maxLoginName = 1024

// LoginName returns the user name that a client means by a text at a login.
func (u internals) LoginName(ctx context.Context, text string) (name string, err error) {
	if u.sql.byLoginName == "" || text == "" || !sqlkit.Storable(text, maxLoginName) {
		return text, nil
	}
	form := norm.NFKC.String(text)
	args := []any{text}
	for range u.loginFields {
		args = append(args, form, strings.ToLower(form))
	}
	args = append(args, text)
	var found []loginNames
	for rows, err := range sqlkit.Rows(ctx, u.pool(), u.sql.byLoginName, args...) {
		row := loginNames{fields: make([]*string, len(u.loginFields))}
		if err == nil {
			err = rows.Scan(row.targets()...)
		}
		if err != nil {
			return "", fmt.Errorf("find user by a login name: %w", err)
		}
		found = append(found, row)
	}
	switch {
	case len(found) > 0 && found[0].name == text:
		return text, nil
	case len(found) > 1:
		u.shared.ambiguous.Failed(ctx, u.db, "tell apart the users "+found[0].key+" and "+found[1].key,
			errors.New("a login name in LoginFields is that of both, so neither can log in with it"))
		return text, nil
	case len(found) == 1 && found[0].has(text):
		return found[0].name, nil
	}
	return text, nil
}

// loginNames are the key of a user, its user name, and its login fields.
type loginNames struct {
	key, name string
	fields    []*string
}

func (n *loginNames) targets() []any {
	targets := []any{&n.key, &n.name}
	for i := range n.fields {
		targets = append(targets, &n.fields[i])
	}
	return targets
}

// has reports whether the user has a text in one of the fields, but for case and
// the form of its characters. The database's idea of case may be another.
func (n *loginNames) has(text string) bool {
	like := looksLike(text)
	return slices.ContainsFunc(n.fields, func(field *string) bool { return field != nil && looksLike(*field) == like })
}

// looksLike returns a text in the form by which names are compared: NFKC with
// full case folding.
func looksLike(text string) string {
	fold := cases.Fold()
	return norm.NFKC.String(fold.String(norm.NFKC.String(fold.String(text))))
}

// compileLoginName returns the query of [internals.LoginName]: two users at most,
// the one with exactly that name first. docs/users.md describes the index that
// it needs.
func compileLoginName(db *gorm.DB, t *usertable.Table, fields LoginFields) string {
	if len(fields) == 0 {
		return ""
	}
	q := newLoginNameQuery(db, t)
	name := q.column(t.UsernameField)
	exact := name + " = " + q.text()
	for _, field := range fields {
		q.add(field, 2)
	}
	return fmt.Sprintf(`SELECT %s FROM %s u WHERE (%s OR (%s) AND %s NOT LIKE '!%%')%s `+
		`ORDER BY CASE WHEN %s = %s THEN 0 ELSE 1 END LIMIT 2`,
		q.columns, q.parts.Table, exact, strings.Join(q.alike, " OR "), q.column(t.PasswordField), q.parts.Live,
		name, q.text())
}

// loginNameQuery holds the parts of a query for [loginNames].
type loginNameQuery struct {
	db      *gorm.DB
	parts   usertable.SQL
	columns string
	alike   []string // conditions
	args    int
}

func newLoginNameQuery(db *gorm.DB, t *usertable.Table) *loginNameQuery {
	q := &loginNameQuery{db: db, parts: t.SQL}
	q.columns = "CAST(" + q.parts.Key + " AS text), " + q.column(t.UsernameField)
	return q
}

func (q *loginNameQuery) column(name string) string { return "u." + q.db.Statement.Quote(name) }

// text returns a placeholder for a further text.
func (q *loginNameQuery) text() string {
	q.args++
	return fmt.Sprintf("CAST(%s AS text)", sqlkit.Placeholder(q.db, q.args))
}

// add selects a column, and looks in it for a number of texts without regard to
// case. The database lowers the first; the caller has lowered the others.
func (q *loginNameQuery) add(field string, texts int) {
	column, forms := q.column(field), "LOWER("+q.text()+")"
	for range texts - 1 {
		forms += ", " + q.text()
	}
	q.columns += ", " + column
	q.alike = append(q.alike, fmt.Sprintf("LOWER(%s) IN (%s)", column, forms))
}

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
		value, _ := u.table.Value(user, field)
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
func compileLikeLoginName(db *gorm.DB, t *usertable.Table, fields LoginFields) string {
	if len(fields) == 0 {
		return ""
	}
	q := newLoginNameQuery(db, t)
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
