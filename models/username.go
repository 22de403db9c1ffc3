package models

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// maxUsername is the length of auth_user's column.
const maxUsername = 150

// ErrInvalidUsername reports that Django's forms would refuse a user name.
var ErrInvalidUsername = errors.New("models: invalid user name")

// NormalizeUsername returns a user name in the form NFKC, in which it is stored
// (Django: AbstractBaseUser.normalize_username). Names that look the same
// mostly become the same.
func NormalizeUsername(name string) string { return norm.NFKC.String(name) }

// ValidateUsername returns an error that is [ErrInvalidUsername] unless the
// name has 1 to 150 characters, each a letter, a digit or one of @ . + - _
// (Django: UnicodeUsernameValidator). The caller must normalize the name first.
func ValidateUsername(name string) error {
	if err := checkUsername(name); err != nil {
		return err
	}
	if strings.ContainsFunc(name, notInUsernames) {
		return fmt.Errorf("%w: the user name may contain only letters, numbers, and @ . + - _", ErrInvalidUsername)
	}
	return nil
}

// notInUsernames is the complement of Python's [\w.@+-].
func notInUsernames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_.@+-", r)
}

// checkUsername returns an error if the column cannot hold a name.
func checkUsername(name string) error {
	if name == "" {
		return fmt.Errorf("%w: the user name is empty", ErrInvalidUsername)
	}
	if n := utf8.RuneCountInString(name); n > maxUsername || !sqlkit.Storable(name, maxUsername) {
		return fmt.Errorf("%w: the user name is longer than %d characters, or not UTF-8", ErrInvalidUsername, maxUsername)
	}
	return nil
}
