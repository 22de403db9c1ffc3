package models

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
)

// PasswordValidator decides whether a password is good enough (Django: the classes of AUTH_PASSWORD_VALIDATORS). A refusal is a
// [PasswordObjection]; any other error is a failure of ours. user may be nil. Implementations must be safe for concurrent use.
type PasswordValidator interface {
	Validate(ctx context.Context, password string, user UserModel) error
}

// PasswordHelper is an optional ability of a [PasswordValidator]: what to tell people before they choose (Django: get_help_text).
type PasswordHelper interface {
	HelpText() string
}

// PasswordObjection is what one validator has against a password, with Django's text and code.
type PasswordObjection struct {
	Message string // for people, e.g. "This password is too common."
	Code    string // for programs, e.g. "password_too_common"
}

// Error is the message.
func (o PasswordObjection) Error() string { return o.Message }

// PasswordError is the refusal of a password, with every objection to it (Django: ValidationError).
type PasswordError struct {
	Objections []PasswordObjection // at least one, in the order of the validators
}

// Error returns the messages in a row.
func (e *PasswordError) Error() string { return strings.Join(e.Messages(), " ") }

// Messages are the texts for people, of which Django's forms show a list.
func (e *PasswordError) Messages() []string {
	messages := make([]string, len(e.Objections))
	for i, o := range e.Objections {
		messages[i] = o.Message
	}
	return messages
}

// ValidatePassword asks every validator (Django: validate_password). A password that is refused is a [*PasswordError]. user is who
// will have the password, as far as that is known; nil if nothing is.
func ValidatePassword(ctx context.Context, password string, user UserModel, validators ...PasswordValidator) error {
	var refusal PasswordError
	for _, v := range validators {
		err := v.Validate(ctx, password, user)
		if objection, ok := errors.AsType[PasswordObjection](err); ok {
			refusal.Objections = append(refusal.Objections, objection)
		} else if err != nil {
			return err
		}
	}
	if len(refusal.Objections) > 0 {
		return &refusal
	}
	return nil
}

// PasswordValidators is Django's AUTH_PASSWORD_VALIDATORS, as a setting of a database: a GORM plugin. An empty list accepts every
// password.
//
// The commands that set passwords ask them, and an application does where it sets one, by [Users.ValidatePassword]. As in Django,
// [CreateUser] and [Users.SetPassword] do not.
type PasswordValidators []PasswordValidator

const validatorsPlugin = "ginauth:password_validators"

// DefaultPasswordValidators returns those that a new Django project has.
func DefaultPasswordValidators() PasswordValidators {
	return PasswordValidators{UserAttributeSimilarity{}, MinimumLength{}, CommonPassword{}, NumericPassword{}}
}

// Name is the plugin's name.
func (PasswordValidators) Name() string { return validatorsPlugin }

// Initialize refuses a list with a nil validator, and one that comes too late.
func (v PasswordValidators) Initialize(db *gorm.DB) error {
	for _, validator := range v {
		if validator == nil {
			return errors.New("models: PasswordValidators has a nil validator")
		}
	}
	return setting.Late(db, validatorsPlugin, "models: PasswordValidators", checkersReaders)
}

// HelpTexts are the help texts of the validators that have one (Django: password_validators_help_texts).
func (v PasswordValidators) HelpTexts() (texts []string) {
	for _, validator := range v {
		if h, ok := validator.(PasswordHelper); ok {
			texts = append(texts, h.HelpText())
		}
	}
	return texts
}

// PasswordValidators returns the setting of the database, which by default is [DefaultPasswordValidators].
func (u *Users) PasswordValidators() PasswordValidators {
	if v, ok := setting.Of[PasswordValidators](u.db, validatorsPlugin); ok {
		return v
	}
	return DefaultPasswordValidators()
}

// ValidatePassword asks the validators of the database. See the function of that name.
func (u *Users) ValidatePassword(ctx context.Context, password string, user UserModel) error {
	return ValidatePassword(ctx, password, user, u.PasswordValidators()...)
}
