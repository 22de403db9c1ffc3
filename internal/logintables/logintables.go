// Package logintables names the tables in which Django's packages keep what
// they ask of a login besides the password.
package logintables

import (
	"slices"
	"strings"
)

// Tables whose columns are read by name.
const (
	Authenticators = "mfa_authenticator"    // allauth.mfa
	EmailAddresses = "account_emailaddress" // allauth.account
	TOTPDevices    = "otp_totp_totpdevice"  // django-otp
	AccessAttempts = "axes_accessattempt"   // django-axes
)

// Device is a model of devices of django-otp, or of a package that adds to its
// own. The tables of all have the columns id, user_id and confirmed.
type Device struct {
	Label   string // of the model, as in a persistent_id, e.g. "otp_totp.totpdevice"
	Passkey bool   // it proves the possession of a key, and makes no codes
}

// Table returns the name of the table, which Django makes of the label.
func (d Device) Table() string { return strings.Replace(d.Label, ".", "_", 1) }

// Devices are the models that are known.
var Devices = []Device{
	{Label: "otp_totp.totpdevice"},
	{Label: "otp_static.staticdevice"},
	{Label: "otp_hotp.hotpdevice"},
	{Label: "otp_email.emaildevice"},
	{Label: "otp_yubikey.yubikeydevice"}, // django-otp-yubikey
	{Label: "otp_yubikey.remoteyubikeydevice"},
	{Label: "otp_twilio.twiliosmsdevice"},                            // django-otp-twilio
	{Label: "django_otp_webauthn.webauthncredential", Passkey: true}, // django-otp-webauthn
	{Label: "two_factor.phonedevice"},                                // django-two-factor-auth
	{Label: "two_factor_webauthn.webauthndevice", Passkey: true},
}

// All returns the names of all tables.
func All() []string {
	return slices.Concat([]string{Authenticators, EmailAddresses}, DeviceTables(), []string{AccessAttempts})
}

// DeviceTables returns the names of the tables of devices.
func DeviceTables() (names []string) {
	for _, d := range Devices {
		names = append(names, d.Table())
	}
	return names
}
