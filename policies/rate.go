package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/rates"
)

// AnonRate limits anonymous requests to a rate, counted by the client's
// address, and admits users without counting them (DRF: AnonRateThrottle). The
// format of the rate is that of [rates.Parse]. Like its siblings it panics if
// the rate or the config is invalid.
//
// These classes are DRF's SimpleRateThrottle, with the decision and the count
// in one step. They count requests in a sliding log of those that were
// admitted; refused requests do not count. They are safe for concurrent use.
func AnonRate(rate string, config ...RateConfig) ginauth.Throttle {
	return fixedRate("AnonRate", "anon", rate, anonymousOnly, config)
}

// UserRate limits each user to a rate, and anonymous requests by the client's
// address (DRF: UserRateThrottle). A user is identified by the primary key that
// GORM finds in its struct, or else by its method Subject.
func UserRate(rate string, config ...RateConfig) ginauth.Throttle {
	return fixedRate("UserRate", "user", rate, byUser, config)
}

// AddressRate limits all clients to a rate by their address, users included. It
// is for routes on which clients prove who they are, such as a login.
func AddressRate(rate string, config ...RateConfig) ginauth.Throttle {
	return fixedRate("AddressRate", "address", rate, byAddress, config)
}

// ScopedRate limits clients to the rate of the route's [ginauth.ThrottleScope],
// counting users and addresses as [UserRate] does (DRF: ScopedRateThrottle).
// Routes without a scope are not counted. A scope without a rate here is a
// failure, 503, even if other classes have a rate for it, and a finding of
// [ginauth.Auth.Check].
func ScopedRate(scopes map[string]string, config ...RateConfig) ginauth.Throttle {
	const class = "ScopedRate"
	c := prepared(class, config)
	if c.Counter != "" {
		panic("policies: ScopedRate: the counters are named after the scopes; leave Counter out")
	}
	t := &rateThrottle{config: c, clients: byUser, scopes: map[string]counter{}}
	var described []string
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		checkCounter(class, scope)
		rate := mustParseRate(class, scopes[scope])
		t.scopes[scope] = counter{counterName(scope, rate), rate}
		described = append(described, scope+" "+rate.String())
	}
	t.name = class + "(" + strings.Join(described, ", ") + ")"
	return scopedRateThrottle{t}
}

// KeyRate limits requests to a rate by a key of the application's own, such as
// a tenant or the name in a form, under which they are counted. Requests with
// an empty key are not counted. An error of the function is a failure, 503,
// unless it is a [*ginauth.Error]. name is the name of the class and of its
// counter; it consists of letters, digits and -_. only.
func KeyRate(
	name, rate string, key func(c *gin.Context, id *ginauth.Identity) (string, error), config ...RateConfig,
) ginauth.Throttle {
	checkCounter("KeyRate", name)
	if key == nil {
		panic("policies: KeyRate " + name + " was given a nil function")
	}
	t := fixedRate("KeyRate", name, rate, ownKeys, config)
	t.key = key
	if t.config.Address != nil {
		panic("policies: KeyRate " + name + " does not count by address; leave Address out")
	}
	t.name = "KeyRate(" + name + " " + strings.TrimPrefix(t.name, "KeyRate(")
	return t
}

// fixedRate returns a class with one rate. Unless the config names the counter,
// it is named after the class and the rate.
func fixedRate(class, word, rate string, clients clients, config []RateConfig) *rateThrottle {
	r := mustParseRate(class, rate)
	c := prepared(class, config)
	by := counter{word + ":" + r.String(), r}
	if c.Counter != "" {
		by.name = counterName(c.Counter, r)
	}
	return &rateThrottle{name: class + "(" + r.String() + ")", config: c, all: by, clients: clients}
}

// counterName adds the period to the name of a counter. Logs of different
// periods are different logs: in DRF the class with the shorter period discards
// what the other one has to remember.
func counterName(name string, r rates.Rate) string {
	_, period, _ := strings.Cut(r.String(), "/")
	return name + "/" + period
}

// mustParseRate is for constructors, which panic on a bad rate.
func mustParseRate(constructor, s string) rates.Rate {
	rate, err := rates.Parse(s)
	if err != nil {
		panic("policies: " + constructor + ": " + strings.TrimPrefix(err.Error(), "rates: "))
	}
	return rate
}
