package requirements

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/logintables"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models/login"
)

// DjangoOTP requires a code of users who have a confirmed device of django-otp
// (django_otp.user_has_device). Codes of TOTP devices are checked, by the rules
// of TOTPDevice.verify_token: a code is good once, at both servers, and each
// wrong code doubles the time until the next one is tested. A user whose devices
// are all of other kinds is refused.
type DjangoOTP struct {
	// ThrottleFactor is OTP_TOTP_THROTTLE_FACTOR, in seconds. Default: 1.
	ThrottleFactor int

	// InsecureUnthrottled tests codes however many were wrong, as with an
	// OTP_TOTP_THROTTLE_FACTOR of 0. Failed logins are limited all the same.
	InsecureUnthrottled bool

	// KeepDrift is OTP_TOTP_SYNC = False: a device's drift stays as it is.
	KeepDrift bool

	// Everyone refuses users without a device too, as django-otp's
	// OTPAuthenticationForm does.
	Everyone bool

	// Devices names further tables of devices, of plugins that are not
	// django-otp's own. A device there makes a code necessary.
	Devices []string

	now func() time.Time // of a test; nil stands for time.Now
}

var (
	_ login.Requirement = DjangoOTP{}
	_ login.TableReader = DjangoOTP{}
)

// otherDevices returns the tables of devices that make a code necessary and
// whose codes cannot be checked here. Those that do not exist hold none.
func otherDevices() []string {
	return slices.DeleteFunc(logintables.DeviceTables(), func(table string) bool {
		return table == logintables.TOTPDevices
	})
}

// Tables implements [login.TableReader].
func (d DjangoOTP) Tables() (map[string][]string, error) {
	tables := map[string][]string{logintables.TOTPDevices: {"id", "user_id", "confirmed", "key", "step", "t0", "digits",
		"tolerance", "drift", "last_t", "throttling_failure_timestamp", "throttling_failure_count"}}
	for _, table := range otherDevices() {
		tables[table] = nil
	}
	for _, table := range d.Devices {
		tables[table] = []string{"user_id", "confirmed"}
	}
	return tables, d.check()
}

// check refuses a factor that is negative or has no effect.
func (d DjangoOTP) check() error {
	if d.ThrottleFactor < 0 || d.InsecureUnthrottled && d.ThrottleFactor != 0 {
		return errors.New("requirements: DjangoOTP: ThrottleFactor must not be negative, nor set together " +
			"with InsecureUnthrottled")
	}
	return nil
}

// CheckDeploy says what is unfit for production: codes that may be guessed at any
// rate.
func (d DjangoOTP) CheckDeploy(context.Context) error {
	if d.InsecureUnthrottled {
		return errors.New("unthrottled-codes: codes are tested however many were wrong; " +
			"remove DjangoOTP.InsecureUnthrottled")
	}
	return nil
}

// Require implements [login.Requirement].
func (d DjangoOTP) Require(ctx context.Context, attempt login.Attempt) (login.Proof, error) {
	devices, err := d.devices(ctx, attempt)
	if err != nil {
		return nil, err
	}
	if len(devices) == 0 {
		return nil, d.withoutTOTP(ctx, attempt)
	}
	code := givenCode(attempt)
	if code == "" {
		return nil, required()
	}
	now := clock(d.now)
	allowed := slices.DeleteFunc(slices.Clone(devices), func(t *totpDevice) bool { return d.wait(t, now) > 0 })
	if len(allowed) == 0 {
		return nil, throttled(d.shortest(devices, now), false)
	}
	var right *totpDevice
	var matched int64 // the step of the code
	for _, device := range allowed {
		current := device.step(now) + device.drift
		step, ok := device.match(code, max(device.lastT+1, current-device.tolerance), current+device.tolerance)
		if ok && right == nil {
			right, matched = device, step
		}
	}
	if right == nil {
		return nil, d.wrong(ctx, attempt.Users.Database(), allowed, now)
	}
	return func(ctx context.Context) (login.Factor, error) { return d.use(ctx, attempt, right, matched, now) }, nil
}

// withoutTOTP decides about a user without a TOTP device.
func (d DjangoOTP) withoutTOTP(ctx context.Context, attempt login.Attempt) error {
	db := attempt.Users.Database()
	others := otherDevices()
	absent, err := sqlkit.PresenceOf(db).Missing(ctx, db, others...)
	if err != nil {
		return err
	}
	for _, table := range slices.Concat(others, d.Devices) {
		if slices.Contains(absent, table) {
			continue
		}
		name := db.Statement.Quote(table)
		query := bound(db, "SELECT 1 FROM "+name+` d WHERE d."user_id" = ? AND d."confirmed" LIMIT 1`)
		var one int
		found, err := sqlkit.Row(ctx, sqlkit.Pool(db), query, []any{attempt.Users.Key(attempt.User)}, &one)
		switch {
		case err != nil:
			return fmt.Errorf("find devices in %s: %w", table, err)
		case found:
			return unsupported()
		}
	}
	if d.Everyone {
		return &login.Refusal{Status: http.StatusForbidden, Code: "otp_device_required",
			Detail: "This login needs a device for one-time codes, and there is none."}
	}
	return nil
}

