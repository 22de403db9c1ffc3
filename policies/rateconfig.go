package policies

import (
	"log/slog"
	"strings"

	"github.com/gin-gonic/gin"
)

// RateConfig configures the throttle classes with a rate. The zero value is good for one process.
type RateConfig struct {
	// Scope names the counter (DRF: scope). Requests are counted by scope, period and client, never by route: all classes that have
	// these and the store in common share a log, whatever their limits. A scope is made of letters, digits and -_. only.
	//
	// Default: the class and its rate, so that UserRate("10/s") and UserRate("1000/hour") count apart.
	Scope string

	// Store keeps the logs. Default: a [NewMemoryStore] of the class's own, so that two calls of UserRate("3/min") make two
	// allowances; to share one, give one class value to several routes, or one store to several classes. Processes share
	// what they count through package policies/redisrate.
	Store RateStore

	// Address names the client by a text of its own, as policies/drf does; the empty text is one client, like any other. Default:
	// [ginauth.ClientAddress], of which a request can choose nothing that its proxies do not vouch for.
	Address func(c *gin.Context) string

	// IPv6Prefix is the length of the prefix by which IPv6 addresses are counted, since one client has many. It has no effect on
	// the text of Address. Default: 64.
	IPv6Prefix int

	// FailOpen lets requests pass, uncounted, while the store fails, and logs it once a second. Default: they are refused with
	// 503.
	FailOpen bool

	// Logger is for FailOpen. Default: [slog.Default], as it is when the class is made.
	Logger *slog.Logger
}

// prepared returns the config with its defaults, for the constructor of that name.
func prepared(constructor string, configs []RateConfig) RateConfig {
	config := optional(constructor, configs)
	if config.Scope != "" {
		checkScope(constructor, config.Scope)
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
		config.Store = NewMemoryStore()
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return config
}

// checkScope keeps out what a default name holds, so that no scope can be taken for one.
func checkScope(constructor, scope string) {
	bad := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r)
	}
	if scope == "" || strings.ContainsFunc(scope, bad) {
		panic("policies: " + constructor + `: a scope is made of letters, digits and -_. only, not "` + scope + `"`)
	}
}
