package session_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/session"
)

// recorded are the names under which a session records a login.
var recorded = []string{"_ginauth_login_time", "_ginauth_amr", "account_authentication_methods", "otp_device_id"}

// makeDevices creates the tables of allauth.mfa and django-otp, less the columns
// that sessions do not need. Alice has device 1 of each, Bob 2; device 3 of
// django-otp is Alice's and not confirmed.
func makeDevices(t *testing.T, db *gorm.DB) {
	t.Helper()
	modeltest.Execute(t, db,
		`CREATE TABLE mfa_authenticator (id bigint PRIMARY KEY, type varchar(20) NOT NULL, user_id integer NOT NULL)`,
		`INSERT INTO mfa_authenticator VALUES (1, 'totp', 1), (2, 'totp', 2), (4, 'recovery_codes', 1), (5, 'webauthn', 1)`)
	for _, table := range logintables.DeviceTables() {
		modeltest.Execute(t, db, `CREATE TABLE `+table+` (id integer PRIMARY KEY, confirmed bool NOT NULL, user_id integer NOT NULL)`,
			`INSERT INTO `+table+` VALUES (1, true, 1), (2, true, 2), (3, false, 1)`)
	}
}

// valuesOf returns the values of a stored session that record a login.
func valuesOf(t *testing.T, s *session.Store, key models.Secret) map[string]string {
	t.Helper()
	found, err := s.Find(t.Context(), string(key))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, name := range recorded {
		var value json.RawMessage
		if found.Get(name, &value) {
			values[name] = string(value)
		}
	}
	return values
}

// TestALoginRecordsItsFactors checks what the factors of a login become in the
// session, and what is read from there.
func TestALoginRecordsItsFactors(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(1701423602_718492)
	password := login.Factor{Method: login.MethodPassword, At: at}
	by := func(device string) login.Factor {
		return login.Factor{Method: login.MethodOTP, Device: device, At: at.Add(time.Second)}
	}
	const pwd = `{"method":"password","at":1701423602.718492,"username":"alice"}`
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		makeDevices(t, db)
		alice := modeltest.Lookup(t, s.Users(), "alice")
		for _, row := range []struct {
			name              string
			factors           []login.Factor
			amr, allauth, otp string
			methods           string
		}{
			{"unknown", nil, "", "", "", ""},
			{"a password", []login.Factor{password}, `["pwd"]`, "", "", "pwd"},
			{"django-otp", []login.Factor{password, by("otp_totp.totpdevice/1")}, `["pwd"]`, "", `"otp_totp.totpdevice/1"`, "pwd otp"},
			{"django-otp, static", []login.Factor{password, by("otp_static.staticdevice/1")}, `["pwd"]`, "", `"otp_static.staticdevice/1"`, "pwd otp"},
			{"of another user", []login.Factor{password, by("otp_totp.totpdevice/2")}, `["pwd"]`, "", `"otp_totp.totpdevice/2"`, "pwd"},
			{"allauth", []login.Factor{password, by("mfa.authenticator.totp/1")}, `["pwd"]`,
				"[" + pwd + `,{"method":"mfa","at":1701423603.718492,"id":1,"type":"totp"}]`, "", "pwd otp"},
			{"allauth, recovery", []login.Factor{password, by("mfa.authenticator.recovery_codes/4")}, `["pwd"]`,
				"[" + pwd + `,{"method":"mfa","at":1701423603.718492,"id":4,"type":"recovery_codes"}]`, "", "pwd otp"},
			{"both", []login.Factor{password, by("mfa.authenticator.totp/1"), by("otp_totp.totpdevice/1")}, `["pwd"]`,
				"[" + pwd + `,{"method":"mfa","at":1701423603.718492,"id":1,"type":"totp"}]`, `"otp_totp.totpdevice/1"`, "pwd otp otp"},
			{"without a device", []login.Factor{password, by("")}, `["pwd","otp"]`, "", "", "pwd otp"},
			{"an unknown device", []login.Factor{password, by("sms.phone/7")}, `["pwd","otp"]`, "", "", "pwd otp"},
			{"no number", []login.Factor{by("otp_totp.totpdevice/+1"), by("otp_totp.totpdevice/"), by("otp_totp.totpdevice/1/1")},
				`["otp"]`, "", "", "otp"},
			{"another method", []login.Factor{password, {Method: "hwk"}}, `["pwd","hwk"]`, "", "", "pwd hwk"},
		} {
			began := time.Now().Unix()
			fresh, err := s.Login(t.Context(), "", alice, row.factors...)
			if err != nil {
				t.Fatal(err)
			}
			values := valuesOf(t, s, fresh.Key)
			if values["_ginauth_amr"] != row.amr || values["account_authentication_methods"] != row.allauth || values["otp_device_id"] != row.otp {
				t.Errorf("%s: %v", row.name, values)
			}
			methods, err := s.Methods(t.Context(), fresh, alice)
			at, err2 := s.LoggedInAt(t.Context(), fresh, alice)
			if strings.Join(methods, " ") != row.methods || at.Unix() < began || at.After(time.Now()) || errors.Join(err, err2) != nil {
				t.Errorf("%s: %v, %v at %v, want %s", row.name, errors.Join(err, err2), methods, at, row.methods)
			}
		}
	})
}

