package requirements_test

import (
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// otp declares django-otp, with the clock of a world.
func otp(change func(d *requirements.DjangoOTP)) declaration {
	return func(w *world) login.Requirements {
		d := requirements.DjangoOTP{}.At(w.clock)
		if change != nil {
			change(&d)
		}
		return requiring(d)
	}
}

// TestDjangoOTP checks which code lets which user in.
func TestDjangoOTP(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		w := open(otp(nil))
		djangologin.TOTPDevice(t, w.db, w.ids["alice"], key)
		djangologin.TOTPDevice(t, w.db, w.ids["bob"], other)
		djangologin.StaticDevice(t, w.db, w.ids["staff"], true)
		djangologin.StaticDevice(t, w.db, w.ids["root"], false)
		for _, row := range []struct {
			after time.Duration
			name  string
			code  func() string
			want  string
		}{
			{0, "alice", func() string { return "" }, "otp_required"},
			{0, "alice", func() string { return "  " }, "otp_required"},
			{0, "alice", func() string { return "000000" }, "otp_invalid"},
			{0, "alice", func() string { return w.code(0) }, "otp_throttled 1s"},
			{time.Second, "alice", func() string { return djangologin.Code(other, w.clock()) }, "otp_invalid"},
			{time.Second, "alice", func() string { return w.code(0) }, "otp_throttled 1s"},
			{time.Second, "alice", func() string { return "" }, "otp_required"},
			{0, "alice", func() string { return w.code(0) + "0" }, "otp_invalid"},
			{4 * time.Second, "alice", func() string { return " " + w.code(0) + " " }, "in by otp_totp.totpdevice/1"},
			{0, "alice", func() string { return w.code(0) }, "otp_invalid"},                           // replayed
			{time.Second, "alice", func() string { return w.code(-30 * time.Second) }, "otp_invalid"}, // before the last
			{2 * time.Second, "alice", func() string { return w.code(30 * time.Second) }, "in by otp_totp.totpdevice/1"},
			{30 * time.Second, "alice", func() string { return w.code(0) }, "otp_invalid"}, // the same, half a minute later
			{time.Minute, "alice", func() string { return w.code(-2 * time.Minute) }, "otp_invalid"},
			{time.Minute, "bob", func() string { return w.code(0) }, "otp_invalid"}, // alice's
			{time.Minute, "bob", func() string { return djangologin.Code(other, w.clock()) }, "in by otp_totp.totpdevice/2"},
			{0, "staff", func() string { return "" }, "otp_unsupported"},
			{0, "staff", func() string { return "123456" }, "otp_unsupported"},
			{0, "root", func() string { return "" }, "in"}, // the device is not confirmed
			{0, "inactive", func() string { return "" }, "bad credentials"},
		} {
			w.later(row.after)
			w.expect(row.want, row.name, row.code())
		}
		if got := w.given(login.Credentials{Username: "alice", Password: "wrong", Code: models.Secret(w.code(0))}); got != "bad credentials" {
			t.Errorf("a wrong password with a right code: %s", got)
		}
	})
}