// totpDevice is a row of otp_totp_totpdevice.
type totpDevice struct {
	totp
	id, tolerance, drift, lastT int64
	failures                    int64
	failed                      *time.Time
}

// devices returns the user's confirmed TOTP devices.
func (d DjangoOTP) devices(ctx context.Context, attempt login.Attempt) (devices []*totpDevice, err error) {
	db := attempt.Users.Database()
	query := bound(db, `SELECT d."id", d."key", d."step", d."t0", d."digits", d."tolerance", d."drift", d."last_t", `+
		`d."throttling_failure_count", d."throttling_failure_timestamp" FROM "otp_totp_totpdevice" d `+
		`WHERE d."user_id" = ? AND d."confirmed" ORDER BY d."id"`)
	for rows, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), query, attempt.Users.Key(attempt.User)) {
		t := &totpDevice{}
		var key string
		if err == nil {
			err = rows.Scan(&t.id, &key, &t.period, &t.t0, &t.digits, &t.tolerance, &t.drift, &t.lastT,
				&t.failures, &t.failed)
		}
		if err != nil {
			return nil, fmt.Errorf("find TOTP devices: %w", err)
		}
		if t.key, err = hex.DecodeString(strings.TrimSpace(key)); err != nil {
			return nil, fmt.Errorf("TOTP device %d: the key is not hexadecimal", t.id)
		}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("TOTP device %d: %w", t.id, err)
		}
		devices = append(devices, t)
	}
	return devices, nil
}

// wait returns how long a device's codes are not tested (ThrottlingMixin).
func (d DjangoOTP) wait(t *totpDevice, now time.Time) time.Duration {
	if d.InsecureUnthrottled || t.failures < 1 || t.failed == nil {
		return 0
	}
	seconds := min(float64(cmp.Or(d.ThrottleFactor, 1))*math.Pow(2, float64(t.failures-1)), 100*365*24*3600)
	return t.failed.Add(time.Duration(seconds * float64(time.Second))).Sub(now)
}

// shortest returns the wait until a code of one of the devices is tested.
func (d DjangoOTP) shortest(devices []*totpDevice, now time.Time) time.Duration {
	wait := d.wait(devices[0], now)
	for _, t := range devices {
		wait = min(wait, d.wait(t, now))
	}
	return wait
}

// wrong records a wrong code at the devices that were tried. If another failure
// has been recorded since they were read, the code is not said to be wrong:
// attempts at the same time gain nothing over one after another.
func (d DjangoOTP) wrong(ctx context.Context, db *gorm.DB, tried []*totpDevice, now time.Time) error {
	statement := bound(db, `UPDATE "otp_totp_totpdevice" `+
		`SET "throttling_failure_count" = ?, "throttling_failure_timestamp" = ? `+
		`WHERE "otp_totp_totpdevice"."id" = ? AND "otp_totp_totpdevice"."throttling_failure_count" = ?`)
	overtaken := false
	for _, t := range tried {
		n, err := sqlkit.Exec(ctx, sqlkit.Pool(db), statement, min(t.failures+1, math.MaxInt32), now, t.id, t.failures)
		if err != nil {
			return fmt.Errorf("record a wrong code: %w", err)
		}
		overtaken = overtaken || n == 0
	}
	if overtaken && !d.InsecureUnthrottled {
		return throttled(time.Second, true)
	}
	return invalid()
}

// use uses up the code of a step (TOTPDevice.verify_token), unless another
// attempt has used it or has failed meanwhile. The answer is then that of a
// wrong code that was overtaken, because the code may still be good.
func (d DjangoOTP) use(
	ctx context.Context, attempt login.Attempt, t *totpDevice, step int64, now time.Time,
) (login.Factor, error) {
	drift := t.drift
	if !d.KeepDrift {
		drift += step - (t.step(now) + t.drift)
	}
	db := attempt.Users.Database()
	statement := bound(db, `UPDATE "otp_totp_totpdevice" SET "last_t" = ?, "drift" = ?, `+
		`"throttling_failure_count" = 0, "throttling_failure_timestamp" = NULL `+
		`WHERE "otp_totp_totpdevice"."id" = ? AND "otp_totp_totpdevice"."user_id" = ? `+
		`AND "otp_totp_totpdevice"."confirmed" AND "otp_totp_totpdevice"."last_t" < ? `+
		`AND "otp_totp_totpdevice"."throttling_failure_count" = ?`)
	n, err := sqlkit.Exec(ctx, sqlkit.Pool(db), statement,
		step, drift, t.id, attempt.Users.Key(attempt.User), step, t.failures)
	switch {
	case err != nil:
		return login.Factor{}, fmt.Errorf("use up a code: %w", err)
	case n == 0:
		return login.Factor{}, throttled(time.Second, true)
	}
	return login.Factor{Method: login.MethodOTP, Device: fmt.Sprintf("otp_totp.totpdevice/%d", t.id), At: now}, nil
}