// TestALoginInheritsNoRecord checks that a session which is taken over, whoever
// it belongs to, leaves nothing of an earlier login behind.
func TestALoginInheritsNoRecord(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		makeDevices(t, db)
		record := map[string]any{
			"_ginauth_login_time": 1, "_ginauth_amr": []string{"pwd", "otp"}, "otp_device_id": "otp_totp.totpdevice/1",
			"account_authentication_methods": []map[string]any{{"method": "mfa", "at": 1.5, "id": 1, "type": "totp"}},
			"kept":                           true,
		}
		for _, owner := range []string{"", "alice", "bob"} {
			former := modeltest.LogIn(t, s, "", "alice")
			switch owner {
			case "":
				for _, name := range []string{"_auth_user_id", "_auth_user_backend", "_auth_user_hash"} {
					former.Delete(name)
				}
			case "bob":
				former = modeltest.LogIn(t, s, "", "bob")
			}
			for name, value := range record {
				if err := former.Set(name, value); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Save(t.Context(), former); err != nil {
				t.Fatal(err)
			}
			fresh := modeltest.LogIn(t, s, string(former.Key), "alice")
			values := valuesOf(t, s, fresh.Key)
			methods, err := s.Methods(t.Context(), fresh, modeltest.Lookup(t, s.Users(), "alice"))
			at, err2 := s.LoggedInAt(t.Context(), fresh, modeltest.Lookup(t, s.Users(), "alice"))
			if len(values) != 1 || len(methods) > 0 || time.Since(at) > time.Minute || errors.Join(err, err2) != nil {
				t.Errorf("from a session of %q: %v, %v at %v, %v", owner, values, methods, at, errors.Join(err, err2))
			}
			var kept bool
			if fresh.Get("kept", &kept); kept != (owner != "bob") {
				t.Errorf("from a session of %q: other values are kept: %v", owner, kept)
			}
		}
		// A change of password is no login.
		alice := modeltest.Lookup(t, s.Users(), "alice")
		ours, err := s.Login(t.Context(), "", alice, login.Factor{Method: login.MethodOTP, Device: "otp_totp.totpdevice/1"})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(ours.Set("_ginauth_login_time", 1000), s.Users().SetPassword(t.Context(), alice, "new")); err != nil {
			t.Fatal(err)
		}
		kept, err := s.UpdateAuthHash(t.Context(), ours, alice)
		if err != nil {
			t.Fatal(err)
		}
		methods, err := s.Methods(t.Context(), kept, alice)
		at, err2 := s.LoggedInAt(t.Context(), kept, alice)
		if !slices.Equal(methods, []string{"otp"}) || at.Unix() != 1000 || errors.Join(err, err2) != nil {
			t.Errorf("after a change of password: %v at %v, %v", methods, at, errors.Join(err, err2))
		}
	})
}

