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

// CleanUsername returns a user name in the form NFKC, in which it is stored
// (Django: AbstractBaseUser.normalize_username): names that look the same
// mostly become the same. The error is [ErrInvalidUsername] unless the result
// has 1 to 150 characters, each a letter, a digit or one of @ . + - _ (Django:
// UnicodeUsernameValidator).
func CleanUsername(name string) (string, error) {
	name = norm.NFKC.String(name)
	if err := checkUsername(name); err != nil {
		return name, err
	}
	if strings.ContainsFunc(name, notInUsernames) {
		return name, fmt.Errorf("%w: the user name may contain only letters, numbers, and @ . + - _",
			ErrInvalidUsername)
	}
	return name, nil
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
		return fmt.Errorf("%w: the user name is longer than %d characters, or not UTF-8",
			ErrInvalidUsername, maxUsername)
	}
	return nil
}
