package models

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/djangosigning"
)

// Session is a row of django_session: Django's table, in Django's format.
// [Sessions] reads and writes it.
type Session struct {
	Key        Secret    `gorm:"column:session_key;size:40;primaryKey" json:"-"` // what the cookie holds
	Data       Secret    `gorm:"column:session_data;not null" json:"-"`          // signed, see [SecretKeys]
	ExpireDate time.Time `gorm:"column:expire_date;not null"`

	values  djangosigning.Values
	signed  time.Time
	outworn bool // the hash has been made anew, with the first key
}

// TableName is Django's.
func (Session) TableName() string { return "django_session" }

// String tells when the session ends, and nothing that is in it. Package fmt
// calls it also where it would not ask the key how it prints: inside a list.
func (s Session) String() string { return "session until " + s.ExpireDate.Format(time.DateTime) }

// The names that Django has for what is in a session (django.contrib.auth,
// django.contrib.sessions, django.middleware.csrf), and two of ours.
const (
	sessionUserID  = "_auth_user_id"
	sessionBackend = "_auth_user_backend"
	sessionHash    = "_auth_user_hash"
	sessionExpiry  = "_session_expiry"
	sessionCSRF    = "_csrftoken"
	sessionBegan   = "_ginauth_login_time" // seconds since 1970; only where a MaxAge is set
	sessionEpoch   = "_ginauth_epoch"      // the user's Epoch
)

const (
	maxSessionKey = 40
	minSessionKey = 8 // SessionBase._validate_session_key
)

// Get reads a value of the session into a pointer, as JSON (Django:
// request.session[name]). ok is false if there is none, or one that is not of
// that type.
func (s *Session) Get(name string, into any) (ok bool) { return s.values.Get(name, into) }

// Set changes a value, or adds one. It is stored by [Sessions.Save]. An error
// means that the value is no JSON.
func (s *Session) Set(name string, value any) (err error) {
	values, err := s.values.Set(name, value)
	if err == nil {
		s.values = values
	}
	return err
}

// Delete takes a value away.
func (s *Session) Delete(name string) { s.values = s.values.Without(name) }

// EndsWithBrowser reports whether a Django view has called set_expiry(0), so
// that the cookie is to be forgotten with the browser.
func (s *Session) EndsWithBrowser() bool {
	var seconds float64
	return s.values.Get(sessionExpiry, &seconds) && seconds == 0
}

// newSessionKey returns 32 characters of 5 random bits each, out of those that
// Django's keys consist of.
func newSessionKey() Secret {
	return Secret(strings.ToLower(rand.Text() + rand.Text())[:32])
}

// began is when the user logged in: what we have written down, or else when the
// session was last written.
func (s *Session) began() time.Time {
	var seconds int64
	if s.values.Get(sessionBegan, &seconds) {
		return time.Unix(seconds, 0)
	}
	return s.signed
}
