package requirements_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// beside is a database that a real Django shares.
type beside struct {
	*world
	django *djangotest.Process
}

// newBeside lets Django make its packages' tables. The declaration is what
// Django's settings in the script say.
func newBeside(t *testing.T, url string, mfa bool, declared login.Requirements) *beside {
	t.Helper()
	db := dbtest.Open(t, url)
	people.Create(t, db)
	django := djangotest.Serve(t, "testdata/requirements_django.py", url, map[bool]string{true: "mfa", false: "-"}[mfa])
	django.Call(t, "migrate")
	here := dbtest.Open(t, url)
	return &beside{newWorld(t, here, func(*world) login.Requirements { return declared }), django}
}

func (b *beside) call(function string, args ...any) any {
	b.t.Helper()
	return b.django.Call(b.t, function, args...)
}

// says compares an answer of Django's.
func (b *beside) says(want, function string, args ...any) {
	b.t.Helper()
	if got := fmt.Sprint(b.call(function, args...)); got != want {
		b.t.Errorf("Django: %s%v is %s, want %s", function, args, got, want)
	}
}

// early waits until a step has just begun, so that a code outlives a test.
func early() {
	if past := time.Since(time.Now().Truncate(30 * time.Second)); past > 12*time.Second {
		time.Sleep(30*time.Second - past)
	}
}

// TestBesideDjangoOTP checks that codes of a real django-otp are good here, and
// that what either side has used or throttled the other refuses.
func TestBesideDjangoOTP(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "psycopg2")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		b := newBeside(t, url, false, requiring(requirements.DjangoOTP{}))
		if err := login.Preflight(t.Context(), b.users); err == nil {
			t.Error("the table of axes, which is not declared, was not found")
		}
		b.says("otp_totp.totpdevice/1", "otp_device", "alice")
		early()
		code := func(steps int) string { return b.call("otp_code", "alice", steps).(string) }
		b.expect("otp_required", "alice", "")
		now := code(0)
		b.expect("in by otp_totp.totpdevice/1", "alice", now)
		b.says("false", "otp_verify", "alice", now) // used here, and counted as a failure there
		b.says("[true 1 0]", "otp_throttled", "alice")
		b.call("unthrottle", "alice")
		next := code(1)
		b.says("true", "otp_verify", "alice", next)
		b.says("[false 0 1]", "otp_throttled", "alice") // the drift has moved
		b.expect("otp_invalid", "alice", next)
		b.says("[true 1 1]", "otp_throttled", "alice")
		b.call("unthrottle", "alice")
		further := code(2)
		b.expect("in by otp_totp.totpdevice/1", "alice", further) // within the tolerance of the drift that Django has stored
		b.says("[false 0 2]", "otp_throttled", "alice")
		b.says("false", "otp_verify", "alice", further)
		if got := b.login("alice", code(3)); !strings.HasPrefix(got, "otp_throttled ") {
			t.Errorf("after a failure at Django: %s", got)
		}
	})
}

// TestBesideAxes checks that a real axes and Axes agree about who is locked out.
func TestBesideAxes(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "psycopg2")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		axes := requirements.Axes{CoolOff: time.Hour, Parameters: [][]string{{"username", "ip_address"}}}
		b := newBeside(t, url, false, locking(axes))
		agree := func(want bool, name, address string) {
			t.Helper()
			b.says(fmt.Sprint(want), "axes_allowed", name, address)
			given := login.Credentials{Username: name, Password: "wrong", Address: netip.MustParseAddr(address)}
			if got := b.given(given); (got != "locked_out") != want {
				t.Errorf("%s from %s: %s", name, address, got)
			}
		}
		for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
			b.call("axes_failed", "alice", address, 2)
			agree(true, "alice", address)
			b.call("axes_failed", "alice", address, 1)
			agree(false, "alice", address)
			agree(true, "bob", address)
		}
		agree(true, "alice", "192.0.2.2")
		b.call("axes_age", 2)
		agree(true, "alice", "192.0.2.1")
	})
}

// TestBesideAllauth checks that codes of a real allauth are good here, and that
// what either side has used the other refuses, by the views of allauth.
func TestBesideAllauth(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "psycopg2")
	if !djangotest.Has(t, "allauth.mfa") {
		return
	}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		declared := requiring(requirements.AllauthMFA{CacheTable: "django_cache", CachePrefix: "site"}, requirements.AllauthEmail{},
			requirements.DjangoOTP{})
		declared.Locks = []login.Lock{requirements.Axes{}}
		b := newBeside(t, url, true, declared)
		if err := login.Preflight(t.Context(), b.users); err != nil {
			t.Error(err)
		}
		b.expect("email_unverified", "bob", "")
		b.says("/accounts/confirm-email/", "mfa_login", "bob", "bob-pw", "")
		b.call("mfa_activate", "alice")
		b.call("mfa_activate", "staff")
		early()
		b.expect("otp_required", "alice", "")
		b.says("/accounts/2fa/authenticate/", "mfa_login", "alice", "alice-pw", "")
		code := b.call("mfa_code", "alice").(string)
		b.expect("in by mfa.authenticator.totp/1", "alice", code)
		b.expect("otp_invalid", "alice", code)
		b.says("wrong code", "mfa_login", "alice", "alice-pw", code)
		code = b.call("mfa_code", "staff").(string)
		b.says("in", "mfa_login", "staff", "staff-pw", code)
		b.expect("otp_invalid", "staff", code)
	})
}
