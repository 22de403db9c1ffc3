package password

import (
	"context"
	"errors"
	"strings"
)

// Validator decides whether a password is good enough (Django: the classes of
// AUTH_PASSWORD_VALIDATORS). A refusal is an [Objection]; any other error is a
// failure. user may be nil. Implementations must be safe for concurrent use.
type Validator interface {
	Validate(ctx context.Context, password string, user Owner) error

	// HelpText tells people what the validator demands before they choose a
	// password (Django: get_help_text). It may be empty.
	HelpText() string
}

// Owner is the user that a password is for, as far as the user is known.
type Owner interface {
	// Attribute returns the user's text in a column, and the column's name for
	// people. The text is empty if the user has none.
	Attribute(column string) (text, label string)
}

// Objection is one validator's objection to a password, with Django's text and
// code.
type Objection struct {
	Message string // for people, e.g. "This password is too common."
	Code    string // for programs, e.g. "password_too_common"
}

// Error returns the message.
func (o Objection) Error() string { return o.Message }

// Error is the refusal of a password, with every objection to it (Django:
// ValidationError).
type Error struct {
	Objections []Objection // at least one, in the order of the validators
}

// Error returns the messages, separated by spaces.
func (e *Error) Error() string { return strings.Join(e.Messages(), " ") }

// Messages returns the texts for people, which Django's forms show as a list.
func (e *Error) Messages() []string {
	messages := make([]string, len(e.Objections))
	for i, o := range e.Objections {
		messages[i] = o.Message
	}
	return messages
}

// Validators is Django's AUTH_PASSWORD_VALIDATORS. An empty list accepts every
// password.
type Validators []Validator

// DefaultValidators returns the validators of a new Django project.
func DefaultValidators() Validators {
	return Validators{UserAttributeSimilarity{}, MinimumLength{}, CommonPassword{}, NumericPassword{}}
}

// Validate asks every validator (Django: validate_password). For a refused
// password it returns a [*Error]. user may be nil.
func (v Validators) Validate(ctx context.Context, password string, user Owner) error {
	var refusal Error
	for _, validator := range v {
		err := validator.Validate(ctx, password, user)
		if objection, ok := errors.AsType[Objection](err); ok {
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

// HelpTexts returns the help texts of the validators that have one (Django:
// password_validators_help_texts).
func (v Validators) HelpTexts() (texts []string) {
	for _, validator := range v {
		if text := validator.HelpText(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
