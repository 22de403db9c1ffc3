// Package loginrecord says what a session and a token record about the login
// that they come from.
package loginrecord

import (
	"slices"

	"github.com/ginauth/ginauth/models"
)

// Methods returns the methods of the factors, each once.
func Methods(factors []models.Factor) (methods []string) {
	for _, f := range factors {
		if f.Method != "" && !slices.Contains(methods, f.Method) {
			methods = append(methods, f.Method)
		}
	}
	return methods
}

// BeyondPassword reports whether one of the factors is more than the password.
func BeyondPassword(factors []models.Factor) bool {
	return slices.ContainsFunc(factors, func(f models.Factor) bool { return f.Method != models.MethodPassword })
}

// Timeless is an optional ability of an authenticator whose credentials record
// the time of a login, or do not, depending on its configuration.
type Timeless interface {
	// NeverRecordsLogin returns why none of its credentials records the time, or
	// "" if one may.
	NeverRecordsLogin() string
}
