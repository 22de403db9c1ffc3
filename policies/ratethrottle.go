package policies

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/rates"
)

// rateThrottle limits clients to a rate. See [AnonRate].
type rateThrottle struct {
	name    string // the result of String
	config  RateConfig
	all     counter            // of all requests, unless there are scopes
	scopes  map[string]counter // for ScopedRate, else nil
	clients clients
	key     keyFunc // for ownKeys, else nil
	users   columns // finds the primary key of users that are not a models.User
}

var (
	_ ginauth.Throttle    = (*rateThrottle)(nil)
	_ ginauth.Preflighter = (*rateThrottle)(nil)

	_ ginauth.Describer[ginauth.ThrottleTraits] = (*rateThrottle)(nil)
	_ ginauth.Describer[ginauth.ThrottleTraits] = scopedRateThrottle{}
)

// counter is a rate and the name under which requests are counted.
type counter struct {
	name string
	rate rates.Rate
}

// Allow implements [ginauth.Throttle].
func (t *rateThrottle) Allow(c *gin.Context, id *ginauth.Identity) (ginauth.Admission, error) {
	by, key, counted, err := t.counted(c, id)
	if err != nil || !counted {
		return ginauth.Admission{Allowed: err == nil}, err
	}
	tally, err := t.config.Store.Take(c.Request.Context(), key, by.rate)
	if err != nil {
		return t.failed(c, err)
	}
	return by.decision(tally), nil
}

// counted returns the counter of a request and the key of its client in it.
func (t *rateThrottle) counted(
	c *gin.Context, id *ginauth.Identity,
) (by counter, key rates.Key, counted bool, err error) {
	by, counted, err = t.counterOf(c)
	if err == nil && counted {
		key, counted, err = t.keyOf(by.name, c, id)
	}
	return by, key, counted, err
}

// Preflight implements [ginauth.Preflighter]: it asks the store, if that can
// say what is wrong with it.
func (t *rateThrottle) Preflight(ctx context.Context) error {
	if store, ok := t.config.Store.(ginauth.Preflighter); ok {
		return store.Preflight(ctx)
	}
	return nil
}

// decision turns the store's tally into the answer.
func (n counter) decision(tally rates.Tally) ginauth.Admission {
	quota := ginauth.Quota{Policy: n.name, Limit: n.rate.Limit, Window: n.rate.Period}
	d := ginauth.Admission{Allowed: tally.Admitted, Quota: quota}
	d.Quota.Reset = n.rate.Period - tally.Oldest
	if d.Allowed {
		d.Quota.Remaining = n.rate.Limit - tally.Stored - 1
	} else {
		d.Wait = n.wait(tally)
		d.Quota.Reset = d.Wait
	}
	return d
}

// wait returns how long a refused client has to wait. That is the result of
// SimpleRateThrottle.wait, except where a class with a higher limit has filled
// the log beyond this one's limit: DRF then sends no Retry-After, although the
// time is known. A limit of zero never admits a request; the client is told to
// wait for a period, as DRF says while the log is empty.
func (n counter) wait(tally rates.Tally) time.Duration {
	if n.rate.Limit == 0 {
		return n.rate.Period
	}
	return tally.Wait
}

// failed decides about a request for which the store did not answer.
func (t *rateThrottle) failed(c *gin.Context, err error) (ginauth.Admission, error) {
	if !t.passesUncounted(c) {
		return ginauth.Admission{}, err
	}
	ginauth.Emit(c, ginauth.Event{
		Kind: ginauth.StoreFailed, Class: t.name, Code: "passed_uncounted", Cause: err.Error(),
	})
	return ginauth.Admission{Allowed: true}, nil
}

// passesUncounted reports whether a request is admitted while the store fails.
// A client that has gone away is not admitted: otherwise a client could escape
// being counted by breaking off its request at the right moment.
func (t *rateThrottle) passesUncounted(c *gin.Context) bool {
	return t.config.FailOpen && c.Request.Context().Err() == nil
}

// scopedRateThrottle is a [rateThrottle] with the rate of the route's scope.
type scopedRateThrottle struct{ *rateThrottle }

// Describe implements [ginauth.Describer].
func (t scopedRateThrottle) Describe() ginauth.ThrottleTraits {
	traits := t.rateThrottle.Describe()
	traits.HasRate = func(scope string) bool {
		_, ok := t.scopes[scope]
		return ok
	}
	return traits
}

// Describe implements [ginauth.Describer]. A [RateConfig] Address asks nothing
// of Gin.
func (t *rateThrottle) Describe() ginauth.ThrottleTraits {
	return ginauth.ThrottleTraits{CountsByAddress: t.clients != ownKeys && t.config.Address == nil}
}

// String returns the class and its rates, e.g. "UserRate(1000/hour)".
func (t *rateThrottle) String() string { return t.name }