// TestMethodsOfASession reads what Django's packages and others may have
// written into Alice's session.
func TestMethodsOfASession(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		makeDevices(t, db)
		alice := modeltest.Lookup(t, s.Users(), "alice")
		const amr, allauth, otp = "_ginauth_amr", "account_authentication_methods", "otp_device_id"
		for _, row := range []struct{ name, value, want string }{
			{amr, `["pwd","otp"]`, "pwd otp"},
			{amr, `"otp"`, ""},
			{amr, `["otp",1]`, ""},
			{amr, `{"otp":true}`, ""},
			{amr, `null`, ""},
			{otp, `"otp_totp.totpdevice/1"`, "otp"},
			{otp, `"otp_static.staticdevice/1"`, "otp"},
			{otp, `"otp_hotp.hotpdevice/1"`, "otp"},
			{otp, `"otp_email.emaildevice/1"`, "otp"},
			{otp, `"otp_yubikey.yubikeydevice/1"`, "otp"},
			{otp, `"otp_yubikey.remoteyubikeydevice/1"`, "otp"},
			{otp, `"otp_twilio.twiliosmsdevice/1"`, "otp"},
			{otp, `"two_factor.phonedevice/1"`, "otp"},
			{otp, `"two_factor_webauthn.webauthndevice/1"`, "pop"},
			{otp, `"django_otp_webauthn.webauthncredential/1"`, "pop"},
			{otp, `"django_otp_webauthn.webauthncredential/2"`, ""}, // Bob's
			{otp, `"otp_totp.TOTPDevice/1"`, "otp"},
			{otp, `"django_otp.plugins.otp_totp.models.TOTPDevice/1"`, "otp"}, // before 0.3
			{otp, `"otp_totp.totpdevice/2"`, ""},                              // Bob's
			{otp, `"otp_totp.totpdevice/3"`, ""},                              // not confirmed
			{otp, `"otp_totp.totpdevice/9"`, ""},
			{otp, `"otp_totp.totpdevice/-1"`, ""},
			{otp, `"otp_totp.totpdevice/0"`, ""},
			{otp, `"otp_totp.totpdevice/01"`, "otp"}, // int(), as in Django
			{otp, `"otp_totp.totpdevice/1 OR 1=1"`, ""},
			{otp, `"otp_totp.totpdevice/99999999999999999999"`, ""},
			{otp, `"otp_totp.totpdevice/9223372036854775807"`, ""},
			{otp, `"OTP_TOTP.totpdevice/1"`, ""},
			{otp, `"auth.user/1"`, ""},
			{otp, `"mfa.authenticator.totp/1"`, ""},
			{otp, `"otp_totp_totpdevice/1"`, ""},
			{otp, `""`, ""},
			{otp, `1`, ""},
			{otp, `["otp_totp.totpdevice/1"]`, ""},
			{otp, `null`, ""},
			{allauth, `[{"method":"password","at":1,"username":"alice"},{"method":"mfa","at":2,"id":1,"type":"totp"}]`, "otp"},
			{allauth, `[{"method":"mfa","at":2,"id":1,"type":"totp","reauthenticated":true}]`, "otp"},
			{allauth, `[{"method":"mfa","at":2,"id":4,"type":"recovery_codes"}]`, "otp"},
			{allauth, `[{"method":"mfa","at":2,"id":5,"type":"webauthn","passwordless":true}]`, "pop"},
			{allauth, `[{"method":"mfa","at":2,"id":2,"type":"totp"}]`, ""}, // Bob's
			{allauth, `[{"method":"mfa","at":2,"id":9,"type":"totp"}]`, ""}, // removed
			{allauth, `[{"method":"mfa","at":2,"id":5,"type":"totp"}]`, ""}, // of another type
			{allauth, `[{"method":"mfa","at":2,"id":"1","type":"totp"}]`, ""},
			{allauth, `[{"method":"mfa","at":2,"type":"totp"}]`, ""},
			{allauth, `[{"method":"code","at":2,"email":"a@example.com"}]`, ""},
			{allauth, `[{"method":"totp","at":2,"id":1,"type":"totp"}]`, ""},
			{allauth, `[1,null,"mfa",[],{"method":"mfa","at":2,"id":1,"type":"totp"}]`, "otp"},
			{allauth, `{"method":"mfa","at":2,"id":1,"type":"totp"}`, ""},
			{allauth, `"mfa"`, ""},
			{allauth, `[]`, ""},
		} {
			ours := modeltest.LogIn(t, s, "", "alice")
			if err := errors.Join(ours.Set(row.name, json.RawMessage(row.value)), s.Save(t.Context(), ours)); err != nil {
				t.Fatal(err)
			}
			found, err := s.Find(t.Context(), string(ours.Key))
			if err != nil {
				t.Fatal(err)
			}
			methods, err := s.Methods(t.Context(), found, alice)
			if got := strings.Join(methods, " "); got != row.want || err != nil {
				t.Errorf("%s %s: %q, %v, want %q", row.name, row.value, got, err, row.want)
			}
		}
	})
}
