package session

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/fingerprint"
	"github.com/ginauth/ginauth/internal/hidden"
	"github.com/ginauth/ginauth/models"
)

// Session is a row of django_session, Django's table in Django's format. Use
// [Store] to read and write it.
type Session struct {
	Key        models.Secret `gorm:"column:session_key;size:40;primaryKey" json:"-"` // what the cookie holds
	Data       models.Secret `gorm:"column:session_data;not null" json:"-"`          // signed, see [models.SecretKeys]
	ExpireDate time.Time     `gorm:"column:expire_date;not null"`

	values   hidden.Value[djangosigning.Values] // among them the CSRF secret, with CSRF_USE_SESSIONS
	signed   time.Time
	rehashed bool       // the hash now uses the first key; saved on the next write
	lastUsed *time.Time // as [Store.TryRecordUse] has recorded it; nil: unknown
}

// ID returns what names the session to its user and in events. The key cannot
// be found from it.
func (s *Session) ID() string { return fingerprint.Of(string(s.Key)) }

// TableName returns Django's name of the table.
func (Session) TableName() string { return "django_session" }

// String returns the time at which the session ends, and none of its contents.
// Inside a list, package fmt calls this method and not those of Key and Data.
func (s Session) String() string { return "session until " + s.ExpireDate.Format(time.DateTime) }

// The names of a session's values in Django (django.contrib.auth,
// django.contrib.sessions, django.middleware.csrf), and one of ginauth's own.
const (
	sessionUserID  = "_auth_user_id"
	sessionBackend = "_auth_user_backend"
	sessionHash    = "_auth_user_hash"
	sessionExpiry  = "_session_expiry"
	sessionCSRF    = "_csrftoken"
	sessionEpoch   = "_ginauth_epoch" // the user's, see package internal/epoch
)

const (
	minSessionKey = 8 // SessionBase._validate_session_key
)

// Get decodes a value of the session into a pointer, as JSON (Django:
// request.session[name]). ok is false if the session has no such value or it is
// of another type.
func (s *Session) Get(name string, into any) (ok bool) { return s.values.Get().Get(name, into) }

// text returns a value that is a string.
func (s *Session) text(name string) (text string, ok bool) { return s.values.Get().GetText(name) }

// Set changes or adds a value. [Store.Save] stores it. It returns an error
// if the value cannot be encoded as JSON.
func (s *Session) Set(name string, value any) (err error) {
	values, err := s.values.Get().Set(name, value)
	if err == nil {
		s.values = hidden.Of(values)
	}
	return err
}

// Delete removes a value.
func (s *Session) Delete(name string) { s.values = hidden.Of(s.values.Get().Without(name)) }

// EndsWithBrowser reports whether a Django view has called set_expiry(0), so
// that the browser is to drop the cookie when it closes.
func (s *Session) EndsWithBrowser() bool {
	var seconds float64
	return s.Get(sessionExpiry, &seconds) && seconds == 0
}

// newSessionKey returns 32 characters with 5 random bits each, all from the
// alphabet of Django's keys.
func newSessionKey() models.Secret {
	return models.Secret(strings.ToLower(rand.Text() + rand.Text())[:32])
}

// began returns the time of the login if the session records it, and otherwise
// the time at which the session was last written.
func (s *Session) began() time.Time {
	if at, ok := s.recordedLogin(); ok {
		return at
	}
	return s.signed
}

// recordedLogin returns the time of the login if the session records it.
func (s *Session) recordedLogin() (at time.Time, ok bool) {
	var seconds float64
	if !s.Get(sessionBegan, &seconds) {
		return time.Time{}, false
	}
	return loginTime(seconds)
}
