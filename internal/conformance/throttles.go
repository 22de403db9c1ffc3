package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/rates"
)

// never is a throttle that refuses every request, with a wait that may be
// unknown.
type never time.Duration

func (n never) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{Wait: time.Duration(n)}, nil
}

func (n never) Peek(c *gin.Context, id *ginauth.Identity) (a ginauth.Admission, known bool, err error) {
	a, err = n.Allow(c, id)
	return a, true, err
}

// throttleRules returns the throttle lists of /t by key. All of them count in
// one store, by DRF's scopes and addresses.
func throttleRules(store rates.Store) map[string][]ginauth.Rule {
	scoped := func(scope string) policies.RateConfig {
		return policies.RateConfig{Counter: scope, Store: store, Address: drf.InsecureForwardedFor}
	}
	anon := func(rate string) ginauth.Throttle { return policies.AnonRate(rate, scoped("anon")) }
	user := func(rate string) ginauth.Throttle { return policies.UserRate(rate, scoped("user")) }
	other := func(scope, rate string) ginauth.Throttle { return policies.UserRate(rate, scoped(scope)) }
	byRoute := policies.ScopedRate(map[string]string{"alpha": "2/min", "beta": "3/min"}, scoped(""))
	proxied := func(scope string, proxies int) ginauth.Throttle {
		address := drf.NumProxies(proxies)
		return policies.AnonRate("2/min", policies.RateConfig{Counter: scope, Store: store, Address: address})
	}
	neverWait, neverOne := never(12_300*time.Millisecond), never(400*time.Millisecond)

	only := func(first ginauth.Throttle, more ...ginauth.Throttle) []ginauth.Rule {
		return []ginauth.Rule{ginauth.ThrottleClasses(first, more...)}
	}
	none := []ginauth.Rule{ginauth.NoThrottles()}
	return map[string][]ginauth.Rule{
		"anon":            only(anon("3/min")),
		"anon-b":          only(anon("3/min")),
		"user":            only(user("3/min")),
		"user-b":          only(user("3/min")),
		"default-rates":   only(anon("3/min"), user("5/min")),
		"anon-user":       only(anon("3/min"), user("5/min")),
		"user-anon":       only(user("5/min"), anon("3/min")),
		"alpha":           append(only(byRoute), ginauth.ThrottleScope("alpha")),
		"alpha-b":         append(only(byRoute), ginauth.ThrottleScope("alpha")),
		"beta":            append(only(byRoute), ginauth.ThrottleScope("beta")),
		"scoped-none":     only(byRoute),
		"scoped-user":     append(only(byRoute, user("3/min")), ginauth.ThrottleScope("alpha")),
		"burst-sustained": only(other("burst", "2/s"), other("sustained", "5/min")),
		"dup-scope":       only(user("3/min"), user("5/min")),
		"sec":             only(other("sec", "1/s")),
		"sec2":            only(other("sec2", "2/second")),
		"hour":            only(other("hour", "2/hour")),
		"day":             only(other("day", "2/day")),
		"d":               only(other("d", "1/d")),
		"zero":            only(other("zero", "0/min")),
		"unlimited":       none,
		"none":            none,
		"never":           only(never(0)),
		"never-wait":      only(neverWait),
		"never-one":       only(neverOne),
		"never-both":      only(never(0), neverWait, neverOne),
		"never-user":      only(neverWait, user("3/min")),
		"user-never":      only(user("3/min"), neverWait),
		"proxies0":        only(proxied("proxied0", 0)),
		"proxies1":        only(proxied("proxied1", 1)),
		"proxies2":        only(proxied("proxied2", 2)),
	}
}

// throttles declares /t, which combines every list of throttles with two
// permissions.
func (app *application) throttles() {
	authentication := app.authenticators()["token-basic"]
	for throttleKey, rules := range throttleRules(&app.rates) {
		for _, permKey := range []string{"any", "auth"} {
			v := view{name: "Whoami", methods: []string{"GET", "POST"}, handler: whoami}
			all := append([]ginauth.Rule{authentication, permissions[permKey]}, rules...)
			app.route("/t/"+throttleKey+"/"+permKey, v, all...)
		}
	}
}

// resettableStore counts in memory until it is reset.
type resettableStore struct{ current atomic.Value }

func (s *resettableStore) Take(ctx context.Context, key rates.Key, rate rates.Rate) (rates.Tally, error) {
	return s.current.Load().(rates.Store).Take(ctx, key, rate)
}

func (s *resettableStore) Peek(
	ctx context.Context, key rates.Key, rate rates.Rate,
) (t rates.Tally, known bool, err error) {
	return s.current.Load().(rates.Store).Peek(ctx, key, rate)
}

// resetThrottles clears the counts.
func (app *application) resetThrottles() { app.rates.current.Store(rates.NewMemoryStore()) }
