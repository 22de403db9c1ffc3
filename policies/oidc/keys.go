package oidc

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

// keys are an issuer's keys, kept in memory. A token's key is looked up here; what tokens say can start a fetch, but never more than one
// in a RetryInterval, and nothing is kept of what they say.
type keys struct {
	fetch  func(ctx context.Context) (keySet, error)
	config Config

	mu        sync.Mutex
	set       keySet
	fetched   time.Time     // when set was asked for; zero: never
	attempted time.Time     // when the last fetch began
	failure   error         // of the last fetch
	running   chan struct{} // closed when the fetch that is going on has ended; nil if none is
}

var (
	_ jwt.KeySource  = (*keys)(nil)
	_ jwt.KeyRenewer = (*keys)(nil)
)

// Key implements [jwt.KeySource]. A key that is there is given out without waiting, and fetched anew in the background when it is
// older than RefreshInterval. A request waits for a fetch only if its key is not there, or if nobody has asked for so long that the
// issuer may have withdrawn it.
//
// If no fetch may begin now, the last one decides: if it succeeded the issuer has no such key, if not that is unknown.
func (k *keys) Key(ctx context.Context, h jwt.Header) (jwt.Key, error) { return k.other(ctx, h, nil) }

// Renew implements [jwt.KeyRenewer]: a key that a signature is not of is as good
// as none, so the issuer is asked as it is for an id that is not known. The key
// stays for all other tokens, which do not wait.
func (k *keys) Renew(ctx context.Context, h jwt.Header, refused []jwt.Key) (jwt.Key, error) {
	return k.other(ctx, h, refused)
}

// other returns a key that is not among the refused.
func (k *keys) other(ctx context.Context, h jwt.Header, refused []jwt.Key) (jwt.Key, error) {
	for waited := false; ; waited = true {
		key, found, wait, err := k.look(h, refused, waited)
		if found || err != nil {
			return key, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return jwt.Key{}, ginauth.Unavailable(ctx.Err())
		}
	}
}

// look returns a key, an error, or what is to be waited for.
func (k *keys) look(h jwt.Header, refused []jwt.Key, waited bool) (key jwt.Key, found bool, wait <-chan struct{}, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.config.Now()
	age := now.Sub(k.fetched)
	if !k.fetched.IsZero() && age <= k.config.MaxStale {
		key, found = k.set.find(h, refused)
	}
	forgotten := now.Sub(k.attempted) > 2*k.config.RefreshInterval && !waited
	if found && !forgotten {
		if age > k.config.RefreshInterval {
			k.begin(now)
		}
		return key, true, nil, nil
	}
	if !waited && k.begin(now) {
		return jwt.Key{}, false, k.running, nil
	}
	if k.failure != nil || k.fetched.IsZero() || age > k.config.MaxStale {
		return jwt.Key{}, false, nil, k.unavailable(now)
	}
	return key, found, nil, missing(found)
}

func missing(found bool) error {
	if found {
		return nil
	}
	return jwt.ErrNoKey
}

// begin starts a fetch unless one is going on or the last one began too short ago. It reports whether one is going on.
func (k *keys) begin(now time.Time) bool {
	switch {
	case k.running != nil:
		return true
	case !k.attempted.IsZero() && now.Sub(k.attempted) < k.config.RetryInterval:
		return false
	}
	k.attempted, k.running = now, make(chan struct{})
	go k.run(now)
	return true
}

// run fetches the keys for everybody who waits, so it does not end with one of their requests. A panic of the transport is a
// failure like others, since here it would end the program.
func (k *keys) run(began time.Time) {
	var set keySet
	err := errors.New("the fetch has panicked")
	defer func() {
		_ = recover()
		k.done(began, set, err)
	}()
	set, err = k.fetch(context.Background())
}

func (k *keys) done(began time.Time, set keySet, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failure = err
	if err == nil {
		k.set, k.fetched = set, began
	} else {
		k.config.Logger.LogAttrs(context.Background(), slog.LevelWarn, "the keys of the issuer cannot be fetched",
			slog.String("issuer", k.config.Issuer), slog.Any("error", err))
	}
	close(k.running)
	k.running = nil
}

// unavailable is the answer where it cannot be known whether the issuer has a key.
func (k *keys) unavailable(now time.Time) error {
	return ginauth.Unavailable(&outage{cause: k.failure, wait: k.config.RetryInterval - now.Sub(k.attempted)})
}

// outage is a failure of the issuer, until it may be asked again.
type outage struct {
	cause error
	wait  time.Duration
}

func (o *outage) Error() string {
	if o.cause == nil {
		return "oidc: the issuer's keys are too old"
	}
	return "oidc: " + o.cause.Error()
}

// Unwrap returns why the issuer could not be asked.
func (o *outage) Unwrap() error { return o.cause }

// RetryAfter is what [ginauth.Unavailable] asks for.
func (o *outage) RetryAfter() time.Duration { return max(o.wait, time.Second) }
