package requirements_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// mfa declares allauth.mfa, with the clock of a world.
func mfa(change func(m *requirements.AllauthMFA)) declaration {
	return func(w *world) login.Requirements {
		m := requirements.AllauthMFA{}.At(w.clock)
		if change != nil {
			change(&m)
		}
		return requiring(m)
	}
}

// TestAllauthMFA checks which code lets which user in.
func TestAllauthMFA(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		w := open(mfa(nil))
		djangologin.Authenticator(t, w.db, w.ids["alice"], key)
		djangologin.OtherAuthenticator(t, w.db, w.ids["alice"], "recovery_codes", `{"seed": "x", "used_mask": 0}`)
		djangologin.Authenticator(t, w.db, w.ids["bob"], other)
		djangologin.OtherAuthenticator(t, w.db, w.ids["staff"], "webauthn", `{"credential": {}}`)
		djangologin.OtherAuthenticator(t, w.db, w.ids["root"], "recovery_codes", `{"seed": "x", "used_mask": 0}`)
		for _, row := range []struct {
			after time.Duration
			name  string
			code  func() string
			want  string
		}{
			{0, "alice", func() string { return "" }, "otp_required"},
			{0, "alice", func() string { return "000000" }, "otp_invalid"},
			{0, "alice", func() string { return w.code(-30 * time.Second) }, "otp_invalid"}, // expired
			{0, "alice", func() string { return w.code(30 * time.Second) }, "otp_invalid"},
			{0, "alice", func() string { return djangologin.Code(other, w.clock()) }, "otp_invalid"},
			{0, "alice", func() string { return w.code(0) }, "in by mfa.authenticator.totp/1"},
			{0, "alice", func() string { return w.code(0) }, "otp_invalid"}, // replayed
			{30 * time.Second, "alice", func() string { return w.code(0) }, "in by mfa.authenticator.totp/1"},
			{0, "bob", func() string { return w.code(0) }, "otp_invalid"},
			{0, "bob", func() string { return djangologin.Code(other, w.clock()) }, "in by mfa.authenticator.totp/3"},
			{0, "staff", func() string { return "123456" }, "otp_unsupported"},
			{0, "root", func() string { return "123456" }, "otp_unsupported"},
			{0, "inactive", func() string { return "" }, "bad credentials"},
		} {
			w.later(row.after)
			w.expect(row.want, row.name, row.code())
		}
	})
}

// TestAllauthMFASettings checks the settings, and what Django has stored.
func TestAllauthMFASettings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 2, 0, 10, 0, time.UTC)
	at := func(d time.Duration) string { return djangologin.Code(key, now.Add(d)) }
	tolerant := func(m *requirements.AllauthMFA) { m.Tolerance = 1 }
	reversed := func(m *requirements.AllauthMFA) {
		m.Decrypt = func(_ context.Context, stored string) (string, error) {
			return strings.TrimPrefix(stored, "sealed:"), nil
		}
	}
	rows := []struct {
		name, set, code, want string
		change                func(m *requirements.AllauthMFA)
	}{
		{name: "the next", code: at(30 * time.Second), want: "in by", change: tolerant},
		{name: "the last", code: at(-30 * time.Second), want: "in by", change: tolerant},
		{name: "beyond", code: at(-60 * time.Second), want: "otp_invalid", change: tolerant},
		{name: "used at Django a step ago", set: "last_used_at = '2026-11-29 01:59:59.999999+00:00'", code: at(0), want: "in by"},
		{name: "used at Django in this step", set: "last_used_at = '2026-11-29 02:00:00+00:00'", code: at(0), want: "otp_invalid"},
		{name: "used at Django a step ago, which may have been this", set: "last_used_at = '2026-11-29 01:59:59+00:00'", code: at(0),
			want: "otp_invalid", change: tolerant},
		{name: "eight digits", code: at(0), want: "otp_invalid", change: func(m *requirements.AllauthMFA) { m.Digits = 8 }},
		{name: "encrypted", set: `data = '{"secret": "sealed:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}'`, code: at(0), want: "failure"},
		{name: "decrypted", set: `data = '{"secret": "sealed:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}'`, code: at(0), want: "in by", change: reversed},
		{name: "small letters", set: `data = '{"secret": "gezdgnbvgy3tqojqgezdgnbvgy3tqojq"}'`, code: at(0), want: "in by"},
		{name: "not decrypted", code: at(0), want: "failure", change: func(m *requirements.AllauthMFA) {
			m.Decrypt = func(context.Context, string) (string, error) { return "", errors.New("no key") }
		}},
		{name: "decrypted to nothing", code: at(0), want: "failure", change: func(m *requirements.AllauthMFA) {
			m.Decrypt = func(context.Context, string) (string, error) { return "", nil }
		}},
		{name: "no secret", set: `data = '{}'`, code: at(0), want: "failure"},
		{name: "no object", set: `data = '[]'`, code: at(0), want: "failure"},
		{name: "no code is a failure too, if there is no secret", set: `data = '{}'`, code: "", want: "failure"},
	}
	inWorlds(t, func(t *testing.T, open opener) {
		for _, row := range rows {
			w := open(mfa(row.change))
			djangologin.Authenticator(t, w.db, w.ids["alice"], key)
			if row.set != "" {
				djangologin.Exec(t, w.db, "UPDATE mfa_authenticator SET "+row.set)
			}
			if got := w.login("alice", row.code); !hasPrefix(got, row.want) {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
		}
	})
}

