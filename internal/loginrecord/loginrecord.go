// Package loginrecord says what a session and a token record about the login
// that they come from.
package loginrecord

import (
	"slices"

	"github.com/ginauth/ginauth/models/login"
)

// Methods returns the methods of the factors, each once.
func Methods(factors []login.Factor) (methods []string) {
	for _, f := range factors {
		if f.Method != "" && !slices.Contains(methods, f.Method) {
			methods = append(methods, f.Method)
		}
	}
	return methods
}

// BeyondPassword reports whether one of the factors is more than the password.
func BeyondPassword(factors []login.Factor) bool {
	return slices.ContainsFunc(factors, func(f login.Factor) bool { return f.Method != login.MethodPassword })
}

// Unrecorder is an optional ability of an authenticator whose credentials may
// all lack a part of the record of a login, such as in one configuration.
type Unrecorder interface {
	// NeverRecordsTime returns why none of its credentials records when the
	// user logged in, or "" if one may.
	NeverRecordsTime() string

	// NeverRecordsMethod is NeverRecordsTime for a method of the login.
	NeverRecordsMethod(method string) string
}
