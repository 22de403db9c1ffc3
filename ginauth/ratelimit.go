package ginauth

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Quota is what a client is told about the rate of a [Throttle].
type Quota struct {
	Policy    string        // the name of the rate, e.g. "user"
	Limit     int           // requests allowed in a window
	Window    time.Duration // length of the window
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
	var policies, limits strings.Builder
	for i, q := range quotas {
		if i > 0 {
			policies.WriteString(", ")
			limits.WriteString(", ")
		}
		name := quoted(q.Policy)
		policies.WriteString(name + ";q=" + strconv.Itoa(q.Limit) + ";w=" + wholeSeconds(q.Window))
		limits.WriteString(name + ";r=" + strconv.Itoa(max(q.Remaining, 0)) + ";t=" + wholeSeconds(q.Reset))
	}
	c.Header("RateLimit-Policy", policies.String())
	c.Header("RateLimit", limits.String())
}

// quoted returns s as a String of RFC 9651. Characters outside printable ASCII
// become underscores.
func quoted(s string) string {
	printable := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable) + `"`
}

func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(math.Ceil(max(d, 0).Seconds())), 10)
}
