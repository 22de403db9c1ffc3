package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/hashing"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/password"
)

// Passwords are the settings of passwords, as a setting of a database: a GORM
// plugin.
//
//	hashers := password.Hashers{password.Argon2{}, password.PBKDF2SHA256{}}
//	err := db.Use(models.Passwords{Hashers: hashers})
//
// Everything that uses one [gorm.DB] or a session of it shares them.
type Passwords struct {
	// Hashers are Django's PASSWORD_HASHERS: the first makes new hashes, all of
	// them verify. Default: [password.DefaultHashers]; where drf.Stack declares
	// a Django, that Django's default hashers with its parameters, PBKDF2
	// first.
	Hashers password.Hashers

	// KeepHashes makes logins and uses of API keys replace no stored hash, for
	// as long as a Django beside replaces them according to its own settings.
	// New passwords are hashed as ever. Default: false.
	KeepHashes bool

	// Validators are Django's AUTH_PASSWORD_VALIDATORS. A list that is empty
	// but not nil accepts every password. Default:
	// [password.DefaultValidators].
	//
	// The commands that set passwords ask them. An application that sets a
	// password does so by [Users.ValidatePassword]. As in Django, [CreateUser]
	// and [Users.SetPassword] do not ask them.
	Validators password.Validators

	// Limits bound how many hashes are computed at once, for Basic, every login
	// endpoint, and API keys with slow hashes.
	Limits password.Limits
}

// Name returns the plugin's name.
func (Passwords) Name() string { return "ginauth:passwords" }

// Initialize refuses settings that come too late, an empty list of hashers,
// with which no user could log in, a nil validator, and negative limits.
func (p Passwords) Initialize(db *gorm.DB) error {
	if p.Hashers != nil && len(p.Hashers) == 0 {
		return errors.New("models: Passwords.Hashers is empty")
	}
	for _, validator := range p.Validators {
		if validator == nil {
			return errors.New("models: Passwords.Validators has a nil validator")
		}
	}
	if err := p.Limits.Validate(); err != nil {
		return fmt.Errorf("models: Passwords.Limits %w", err)
	}
	return db.Use(hashing.Settings(p))
}

// ValidatePassword asks the validators of the database, see [Passwords]. If
// they refuse the password, the error is a [*password.Error]. user may be nil.
func (u *Users) ValidatePassword(ctx context.Context, raw string, user UserModel) error {
	return hashing.Of(u.db).Validators.Validate(ctx, raw, passwordOwnerOf(user))
}

// passwordOwnerOf returns user as [password.Validator]s take it, or nil for
// nil. Its attributes are the columns of the user model that hold text.
func passwordOwnerOf(user UserModel) password.Owner {
	if value := reflect.ValueOf(user); !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil() {
		return nil
	}
	return passwordOwner{user}
}

type passwordOwner struct{ UserModel }

// Attribute implements [password.Owner].
func (o passwordOwner) Attribute(column string) (text, label string) {
	if _, ok := o.UserModel.(*User); ok && column == "email" {
		return attribute(o.UserModel, column), "email address" // as Django calls it
	}
	return attribute(o.UserModel, column), strings.ReplaceAll(column, "_", " ")
}

var validatedSchemas sync.Map

// attribute returns the user's text in a column, or "" if the column does not
// hold text.
func attribute(user UserModel, column string) string {
	value := reflect.Indirect(reflect.ValueOf(user))
	if !value.IsValid() || value.Kind() != reflect.Struct {
		return ""
	}
	s, err := schema.Parse(user, &validatedSchemas, schema.NamingStrategy{})
	if err != nil || s.FieldsByDBName[column] == nil {
		return ""
	}
	content, _ := s.FieldsByDBName[column].ValueOf(context.Background(), value)
	text := reflect.Indirect(reflect.ValueOf(content))
	if !text.IsValid() || text.Kind() != reflect.String {
		return ""
	}
	return text.String()
}

// unlimited is the room of a column without a length.
const unlimited = -1

// checkRoom returns an error if the column of the user model's passwords is too
// short for a hash, which only PostgreSQL enforces. It asks the database once.
// If the database does not answer, it returns nil; the write that follows then
// fails.
func (u *Users) checkRoom(ctx context.Context, encoded string) error {
	room := u.shared.room.Load()
	if room == 0 { // not known yet
		room = u.passwordRoom(ctx)
		u.shared.room.Store(room)
	}
	if n := utf8.RuneCountInString(encoded); room > 0 && int64(n) > room {
		return fmt.Errorf("models: %s.%s holds %d characters, and new hashes have %d: widen the column, "+
			"or put a hasher first whose hashes fit, such as password.BCrypt{Bare: true}",
			u.table.Django.Name, u.table.PasswordField, room, n)
	}
	return nil
}

// passwordRoom returns the length of the column of passwords, or unlimited, or
// 0 if the database does not answer.
func (u *Users) passwordRoom(ctx context.Context) (room int64) {
	if u.db.Name() != "postgres" {
		return unlimited
	}
	const query = `SELECT a.atttypmod - 4 ` +
		`FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid ` +
		`WHERE c.relname = $1 AND a.attname = $2 AND pg_catalog.pg_table_is_visible(c.oid) AND a.atttypmod > 4 ` +
		`AND a.atttypid IN ('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype)`
	found, err := sqlkit.Row(ctx, u.pool(), query, []any{u.table.Django.Name, u.table.PasswordField}, &room)
	switch {
	case err != nil:
		return 0
	case !found:
		return unlimited
	}
	return room
}
