package ginauth

import (
	"math"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Quota is what a client is told about the rate of a [Throttle].
type Quota struct {
	Policy    string        // the name of the rate, e.g. "user"
	Limit     int           // requests allowed in a window
	Window    time.Duration // length of the window; zero: there will never be more
	Remaining int           // requests that are left
	Reset     time.Duration // until there are more
}

// RateLimitHeaders makes the guard send the quotas of throttled routes in the
// headers RateLimit and RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers-09), whether the request passes or not.
// By default it does not, like DRF.
func RateLimitHeaders() Option {
	return setting(func(a *Auth) { a.rateLimitHeaders = true })
}

// writeQuotas sets the two headers: lists of RFC 9651, with an item for each
// throttle.
func writeQuotas(c *gin.Context, quotas []Quota) {
	if len(quotas) == 0 {
		return
	}
	// Two or three throttles fit in, so that only the headers are allocated.
	policies, limits := make([]byte, 0, 128), make([]byte, 0, 128)
	for i, q := range quotas {
		if i > 0 {
			policies, limits = append(policies, ", "...), append(limits, ", "...)
		}
		policies = appendParameter(appendQuoted(policies, q.Policy), ";q=", int64(q.Limit))
		limits = appendParameter(appendQuoted(limits, q.Policy), ";r=", int64(max(q.Remaining, 0)))
		if q.Window > 0 {
			policies = appendParameter(policies, ";w=", wholeSeconds(q.Window))
			limits = appendParameter(limits, ";t=", wholeSeconds(q.Reset))
		}
	}
	// Spelled as net/http sends them, which costs it nothing.
	c.Header("Ratelimit-Policy", string(policies))
	c.Header("Ratelimit", string(limits))
}

func appendParameter(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(append(b, name...), value, 10)
}

// appendQuoted appends s as a String of RFC 9651. Characters outside printable
// ASCII become underscores.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r < ' ' || r > '~':
			b = append(b, '_')
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		default:
			b = append(b, byte(r))
		}
	}
	return append(b, '"')
}

func wholeSeconds(d time.Duration) int64 { return int64(math.Ceil(max(d, 0).Seconds())) }