// TestDjangosCache checks that a used code is recorded in Django's cache, and
// that one that is recorded there is refused.
func TestDjangosCache(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		w := open(mfa(func(m *requirements.AllauthMFA) {
			m.CacheTable, m.CachePrefix, m.CacheVersion = "django_cache", "site", 2
		}))
		djangologin.Authenticator(t, w.db, w.ids["alice"], key)
		entry := "site:2:allauth.mfa.totp.used?user=1&code="
		w.expect("in by mfa.authenticator.totp/1", "alice", w.code(0))
		var value string
		if w.db.Raw("SELECT value FROM django_cache WHERE cache_key = ?", entry+w.code(0)).Scan(&value); value != "gASVBQAAAAAAAACMAXmULg==" {
			t.Errorf("the cache has %q", value)
		}
		w.later(30 * time.Second)
		djangologin.Exec(t, w.db, "INSERT INTO django_cache VALUES (?, 'x', ?)", entry+w.code(0), w.clock().Add(20*time.Second))
		w.expect("otp_invalid", "alice", w.code(0)) // Django has taken it and not yet recorded the use
		w.later(30 * time.Second)
		djangologin.Exec(t, w.db, "INSERT INTO django_cache VALUES (?, 'x', ?)", entry+w.code(0), w.clock().Add(-time.Second))
		w.expect("in by mfa.authenticator.totp/1", "alice", w.code(0)) // the entry has expired
		djangologin.Exec(t, w.db, "DROP TABLE django_cache")
		w.later(30 * time.Second)
		w.expect("failure", "alice", w.code(0))
		var used time.Time
		if w.db.Raw("SELECT last_used_at FROM mfa_authenticator").Scan(&used); !used.Before(w.clock()) {
			t.Error("a failure has used the code up")
		}
	})
}

// TestAllauthEmail checks which addresses let a user in.
func TestAllauthEmail(t *testing.T) {
	t.Parallel()
	inWorlds(t, func(t *testing.T, open opener) {
		w := open(func(*world) login.Requirements { return requiring(requirements.AllauthEmail{}) })
		djangologin.Exec(t, w.db, "UPDATE auth_user SET username = 'root@example.com' WHERE username = 'root'")
		djangologin.Email(t, w.db, w.ids["bob"], "bob@example.com", false)
		djangologin.Email(t, w.db, w.ids["staff"], "staff@example.com", false)
		djangologin.Email(t, w.db, w.ids["staff"], "staff@example.org", true)
		djangologin.Email(t, w.db, w.ids["root"], "ROOT@example.com", false)
		djangologin.Email(t, w.db, w.ids["root"], "root@example.org", true)
		w.expect("email_unverified", "alice", "")
		w.expect("email_unverified", "bob", "")
		w.expect("in", "staff", "")
		if got := w.given(login.Credentials{Username: "root@example.com", Password: "root-pw"}); got != "email_unverified" {
			t.Errorf("by an address that is not verified: %s", got)
		}
		root, err := w.users.ByUsername(t.Context(), "root@example.com")
		if err != nil {
			t.Fatal(err)
		}
		attempt := login.Attempt{Users: w.users, User: root, Username: "ＲＯＯＴ@example.com"} // models.LoginFields let it in
		if _, err := (requirements.AllauthEmail{}).Require(t.Context(), attempt); err == nil {
			t.Error("another form of an address that is not verified is let in")
		}
	})
}
