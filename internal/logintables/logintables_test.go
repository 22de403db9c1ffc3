package logintables_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
)

// unpackaged are the models of packages that no suite of Debian has.
var unpackaged = []string{
	"otp_yubikey.yubikeydevice", "otp_yubikey.remoteyubikeydevice", "otp_twilio.twiliosmsdevice", "django_otp_webauthn.webauthncredential",
	"two_factor.phonedevice", "two_factor_webauthn.webauthndevice",
}

// TestTablesOfRealPackages compares the tables with those that the migrations of
// the real packages make.
func TestTablesOfRealPackages(t *testing.T) {
	djangotest.Need(t, "django_otp", "axes", "allauth", "psycopg2")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		var django struct {
			Tables  []string
			Devices map[string]struct {
				Table   string
				Columns []string
			}
		}
		if err := json.Unmarshal([]byte(djangotest.Run(t, "", "testdata/logintables_django.py", url)), &django); err != nil {
			t.Fatal(err)
		}
		expected := []string{logintables.EmailAddresses, logintables.AccessAttempts, logintables.TOTPDevices}
		if djangotest.Has(t, "allauth.mfa") {
			expected = append(expected, logintables.Authenticators)
		}
		for _, table := range expected {
			if !slices.Contains(django.Tables, table) || !slices.Contains(logintables.All(), table) {
				t.Errorf("%s is not among %s", table, django.Tables)
			}
		}
		for _, device := range logintables.Devices {
			real, there := django.Devices[device.Label]
			if there == slices.Contains(unpackaged, device.Label) {
				t.Errorf("%s: Django has it: %v", device.Label, there)
			}
			if !there {
				continue
			}
			for _, column := range []string{"id", "user_id", "confirmed"} {
				if real.Table != device.Table() || !slices.Contains(real.Columns, column) {
					t.Errorf("%s: %s with %s", device.Label, real.Table, real.Columns)
				}
			}
		}
		for label := range django.Devices {
			if !slices.ContainsFunc(logintables.Devices, func(d logintables.Device) bool { return d.Label == label }) {
				t.Errorf("the devices of %s are unknown here", label)
			}
		}
	})
}
