package rates

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rate is the number of requests allowed in a period: at most Limit in any
// stretch of time as long as Period.
type Rate struct {
	Limit  int
	Period time.Duration
}

// maxLimit is the greatest limit that [Parse] accepts.
const maxLimit = 1_000_000_000

// minPeriod is the shortest period that [Parse] accepts; a network is not
// more exact.
const minPeriod = time.Millisecond

// day is a day of 24 hours.
const day = 24 * time.Hour

// Parse parses a rate: a limit, a slash and a period. The limit is a whole
// number; 0 refuses everything. The period is a word as in DRF, for one of its
// units:
//
//	s sec second seconds   m min minute minutes   h hr hour hours   d day days
//
// or any duration of at least a millisecond in the format of
// [time.ParseDuration], which may also contain days: "100/10m", "5/1h30m",
// "10/2d", "1/500ms". DRF looks only at a period's first letter, and so takes
// "5/month" for five a minute; here that is an error.
func Parse(s string) (Rate, error) {
	number, period, ok := strings.Cut(s, "/")
	if !ok {
		return Rate{}, badRate(s, "it has no slash")
	}
	limit, err := strconv.ParseUint(number, 10, 64) // it accepts only digits: no sign, no blank
	if err != nil || limit > maxLimit {
		return Rate{}, badRate(s, "the limit must be a whole number up to "+strconv.Itoa(maxLimit))
	}
	length, ok := parsePeriod(period)
	if !ok {
		return Rate{}, badRate(s, `the period must be s, min, hour or day, or a time such as "10m", "1h30m" or "2d"`)
	}
	if length < minPeriod {
		return Rate{}, badRate(s, "the period must be at least "+minPeriod.String())
	}
	return Rate{int(limit), length}, nil
}

func badRate(s, why string) error {
	return fmt.Errorf(`rates: %.50q is no rate such as "100/min": %s`, s, why)
}

func parsePeriod(s string) (time.Duration, bool) {
	switch s {
	case "s", "sec", "second", "seconds":
		return time.Second, true
	case "m", "min", "minute", "minutes":
		return time.Minute, true
	case "h", "hr", "hour", "hours":
		return time.Hour, true
	case "d", "day", "days":
		return day, true
	}
	days, rest, hasDays := strings.Cut(s, "d")
	if !hasDays {
		return parseTime(s)
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || n > uint64(math.MaxInt64/day) {
		return 0, false
	}
	length := time.Duration(n) * day
	if rest == "" {
		return length, true
	}
	more, ok := parseTime(rest)
	return length + more, ok && length+more >= length // otherwise it overflows
}

// parseTime is time.ParseDuration without signs.
func parseTime(s string) (time.Duration, bool) {
	if strings.ContainsAny(s, "+-") {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

// String returns the rate in the format of [Parse], e.g. "3/min" or
// "100/1h30m".
func (r Rate) String() string { return strconv.Itoa(r.Limit) + "/" + periodName(r.Period) }

func periodName(d time.Duration) string {
	switch d {
	case time.Second:
		return "s"
	case time.Minute:
		return "min"
	case time.Hour:
		return "hour"
	case day:
		return "day"
	}
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	name := d.String()
	if strings.HasSuffix(name, "m0s") {
		name = strings.TrimSuffix(name, "0s")
	}
	if strings.HasSuffix(name, "h0m") {
		name = strings.TrimSuffix(name, "0m")
	}
	return name
}
