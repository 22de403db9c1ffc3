package session

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Django signed with it before 3.1
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// decode returns the values in session_data and the time at which it was
// signed, or nothing if none of the keys has signed it.
func (s *Store) decode(data string) (djangosigning.Values, time.Time) {
	if len(data) > 2*djangosigning.MaxPayload {
		return nil, time.Time{}
	}
	payload, at, err := s.signer.Unsign(data)
	if err != nil {
		return s.decodeLegacy(data), time.Time{}
	}
	text, err := djangosigning.Unpack(payload)
	if err != nil {
		return nil, time.Time{}
	}
	values, err := djangosigning.ParseValues(text)
	if err != nil {
		return nil, time.Time{}
	}
	return values, at
}

// decodeLegacy reads the format of Django before 3.1, as Django 3.2 does:
// base64 of "<hash>:<object>". ginauth never writes it.
func (s *Store) decodeLegacy(data string) djangosigning.Values {
	decoded, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil
	}
	sum, text, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return nil
	}
	for _, key := range s.keys.Get() {
		const salt = "django.contrib.sessionsSessionStore"
		want := hex.EncodeToString(djangosigning.SaltedHMAC(sha1.New, salt, string(key), text))
		if hmac.Equal([]byte(sum), []byte(want)) {
			values, _ := djangosigning.ParseValues(text)
			return values
		}
	}
	return nil
}

// seal writes the values to Data, signed with the first key, and sets
// ExpireDate.
func (s *Store) seal(session *Session) error {
	payload, err := djangosigning.Pack(session.values.Get().Text())
	if err != nil {
		return err
	}
	at := sqlkit.Now()
	session.Data = models.Secret(s.signer.Sign(payload, at))
	session.signed = at
	session.rehashed = false
	session.ExpireDate = s.expiry(session, at)
	return nil
}

// expiry returns when a session ends that is written at the given time
// (SessionBase.get_expiry_date).
func (s *Store) expiry(session *Session, at time.Time) time.Time {
	end := at.Add(s.config.Age)
	var seconds float64
	var date time.Time
	switch {
	case session.Get(sessionExpiry, &seconds) && seconds != 0:
		end = at.Add(time.Duration(seconds * float64(time.Second)))
	case session.Get(sessionExpiry, &date): // Django 4.1 and later
		end = date.UTC()
	}
	if last, limited := s.end(session); limited && last.Before(end) {
		end = last
	}
	return end.Truncate(time.Microsecond)
}

// end returns when a session ends even if it stays in use. limited is false if
// it may be extended without limit.
func (s *Store) end(session *Session) (end time.Time, limited bool) {
	if s.config.MaxAge == 0 || session.values.Get().Find(sessionUserID) < 0 {
		return time.Time{}, false
	}
	return session.began().Add(s.config.MaxAge).UTC(), true
}

func (s *Store) expired(session *Session, at time.Time) bool {
	end, limited := s.end(session)
	return !at.Before(session.ExpireDate) || limited && !at.Before(end)
}
