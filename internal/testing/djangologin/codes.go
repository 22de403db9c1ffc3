package djangologin

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"
)

// Code returns the code of six digits that an authenticator with this key shows
// at a time. It is written apart from the code under test.
func Code(key string, at time.Time) string {
	h := hmac.New(sha1.New, []byte(key))
	_ = binary.Write(h, binary.BigEndian, at.Unix()/30)
	sum := h.Sum(nil)
	from := int(sum[19] & 15)
	n := (int(sum[from])&127)<<24 | int(sum[from+1])<<16 | int(sum[from+2])<<8 | int(sum[from+3])
	return fmt.Sprintf("%06d", n%1_000_000)
}

// TOTPDevice gives a user a device of django-otp.
func TOTPDevice(t testing.TB, db *gorm.DB, user int64, key string) {
	t.Helper()
	Exec(t, db, `INSERT INTO otp_totp_totpdevice
		(name, confirmed, key, step, t0, digits, tolerance, drift, last_t, user_id, throttling_failure_count)
		VALUES ('phone', ?, ?, 30, 0, 6, 1, 0, -1, ?, 0)`, true, hex.EncodeToString([]byte(key)), user)
}

// StaticDevice gives a user a device of django-otp with backup codes.
func StaticDevice(t testing.TB, db *gorm.DB, user int64, confirmed bool) {
	t.Helper()
	Exec(t, db, `INSERT INTO otp_static_staticdevice (name, confirmed, user_id, throttling_failure_count)
		VALUES ('backup', ?, ?, 0)`, confirmed, user)
}

// Authenticator gives a user a TOTP authenticator of allauth.mfa.
func Authenticator(t testing.TB, db *gorm.DB, user int64, key string) {
	t.Helper()
	data := fmt.Sprintf(`{"secret": %q}`, base32.StdEncoding.EncodeToString([]byte(key)))
	OtherAuthenticator(t, db, user, "totp", data)
}

// OtherAuthenticator gives a user an authenticator of any type.
func OtherAuthenticator(t testing.TB, db *gorm.DB, user int64, kind, data string) {
	t.Helper()
	Exec(t, db, `INSERT INTO mfa_authenticator (type, data, user_id, created_at) VALUES (?, ?, ?, ?)`,
		kind, data, user, time.Now().UTC())
}

// Email gives a user an e-mail address.
func Email(t testing.TB, db *gorm.DB, user int64, address string, verified bool) {
	t.Helper()
	Exec(t, db, `INSERT INTO account_emailaddress (email, verified, "primary", user_id) VALUES (?, ?, ?, ?)`,
		address, verified, false, user)
}

// AxesFailures records failures that axes has counted.
func AxesFailures(t testing.TB, db *gorm.DB, name, address string, at time.Time, n int) {
	t.Helper()
	Exec(t, db, `INSERT INTO axes_accessattempt (user_agent, ip_address, username,
		http_accept, path_info, attempt_time, get_data, post_data, failures_since_start)
		VALUES ('curl', ?, ?, '', '', ?, '', '', ?)`, address, name, at.UTC(), n)
}
