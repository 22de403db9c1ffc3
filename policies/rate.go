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
// format of the rate is that of [rates.Parse]. Like its siblings it panics if the
// rate or the config is invalid.
func AnonRate(rate string, config ...RateConfig) *RateThrottle {
	return fixedRate("AnonRate", "anon", rate, anonymousOnly, config).byAddress()
}

// UserRate limits each user to a rate, and anonymous requests by the client's
// address (DRF: UserRateThrottle). A user is identified by the primary key that
// GORM finds in its struct, or else by its method Subject.
func UserRate(rate string, config ...RateConfig) *RateThrottle {
	return fixedRate("UserRate", "user", rate, userOrAddress, config).byAddress()
}

// AddressRate limits all clients to a rate by their address, users included. It
// is for routes on which clients prove who they are, such as a login.
func AddressRate(rate string, config ...RateConfig) *RateThrottle {
	return fixedRate("AddressRate", "address", rate, addressOnly, config).byAddress()
}

// ScopedRate limits clients to the rate of the route's [ginauth.ThrottleScope],
// counting users and addresses as [UserRate] does (DRF: ScopedRateThrottle).
// Routes without a scope are not counted. A scope without a rate here is a
// failure, 503, even if other classes have a rate for it, and a finding of
// [ginauth.Auth.Check].
func ScopedRate(scopes map[string]string, config ...RateConfig) ScopedRateThrottle {
	const class = "ScopedRate"
	c := prepared(class, config)
	if c.Counter != "" {
		panic("policies: ScopedRate: the counters are named after the scopes; leave Counter out")
	}
	t := &RateThrottle{config: c, counter: counterOfRoute, client: userOrAddress, scopes: map[string]counter{}}
	var described []string
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		checkCounter(class, scope)
		rate := mustParseRate(class, scopes[scope])
		t.scopes[scope] = counter{counterName(scope, rate), rate}
		described = append(described, scope+" "+rate.String())
	}
	t.name = class + "(" + strings.Join(described, ", ") + ")"
	return ScopedRateThrottle{t.byAddress()}
}

// KeyRate limits requests to a rate by a key of the application's own, such as
// a tenant or the name in a form, under which they are counted. Requests with
// an empty key are not counted. An error of the function is a failure, 503,
// unless it is a [*ginauth.Error]. name is the name of the class and of its
// counter; it consists of letters, digits and -_. only.
func KeyRate(name, rate string, key func(c *gin.Context, id *ginauth.Identity) (string, error), config ...RateConfig) *RateThrottle {
	checkCounter("KeyRate", name)
	if key == nil {
		panic("policies: KeyRate " + name + " was given a nil function")
	}
	client := func(_ *RateThrottle, by string, c *gin.Context, id *ginauth.Identity) (rates.Key, bool, error) {
		text, err := key(c, id)
		if err != nil || text == "" {
			return rates.Key{}, false, err
		}
		return rates.NewKey(by, text), true, nil
	}
	t := fixedRate("KeyRate", name, rate, client, config)
	if t.config.Address != nil {
		panic("policies: KeyRate " + name + " does not count by address; leave Address out")
	}
	t.name = "KeyRate(" + name + " " + strings.TrimPrefix(t.name, "KeyRate(")
	return t
}

// fixedRate returns a class with one rate. Unless the config names the counter,
// it is named after the class and the rate.
func fixedRate(class, word, rate string, client clientFunc, config []RateConfig) *RateThrottle {
	r := mustParseRate(class, rate)
	c := prepared(class, config)
	by := counter{word + ":" + r.String(), r}
	if c.Counter != "" {
		by.name = counterName(c.Counter, r)
	}
	count := func(*RateThrottle, *gin.Context) (counter, bool, error) { return by, true, nil }
	return &RateThrottle{name: class + "(" + r.String() + ")", config: c, counter: count, client: client}
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

func (t *RateThrottle) byAddress() *RateThrottle {
	t.address = true
	return t
}

// counterOfRoute returns the rate of the route's scope.
func counterOfRoute(t *RateThrottle, c *gin.Context) (counter, bool, error) {
	scope := ginauth.ThrottleScopeOf(c)
	if scope == "" {
		return counter{}, false, nil
	}
	by, ok := t.scopes[scope]
	if !ok {
		return counter{}, false, noRate(t, scope)
	}
	return by, true, nil
}

func anonymousOnly(t *RateThrottle, by string, c *gin.Context, id *ginauth.Identity) (rates.Key, bool, error) {
	if id.Authenticated() {
		return rates.Key{}, false, nil
	}
	return addressOnly(t, by, c, id)
}

func userOrAddress(t *RateThrottle, by string, c *gin.Context, id *ginauth.Identity) (rates.Key, bool, error) {
	if !id.Authenticated() {
		return addressOnly(t, by, c, id)
	}
	key, err := userKey(by, id.User, &t.users)
	return key, err == nil, err
}

func addressOnly(t *RateThrottle, by string, c *gin.Context, _ *ginauth.Identity) (rates.Key, bool, error) {
	if t.config.Address != nil {
		return rates.AddressTextKey(by, t.config.Address(c)), true, nil
	}
	network := ginauth.Network(ginauth.ClientAddress(c), 32, t.config.IPv6Prefix)
	return rates.AddressKey(by, network.Addr()), true, nil
}
