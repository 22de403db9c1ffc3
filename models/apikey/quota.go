package apikey

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Quota is how many requests may be made with a key. It is a property of the
// key, counted on all routes together. There are three kinds:
//
//	apikey.Quota{Limit: 10_000}                               // never refilled
//	apikey.Quota{Limit: 10_000, Monthly: true}                // full each month
//	apikey.Quota{Limit: 1_000, Refill: 100, Every: time.Hour} // up to 1,000
//
// Months begin on their first day in UTC.
// A new quota is full. Periods are counted from the time at which it was set.
type Quota struct {
	Limit   int           // the most requests that can be left: 1 to 1,000,000,000
	Refill  int           // requests that are added each period; default: Limit
	Every   time.Duration // the period, in whole seconds up to 366 days; 0: none
	Monthly bool          // in place of a period

	Left int // requests that were left when the quota was read
}

const (
	maxQuota = 1_000_000_000
	maxEvery = 366 * 24 * time.Hour

	// monthly is the period of quotas that are refilled each month, as stored.
	monthly = -1
)

// check returns the quota with its default and full, or what is wrong with it.
func (q Quota) check() (Quota, error) {
	switch {
	case q.Limit < 1 || q.Limit > maxQuota:
		return q, fmt.Errorf("apikey: the Limit of a quota is 1 to %d; "+
			"to refuse all requests, revoke the key", maxQuota)
	case q.Monthly && (q.Refill != 0 || q.Every != 0):
		return q, errors.New("apikey: a Monthly quota becomes full again; leave out Refill and Every")
	case q.Every < 0 || q.Every > maxEvery || q.Every%time.Second != 0:
		return q, errors.New("apikey: Every is in whole seconds, up to 366 days")
	case q.Every == 0 && q.Refill != 0:
		return q, errors.New("apikey: a quota with a Refill needs its period, Every")
	case q.Refill < 0 || q.Refill > q.Limit:
		return q, errors.New("apikey: the Refill of a quota is 1 to its Limit, the most that can be left")
	case q.Every > 0 && q.Refill == 0:
		q.Refill = q.Limit
	}
	q.Left = q.Limit
	return q, nil
}

// Window returns the time in which an empty quota becomes full: for a monthly
// one the length of the present month, and 0 if it is never refilled, or if it
// is no quota that a key can have. Times beyond 100 years are 100 years.
func (q Quota) Window() time.Duration {
	switch {
	case q.Monthly:
		begin := month(time.Now())
		return begin.AddDate(0, 1, 0).Sub(begin)
	case q.Every <= 0 || q.Limit < 1 || q.Refill < 0:
		return 0
	}
	const longest = 100 * maxEvery
	periods := time.Duration((q.Limit-1)/cmp.Or(q.Refill, q.Limit) + 1)
	if periods > longest/q.Every {
		return longest
	}
	return periods * q.Every
}

// String describes the quota, e.g. "1000, 100 more every 1h0m0s".
func (q Quota) String() string {
	switch {
	case q.Monthly:
		return fmt.Sprintf("%d a month", q.Limit)
	case q.Every == 0:
		return fmt.Sprintf("%d in all", q.Limit)
	}
	return fmt.Sprintf("%d, %d more every %s", q.Limit, cmp.Or(q.Refill, q.Limit), q.Every)
}

// month returns when the month of a time began, in UTC.
func month(t time.Time) time.Time {
	year, month, _ := t.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// seconds returns the period as stored.
func (q Quota) seconds() int64 {
	if q.Monthly {
		return monthly
	}
	return int64(q.Every / time.Second)
}

// next returns how long after a time the quota is refilled, or 0 if it never
// is. refilled is when it was last.
func (q Quota) next(refilled, now time.Time) time.Duration {
	var at time.Time
	switch {
	case q.Monthly:
		at = month(now).AddDate(0, 1, 0)
	case q.Every == 0:
		return 0
	default:
		at = refilled.Add(q.Every)
	}
	return max(at.Sub(now), time.Second)
}
