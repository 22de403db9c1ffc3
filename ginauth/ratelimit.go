package ginauth

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Quota is what a client is told about the rate that a [Throttle] holds it to.
type Quota struct {
	Policy    string        // the name of the rate, e.g. "user"
	Limit     int           // how many requests it lets pass
	Window    time.Duration // in this time
	Remaining int           // how many of them are left
	Reset     time.Duration // until there are more
}

// RateLimitHeaders makes the guard tell the quotas of every throttled route,
// whether the request is let pass or not, in the headers RateLimit and
// RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-09). The default is
// not to, as in DRF.
func RateLimitHeaders() Option {
	return setting(func(a *Auth) { a.rateLimitHeaders = true })
}

// writeQuotas sets the two headers: lists of RFC 9651, an item a throttle.
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

// quoted is a String of RFC 9651, which is printable ASCII; what is not becomes
// an underscore.
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
