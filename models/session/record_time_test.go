package session_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/session"
)

// TestWhenASessionBegan reads the times that Django's packages and others may
// have written into Alice's session.
func TestWhenASessionBegan(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		makeDevices(t, db)
		alice := modeltest.Lookup(t, s.Users(), "alice")
		for _, row := range []struct {
			own, allauth string
			want         int64 // 0: unknown
		}{
			{"", "", 0},
			{"1700000000", "", 1700000000},
			{"1700000000.75", "", 1700000000},
			{`"1700000000"`, "", 0},
			{"-5", "", 0},
			{"0", "", 0},
			{"null", "", 0},
			{"1e300", "", 0},
			{"1e11", "", 100000000000}, // the year 5138, which no class lets pass
			{"", `[{"method":"password","at":1700000000.25}]`, 1700000000},
			{"", `[{"method":"password","at":1700000000.25},{"method":"mfa","at":1700000009.5,"id":1,"type":"totp"}]`, 1700000009},
			{"", `[{"method":"password","at":1700000000.25},{"method":"mfa","at":1700000009.5,"id":2,"type":"totp"}]`, 1700000000}, // Bob's
			{"", `[{"method":"password","at":1700000000},{"method":"password","at":1700000500,"reauthenticated":true}]`, 1700000500},
			{"", `[{"method":"code","at":1700000000}]`, 1700000000},
			{"", `[{"method":"socialaccount","at":1700000000,"provider":"x","uid":"1"}]`, 1700000000},
			{"", `[{"method":"password","at":1700000000},{"method":"password_reset","at":1700000500}]`, 1700000000},
			{"", `[{"method":"password","at":1700000000},{"method":"unknown","at":1700000500}]`, 1700000000},
			{"", `[{"method":"password","at":"1700000000"}]`, 0},
			{"", `[{"method":"password"}]`, 0},
			{"", `[{"method":"password","at":-1}]`, 0},
			{"", `{"method":"password","at":1700000000}`, 0},
			{"1700000400", `[{"method":"password","at":1700000000}]`, 1700000400},
			{"1700000400", `[{"method":"password","at":1700000500,"reauthenticated":true}]`, 1700000500},
		} {
			ours := modeltest.LogIn(t, s, "", "alice")
			ours.Delete("_ginauth_login_time")
			for name, value := range map[string]string{"_ginauth_login_time": row.own, "account_authentication_methods": row.allauth} {
				if value == "" {
					continue
				}
				if err := ours.Set(name, json.RawMessage(value)); err != nil {
					t.Fatal(err)
				}
			}
			at, err := s.LoggedInAt(t.Context(), ours, alice)
			if err != nil || at.IsZero() != (row.want == 0) || !at.IsZero() && at.Unix() != row.want {
				t.Errorf("%s, %s: %v, %v, want %d", row.own, row.allauth, at, err, row.want)
			}
		}
	})
}

// TestStatementsOfARecord counts the queries of a record, and checks that
// without the tables no device counts, and that a database that does not answer
// is a failure.
func TestStatementsOfARecord(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		alice := modeltest.Lookup(t, s.Users(), "alice")
		login := func(devices ...string) *session.Session {
			factors := []login.Factor{{Method: login.MethodPassword}}
			for _, device := range devices {
				factors = append(factors, login.Factor{Method: login.MethodOTP, Device: device})
			}
			fresh, err := s.Login(t.Context(), "", alice, factors...)
			if err != nil {
				t.Fatal(err)
			}
			return fresh
		}
		const totp, mfa = "otp_totp.totpdevice/1", "mfa.authenticator.totp/1"
		if methods, err := s.Methods(t.Context(), login(totp, mfa), alice); !slices.Equal(methods, []string{"pwd"}) || err != nil {
			t.Errorf("without the tables: %v, %v", methods, err)
		}
		makeDevices(t, db)
		handle, counter := dbtest.Count(db)
		counted := modeltest.SessionsOf(t, handle, session.Config{})
		both := login(totp, mfa)
		if _, err := counted.Methods(t.Context(), both, alice); err != nil { // sees the tables
			t.Fatal(err)
		}
		counter.Statements()
		for _, row := range []struct {
			name           string
			session        *session.Session
			methods, times int
		}{
			{"none", login(), 0, 0},
			{"django-otp", login(totp), 1, 0},
			{"allauth", login(mfa), 1, 1},
			{"both", both, 2, 1},
		} {
			_, err := counted.Methods(t.Context(), row.session, alice)
			methods := counter.Statements()
			_, err2 := counted.LoggedInAt(t.Context(), row.session, alice)
			if times := counter.Statements(); methods != row.methods || times != row.times || errors.Join(err, err2) != nil {
				t.Errorf("%s: %d and %d statements, %v", row.name, methods, times, errors.Join(err, err2))
			}
		}
		for device, table := range map[string]string{totp: "otp_totp_totpdevice", mfa: "mfa_authenticator"} {
			modeltest.Execute(t, db, fmt.Sprintf("ALTER TABLE %s RENAME TO gone_%s", table, table))
			if methods, err := counted.Methods(t.Context(), login(device), alice); err == nil {
				t.Errorf("%s fails: %v", table, methods)
			}
		}
	})
}
