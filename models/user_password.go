package models

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/models/password"
)

// PasswordValidators is Django's AUTH_PASSWORD_VALIDATORS, as a setting of a
// database: a GORM plugin. An empty list accepts every password.
//
// The commands that set passwords ask the validators. An application that sets
// a password does so by [Users.ValidatePassword]. As in Django, [CreateUser]
// and [Users.SetPassword] do not ask them.
type PasswordValidators []password.Validator

const validatorsPlugin = "ginauth:password_validators"

// Name returns the plugin's name.
func (PasswordValidators) Name() string { return validatorsPlugin }

// Initialize refuses a list that contains a nil validator or comes too late.
func (v PasswordValidators) Initialize(db *gorm.DB) error {
	for _, validator := range v {
		if validator == nil {
			return errors.New("models: PasswordValidators has a nil validator")
		}
	}
	return setting.Late(db, validatorsPlugin, "models: PasswordValidators", checkersReaders)
}

// PasswordValidators returns the setting of the database; the default is
// [password.DefaultValidators].
func (u *Users) PasswordValidators() password.Validators {
	if v, ok := setting.Of[PasswordValidators](u.db, validatorsPlugin); ok {
		return password.Validators(v)
	}
	return password.DefaultValidators()
}

// ValidatePassword asks the validators of the database. If they refuse the
// password, the error is a [*password.Error]. user may be nil.
func (u *Users) ValidatePassword(ctx context.Context, raw string, user UserModel) error {
	return password.Validate(ctx, raw, PasswordOwner(user), u.PasswordValidators()...)
}

// PasswordOwner returns user as [password.Validator]s take it, or nil for nil.
// Its attributes are the columns of the user model that hold text.
func PasswordOwner(user UserModel) password.Owner {
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
