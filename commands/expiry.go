package commands

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ginauth/ginauth/models/accesstoken"
)

// expiry is the end of a token, as people write it.
type expiry struct{ accesstoken.Expiry }

// UnmarshalText reads "never", a number of days such as 90d, a duration such as
// 12h, or a date.
func (e *expiry) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		e.Expiry = accesstoken.NeverExpires
		return nil
	}
	if at, err := time.Parse(time.DateOnly, string(text)); err == nil {
		e.Expiry = accesstoken.ExpiresAt(at)
		return nil
	}
	var d age
	if err := d.UnmarshalText(text); err != nil {
		return fmt.Errorf(`%q is no number of days such as 90d, no duration such as 12h, `+
			`no date such as 2027-01-31, and not "never"`, text)
	}
	e.Expiry = accesstoken.ExpiresIn(time.Duration(d))
	return nil
}

// age is a duration that may be given in days.
type age time.Duration

// UnmarshalText reads a number of days such as 30d, or a duration such as 12h.
func (a *age) UnmarshalText(text []byte) error {
	const day = 24 * time.Hour
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > math.MaxInt64/uint64(day) {
			return fmt.Errorf("%q is no number of days such as 30d", text)
		}
		*a = age(time.Duration(n) * day)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no number of days such as 30d, and no duration such as 12h", text)
	}
	*a = age(d)
	return nil
}
