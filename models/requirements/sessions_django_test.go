package requirements_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
	"github.com/ginauth/ginauth/models/session"
)

// sessions are those that both servers read.
func (b *beside) sessions() *session.Store {
	b.t.Helper()
	sessions, err := session.Of(b.db, session.Config{})
	if err != nil {
		b.t.Fatal(err)
	}
	return sessions
}

// begin logs a user in here and returns the key of the session.
func (b *beside) begin(name, code string) string {
	b.t.Helper()
	given := login.Credentials{Username: name, Password: models.Secret(people.Password(name)), Code: models.Secret(code)}
	result, err := login.AuthenticateUnlimited(b.t.Context(), b.users, given)
	if err != nil {
		b.t.Fatal(err)
	}
	fresh, err := b.sessions().Login(b.t.Context(), "", result.User, result.Factors...)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(fresh.Key)
}

// reads compares what is read here from a session: whose it is, the methods,
// and whether the login was in the last minute.
func (b *beside) reads(want, key string) {
	b.t.Helper()
	found, err := b.sessions().Find(b.t.Context(), key)
	if err != nil {
		b.t.Fatal(err)
	}
	user, err := b.sessions().User(b.t.Context(), found)
	if err != nil {
		b.t.Fatal(err)
	}
	methods, err := b.sessions().Methods(b.t.Context(), found, user)
	at, err2 := b.sessions().LoggedInAt(b.t.Context(), found, user)
	if err := errors.Join(err, err2); err != nil {
		b.t.Fatal(err)
	}
	got := append([]string{b.users.Username(user)}, methods...)
	switch age := time.Since(at); {
	case at.IsZero():
	case age < -time.Second:
		got = append(got, "in the future")
	case age < time.Minute:
		got = append(got, "recent")
	default:
		got = append(got, "not recent")
	}
	if got := strings.Join(got, " "); got != want {
		b.t.Errorf("read %q, want %q", got, want)
	}
}

// TestSessionsBesideDjangoOTP checks that either side believes the session of a
// login with a code at the other one, as long as the device exists.
func TestSessionsBesideDjangoOTP(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "psycopg2")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		b := newBeside(t, url, false, requiring(requirements.DjangoOTP{}))
		b.call("otp_device", "alice")
		theirs := b.call("otp_session", "alice").(string)
		b.reads("alice otp", theirs)
		b.says("alice verified", "session_user", theirs)
		early()
		ours := b.begin("alice", b.call("otp_code", "alice", 0).(string))
		b.says("alice verified", "session_user", ours)
		b.reads("alice pwd otp recent", ours)
		without := b.begin("bob", "")
		b.says("bob unverified", "session_user", without)
		b.reads("bob pwd recent", without)
		b.call("otp_remove", "alice")
		b.reads("alice", theirs)
		b.reads("alice pwd recent", ours)
		b.says("alice unverified", "session_user", ours)
	})
}

// TestSessionsBesideAllauth does the same for allauth, and checks that either
// side believes the other about the time.
func TestSessionsBesideAllauth(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "psycopg2")
	if !djangotest.Has(t, "allauth.mfa") {
		return
	}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		b := newBeside(t, url, true, requiring(requirements.AllauthMFA{CacheTable: "django_cache", CachePrefix: "site"}))
		b.call("mfa_activate", "alice")
		b.call("mfa_activate", "staff")
		early()
		theirs := b.call("mfa_session", "alice", "alice-pw", b.call("mfa_code", "alice")).(string)
		b.reads("alice otp recent", theirs)
		b.says("alice unverified recent", "session_user", theirs)
		b.call("session_age", theirs, 3600)
		b.reads("alice otp not recent", theirs)
		b.says("alice unverified not recent", "session_user", theirs)
		b.says("302", "mfa_reauthenticate", theirs, "alice-pw")
		b.reads("alice otp recent", theirs)
		b.says("alice unverified recent", "session_user", theirs)

		ours := b.begin("staff", b.call("mfa_code", "staff").(string))
		b.says("staff unverified recent", "session_user", ours)
		b.reads("staff pwd otp recent", ours)
		without := b.begin("bob", "")
		b.says("bob unverified not recent", "session_user", without) // Django asks again: a code was not given
		b.reads("bob pwd recent", without)
		b.call("mfa_deactivate", "alice")
		b.call("mfa_deactivate", "staff")
		b.reads("alice recent", theirs)
		b.reads("staff pwd recent", ours)
	})
}
