package policies

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies/rates"
)

// RateConfig configures the throttle classes that have a rate. The zero value
// suits a single process.
type RateConfig struct {
	// Counter names what is counted together (DRF: scope). Requests are counted
	// by counter, period and client, never by route: all classes with the same
	// counter, period and store share a log, whatever their limits. The name
	// consists of letters, digits and -_. only.
	//
	// Default: the class and its rate, so that UserRate("10/s") and
	// UserRate("1000/hour") count separately.
	Counter string

	// Store keeps the logs. Default: a [rates.NewMemoryStore] for this class
	// alone, so that two calls of UserRate("3/min") give two allowances. To
	// share one, give one class value to several routes, or one store to
	// several classes. Processes share their counts through package
	// policies/redisrate.
	Store rates.Store

	// Address returns a text that identifies the client, as policies/drf does.
	// The empty text is one client, like any other. Default:
	// [ginauth.ClientAddress], in which a request can choose nothing that its
	// proxies do not vouch for.
	Address func(c *gin.Context) string

	// IPv6Prefix is the length of the prefix by which IPv6 addresses are
	// counted, because one client has many addresses. It has no effect on the
	// text of Address. Default: 64.
	IPv6Prefix int

	// FailOpen admits requests, uncounted, while the store fails, which is
	// [ginauth.StoreFailed], logged once a second. Default: they are refused
	// with 503.
	FailOpen bool
}

// prepared returns the config with its defaults, for the named constructor.
func prepared(constructor string, configs []RateConfig) RateConfig {
	config := wiring.Config("policies: "+constructor, configs)
	if config.Counter != "" {
		checkCounter(constructor, config.Counter)
	}
	switch {
	case config.IPv6Prefix < 0 || config.IPv6Prefix > 128:
		panic("policies: " + constructor + ": IPv6Prefix must be from 1 to 128; 0 stands for 64")
	case config.IPv6Prefix > 0 && config.Address != nil:
		panic("policies: " + constructor + ": IPv6Prefix has no effect on the text of Address; leave one of them out")
	case config.IPv6Prefix == 0:
		config.IPv6Prefix = 64
	}
	if config.Store == nil {
		config.Store = rates.NewMemoryStore()
	}
	return config
}

// checkCounter rejects the characters that default names contain, so that no
// name can be mistaken for a default one. Scopes of [ScopedRate] name counters
// too.
func checkCounter(constructor, name string) {
	if !wiring.IsWord(name) {
		panic("policies: " + constructor + `: a counter or scope is made of letters, digits and -_. only, ` +
			`not "` + name + `"`)
	}
}
