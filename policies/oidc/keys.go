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

// keys holds an issuer's keys in memory, where the key of each token is looked
// up. A token can start a fetch, but never more than one per RetryInterval, and
// nothing that it says is kept.
type keys struct {
	fetch  func(ctx context.Context) (keySet, error)
	config Config

	mu        sync.Mutex
	set       keySet
	fetched   time.Time     // when the fetch of set began; zero: never
	attempted time.Time     // when the last fetch began
	failure   error         // of the last fetch
	running   chan struct{} // closed when the running fetch has ended; nil if none is running
}

// keyFunc is the field Keys of [jwt.VerifierConfig].
type keyFunc = func(ctx context.Context, algorithm, id string, refused []jwt.Key) (jwt.Key, bool, error)

// keyQuery is what a key is looked up by.
type keyQuery struct {
	algorithm, id string // of the header of a token
	refused       []jwt.Key
	matches       func(issuer string) bool
}

// key is a [keyFunc]. It returns a known key without waiting, and fetches the
// keys again in the background if they are older than RefreshInterval. A
// request waits for a fetch in two cases only: its key is not known, or no
// request has come for so long that the issuer may have withdrawn the key. A
// key that did not make the signature is as good as none; it remains available
// to all other tokens, which do not wait.
//
// If no fetch may begin now, the last one decides: if it succeeded, the issuer
// has no such key; if it failed, that is unknown.
func (k *keys) key(ctx context.Context, algorithm, id string, refused []jwt.Key) (jwt.Key, bool, error) {
	return k.find(ctx, keyQuery{algorithm, id, refused, func(string) bool { return true }})
}

// find is key for those keys whose issuer matches.
func (k *keys) find(ctx context.Context, q keyQuery) (key jwt.Key, found bool, err error) {
	for waited := false; ; waited = true {
		key, found, wait, err := k.look(q, waited)
		if wait == nil {
			return key, found, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return jwt.Key{}, false, ginauth.Unavailable(ctx.Err())
		}
	}
}

// look returns one of: a key, and found; neither key nor error, if the issuer
// has no such key; an error; or the channel to wait for.
func (k *keys) look(q keyQuery, waited bool) (key jwt.Key, found bool, wait <-chan struct{}, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.config.Now()
	age := now.Sub(k.fetched)
	if !k.fetched.IsZero() && age <= k.config.MaxStale {
		key, found = k.set.find(q)
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
	return key, found, nil, nil
}

// begin starts a fetch, unless one is running or the last one began too
// recently. It reports whether a fetch is running.
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

// run fetches the keys for all waiting requests, so it does not end with one of
// them. A panic of the transport is a failure like any other, since it would
// end the program here.
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

// unavailable returns the answer for when it cannot be determined whether the
// issuer has a key.
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

// RetryAfter returns the wait that [ginauth.Unavailable] reads.
func (o *outage) RetryAfter() time.Duration { return max(o.wait, time.Second) }
