package requirements_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// all declares everything.
func all(w *world) login.Requirements {
	declared := locking(requirements.Axes{}.At(w.clock))
	declared.All = []login.Requirement{
		requirements.AllauthEmail{}, requirements.DjangoOTP{}.At(w.clock), requirements.AllauthMFA{CacheTable: "django_cache"}.At(w.clock),
	}
	return declared
}

// TestTheDatabaseGoesAway checks that a login is a failure if any of its steps
// is, also of a user without a device, and that it works again afterwards.
func TestTheDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		plain := dbtest.Open(t, url)
		people.Create(t, plain)
		djangologin.Migrate(t, plain)
		db, outage := dbtest.WithOutage(t, url)
		w := newWorld(t, db, all)
		djangologin.Email(t, plain, w.ids["alice"], "alice@example.com", true)
		djangologin.Email(t, plain, w.ids["bob"], "bob@example.com", true)
		djangologin.Authenticator(t, plain, w.ids["alice"], key)
		djangologin.TOTPDevice(t, plain, w.ids["staff"], key)
		djangologin.Email(t, plain, w.ids["staff"], "staff@example.com", true)
		for _, name := range []string{"alice", "bob", "staff"} {
			failed := 0
			for step := range 40 {
				djangologin.Exec(t, plain, "UPDATE mfa_authenticator SET last_used_at = NULL")
				djangologin.Exec(t, plain, "UPDATE otp_totp_totpdevice SET last_t = -1, throttling_failure_count = 0")
				djangologin.Exec(t, plain, "DELETE FROM django_cache")
				outage.Begin(step, false)
				got := w.login(name, w.code(0))
				if happened := outage.End(); !happened {
					if !strings.HasPrefix(got, "in") {
						t.Errorf("%s: %s without an outage", name, got)
					}
					break
				}
				failed++
				if got != "failure" {
					t.Errorf("%s: %s although step %d failed", name, got, step)
				}
			}
			if failed < 4 || failed == 40 {
				t.Errorf("%s: %d steps failed", name, failed)
			}
		}
		for _, table := range []string{"axes_accessattempt", "account_emailaddress", "otp_totp_totpdevice", "otp_static_staticdevice",
			"mfa_authenticator"} {
			outage.Fail(table)
			for _, name := range []string{"alice", "bob"} {
				w.expect("failure", name, w.code(0))
			}
			outage.Fail("")
		}
	})
}

// TestMissingTables checks what is found at the start, and that every login
// fails as long as a table, or a column, of a requirement does not exist.
func TestMissingTables(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		plain := dbtest.Open(t, url)
		people.Create(t, plain)
		find := func(want ...string) *world {
			t.Helper()
			w := newWorld(t, dbtest.Open(t, url), all)
			got := fmt.Sprint(login.Preflight(t.Context(), w.users))
			for _, text := range want {
				if !strings.Contains(got, text) {
					t.Errorf("found %s, want %s", got, text)
				}
			}
			if len(want) == 0 && got != "<nil>" {
				t.Errorf("found %s", got)
			}
			return w
		}
		w := find("no table account_emailaddress", "no table axes_accessattempt", "no table mfa_authenticator", "no table otp_totp_totpdevice",
			"no table django_cache")
		w.expect("failure", "bob", "")
		djangologin.Migrate(t, plain)
		find()
		w = newWorld(t, dbtest.Open(t, url), otp(nil))
		w.expect("in", "bob", "")
		djangologin.Email(t, plain, w.ids["bob"], "bob@example.com", true)
		for _, table := range []struct{ name, column string }{
			{"otp_totp_totpdevice", "last_t"}, {"otp_totp_totpdevice", "throttling_failure_count"}, {"mfa_authenticator", "last_used_at"},
			{"account_emailaddress", "verified"}, {"axes_accessattempt", "failures_since_start"},
		} {
			djangologin.Exec(t, plain, fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO renamed", table.name, table.column))
			w := find(fmt.Sprintf("the table %s has no column %q", table.name, table.column))
			w.expect("failure", "bob", "")
			djangologin.Exec(t, plain, fmt.Sprintf("ALTER TABLE %s RENAME COLUMN renamed TO %s", table.name, table.column))
		}
	})
}

// TestUndeclaredTables checks that tables that nothing reads are found.
func TestUndeclaredTables(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		plain := dbtest.Open(t, url)
		people.Create(t, plain)
		found := func(settings ...login.Requirements) string {
			t.Helper()
			db := dbtest.Open(t, url)
			for _, setting := range settings {
				if err := db.Use(setting); err != nil {
					t.Fatal(err)
				}
			}
			users, err := models.UsersOf(db)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(login.Preflight(t.Context(), users))
		}
		if got := found(); got != "<nil>" {
			t.Errorf("without the tables: %s", got)
		}
		djangologin.Migrate(t, plain)
		for _, row := range []struct {
			setting login.Requirements
			want    string
		}{
			{login.Requirements{}, "has mfa_authenticator, account_emailaddress, otp_totp_totpdevice, otp_static_staticdevice, axes_accessattempt, by"},
			{login.Requirements{Locks: []login.Lock{requirements.Axes{}}, All: []login.Requirement{requirements.DjangoOTP{}}},
				"has mfa_authenticator, account_emailaddress, by"},
			{login.Requirements{Locks: []login.Lock{requirements.Axes{}}, All: []login.Requirement{requirements.DjangoOTP{}, requirements.AllauthMFA{}},
				InsecureIgnored: []string{"account_emailaddress"}}, ""},
		} {
			settings := []login.Requirements{row.setting}
			if len(row.setting.All) == 0 {
				settings = nil
			}
			if got := found(settings...); row.want == "" && got != "<nil>" || !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %q", got, row.want)
			}
		}
	})
}

// TestWhatCannotWork checks what db.Use refuses.
func TestWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		setting login.Requirements
		want    string
	}{
		{login.Requirements{}, "declares nothing"},
		{login.Requirements{All: []login.Requirement{requirements.AllauthEmail{}, nil}}, "is nil"},
		{login.Requirements{Locks: []login.Lock{nil}}, "is nil"},
		{login.Requirements{InsecureIgnored: []string{"auth_user"}}, `names "auth_user"`},
		{locking(requirements.Axes{FailureLimit: -1}), "must not be negative"},
		{locking(requirements.Axes{Parameters: [][]string{{}}}), "is empty"},
		{locking(requirements.Axes{Parameters: [][]string{{"email"}}}), `no parameter "email"`},
		{requiring(requirements.AllauthMFA{Digits: 4}), "Digits"},
		{requiring(requirements.AllauthMFA{CachePrefix: "site"}), "without a CacheTable"},
		{requiring(requirements.DjangoOTP{ThrottleFactor: -1}), "ThrottleFactor"},
	} {
		err := dbtest.Open(t, dbtest.SQLite(t)).Use(row.setting)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want %q", err, row.want)
		}
	}
}
