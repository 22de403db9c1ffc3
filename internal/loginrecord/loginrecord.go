// Package loginrecord says what a session and a token record about the login
// that they come from.
package loginrecord

import (
	"slices"
	"time"

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

// maxSeconds is the year 9999, where Python's dates end.
const maxSeconds = 253_402_300_800

// Time returns the time that a record states in seconds since 1970. ok is false
// for a value that cannot be the time of a login.
func Time(seconds float64) (at time.Time, ok bool) {
	if !(seconds > 0 && seconds < maxSeconds) { // also for NaN
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC(), true
}
