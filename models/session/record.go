package session

import (
	"errors"
	"time"

	"github.com/ginauth/ginauth/internal/loginrecord"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// The names under which a session records how its user logged in: those of
// allauth.account and django-otp, and two of ginauth's own.
const (
	sessionBegan     = "_ginauth_login_time"            // seconds since 1970
	sessionMethods   = "_ginauth_amr"                   // of the factors that no device below has proved
	sessionAllauth   = "account_authentication_methods" // a list of allauthRecord
	sessionOTPDevice = "otp_device_id"                  // the persistent_id of a device of django-otp
)

// allauthRecord is an entry of allauth's list of what a session's user has
// proved (allauth: record_authentication).
type allauthRecord struct {
	Method   string  `json:"method"`
	At       float64 `json:"at"`
	Username string  `json:"username,omitempty"`
	Email    string  `json:"email,omitempty"`
	ID       int64   `json:"id,omitempty"`
	Type     string  `json:"type,omitempty"`
}

// The methods of an allauthRecord that are a login. A password_reset is not:
// allauth records it before the login is complete, for any user, even in the
// session of another one.
const (
	allauthPassword = "password"
	allauthMFA      = "mfa"
	allauthCode     = "code"
	allauthSocial   = "socialaccount"
)

// recordLogin records the time and the factors of a login in place of those of
// an earlier one, which may have been another user's: Django keeps them in an
// anonymous session, too.
func (s *Store) recordLogin(session *Session, user models.UserModel, factors []login.Factor) error {
	now := sqlkit.Now()
	for _, name := range []string{sessionBegan, sessionMethods, sessionAllauth, sessionOTPDevice} {
		session.Delete(name)
	}
	errs := []error{session.Set(sessionBegan, now.Unix())}
	var rest []login.Factor
	allauth := false
	for _, f := range factors {
		switch d := parseDevice(f.Device); {
		case d.ofAllauth():
			allauth = true
		case d.table != "":
			errs = append(errs, session.Set(sessionOTPDevice, f.Device))
		default:
			rest = append(rest, f)
		}
	}
	if allauth {
		errs = append(errs, session.Set(sessionAllauth, s.allauthRecords(user, factors, now)))
	}
	if methods := loginrecord.Methods(rest); methods != nil {
		errs = append(errs, session.Set(sessionMethods, methods))
	}
	return errors.Join(errs...)
}

// maxSeconds is the year 9999, where Python's dates end.
const maxSeconds = 253_402_300_800

// loginTime returns the time that a session states in seconds since 1970. ok is
// false for a value that cannot be the time of a login.
func loginTime(seconds float64) (at time.Time, ok bool) {
	if !(seconds > 0 && seconds < maxSeconds) { // also for NaN
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC(), true
}

// allauthRecords returns allauth's record of a login.
func (s *Store) allauthRecords(user models.UserModel, factors []login.Factor, now time.Time) (list []allauthRecord) {
	for _, f := range factors {
		at := float64(now.UnixMicro()) / 1e6
		if !f.At.IsZero() {
			at = float64(f.At.UnixMicro()) / 1e6
		}
		switch d := parseDevice(f.Device); {
		case d.ofAllauth():
			list = append(list, allauthRecord{Method: allauthMFA, At: at, ID: d.id, Type: d.kind})
		case f.Method != login.MethodPassword:
		case userkit.Of(s.users).Table().UsernameField == "email":
			list = append(list, allauthRecord{Method: allauthPassword, At: at, Email: s.users.Username(user)})
		default:
			list = append(list, allauthRecord{Method: allauthPassword, At: at, Username: s.users.Username(user)})
		}
	}
	return list
}
