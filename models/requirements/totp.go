package requirements

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238; what authenticators use
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models/login"
)

// totp makes the codes of a device (RFC 6238).
type totp struct {
	key    []byte
	period int64 // seconds
	t0     int64 // seconds since 1970
	digits int
}

// check returns an error for a device whose codes could be guessed, or cannot
// be made at all.
func (d totp) check() error {
	switch {
	case len(d.key) == 0:
		return fmt.Errorf("the key is empty")
	case d.digits < 6 || d.digits > 9:
		return fmt.Errorf("codes of %d digits", d.digits)
	case d.period < 1:
		return fmt.Errorf("a step of %d seconds", d.period)
	}
	return nil
}

// step returns the time step of a time.
func (d totp) step(at time.Time) int64 {
	since := at.Unix() - d.t0
	step := since / d.period
	if since < 0 && since%d.period != 0 {
		step-- // as Python rounds
	}
	return step
}

// code returns the code of a step (RFC 4226 section 5.3).
func (d totp) code(step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, d.key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	power := uint32(1)
	for range d.digits {
		power *= 10
	}
	return fmt.Sprintf("%0*d", d.digits, value%power)
}

// match returns the first step from first to last whose code was given, and
// whether there is one. The work does not depend on which.
func (d totp) match(given string, first, last int64) (step int64, ok bool) {
	for s := last; s >= max(first, 0); s-- {
		if subtle.ConstantTimeCompare([]byte(d.code(s)), []byte(given)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// givenCode returns the code that a client gave, without blanks around it. More
// than any device makes is as wrong as anything else.
func givenCode(attempt login.Attempt) string { return strings.TrimSpace(string(attempt.Code)) }

// clock returns the current time, or that of a test.
func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return now().UTC().Truncate(time.Microsecond)
}