// TestDjangoOTPDevices checks the fields of a device, and the settings.
func TestDjangoOTPDevices(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 2, 0, 10, 0, time.UTC)
	at := func(d time.Duration) string { return djangologin.Code(key, now.Add(d)) }
	throttled := `throttling_failure_count = 3, throttling_failure_timestamp = '2026-11-29 02:00:07+00:00'`
	rows := []struct {
		name, set, code, want string
		change                func(d *requirements.DjangoOTP)
		drift                 int
	}{
		{name: "a code of the next step moves the drift", set: "drift = 0", code: at(30 * time.Second), want: "in by", drift: 1},
		{name: "and is measured by it", set: "drift = 2", code: at(90 * time.Second), want: "in by", drift: 3},
		{name: "beyond the tolerance", set: "drift = 2", code: at(0), want: "otp_invalid", drift: 2},
		{name: "without OTP_TOTP_SYNC", set: "drift = 0", code: at(30 * time.Second), want: "in by",
			change: func(d *requirements.DjangoOTP) { d.KeepDrift = true }},
		{name: "no tolerance", set: "tolerance = 0", code: at(30 * time.Second), want: "otp_invalid"},
		{name: "unconfirmed", set: "confirmed = false", want: "in"},
		{name: "unconfirmed, everyone", set: "confirmed = false", want: "otp_device_required",
			change: func(d *requirements.DjangoOTP) { d.Everyone = true }},
		{name: "three failures are four seconds", set: throttled, code: at(0), want: "otp_throttled 1s"},
		{name: "a factor", set: throttled, code: at(0), want: "otp_throttled 9s",
			change: func(d *requirements.DjangoOTP) { d.ThrottleFactor = 3 }},
		{name: "unthrottled", set: throttled, code: at(0), want: "in by",
			change: func(d *requirements.DjangoOTP) { d.InsecureUnthrottled = true }},
		{name: "failures without end", set: `throttling_failure_count = 2147483647, throttling_failure_timestamp = '2020-01-01 00:00:00+00:00'`,
			code: at(0), want: "otp_throttled"},
		{name: "used at Django", set: "last_t = 59863920", code: at(0), want: "otp_invalid"},
		{name: "no digits", set: "digits = 0", code: "", want: "failure"},
		{name: "one digit", set: "digits = 1", code: at(0), want: "failure"},
		{name: "no key", set: "key = ''", code: at(0), want: "failure"},
		{name: "no hexadecimal key", set: "key = 'porridge'", code: at(0), want: "failure"},
		{name: "no step", set: "step = 0", code: at(0), want: "failure"},
		{name: "begins later", set: "t0 = 1895983210, tolerance = 1", code: djangologin.Code(key, time.Unix(0, 0)), want: "otp_invalid"},
	}
	inWorlds(t, func(t *testing.T, open opener) {
		for _, row := range rows {
			w := open(otp(row.change))
			djangologin.TOTPDevice(t, w.db, w.ids["alice"], key)
			djangologin.Exec(t, w.db, "UPDATE otp_totp_totpdevice SET "+row.set)
			if got := w.login("alice", row.code); !hasPrefix(got, row.want) {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
			var drift int
			if w.db.Raw("SELECT drift FROM otp_totp_totpdevice").Scan(&drift); drift != row.drift {
				t.Errorf("%s: the drift is %d, want %d", row.name, drift, row.drift)
			}
		}
	})
}

// TestOtherDevices checks that a confirmed device of each other kind keeps its
// user out.
func TestOtherDevices(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		for _, table := range logintables.DeviceTables() {
			if table == logintables.TOTPDevices || table == "otp_static_staticdevice" {
				continue // see TestDjangoOTP
			}
			w := open(otp(nil))
			djangologin.Exec(t, w.db, "CREATE TABLE "+table+" (id integer PRIMARY KEY, confirmed bool NOT NULL, user_id integer NOT NULL)")
			djangologin.Exec(t, w.db, "INSERT INTO "+table+" VALUES (1, true, ?), (2, false, ?)", w.ids["alice"], w.ids["bob"])
			w.expect("otp_unsupported", "alice", "")
			w.expect("in", "bob", "")
			djangologin.Exec(t, w.db, "DROP TABLE "+table)
		}
	})
}

// TestTwoDevices checks that a code of either device is good, and that a wrong
// one counts at both.
func TestTwoDevices(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		w := open(otp(nil))
		djangologin.TOTPDevice(t, w.db, w.ids["alice"], key)
		djangologin.TOTPDevice(t, w.db, w.ids["alice"], other)
		w.expect("in by otp_totp.totpdevice/2", "alice", djangologin.Code(other, w.clock()))
		w.expect("in by otp_totp.totpdevice/1", "alice", w.code(0))
		w.expect("otp_invalid", "alice", "000000")
		w.expect("otp_throttled 1s", "alice", w.code(30*time.Second))
		djangologin.Exec(t, w.db, "UPDATE otp_totp_totpdevice SET throttling_failure_count = 0 WHERE id = 2")
		w.expect("otp_invalid", "alice", w.code(30*time.Second)) // the first is not asked
	})
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && s[:len(prefix)] == prefix && (prefix != "in" || s == "in")
}
