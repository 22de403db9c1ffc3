package redisrate

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies/rates"
)

// Config configures [New].
type Config struct {
	// Prefix begins every key, followed by a colon, so that applications can
	// share a server. Default: "ginauth".
	Prefix string

	// Timeout bounds a decision, whatever the timeouts of the client are. A
	// decision that takes longer is a failure. Default: 250 ms.
	Timeout time.Duration
}

const defaultPrefix = "ginauth"

// store is what [New] returns.
type store struct {
	scripts *redisscript.Runner
	prefix  string
}

//go:embed look.lua
var look string

//go:embed store.lua
var storeRequest string

// admit answers that a request is admitted.
const admit = "return {1, total, age, 0}\n"

var (
	takeScript = redisscript.Script(look, storeRequest, admit)
	peekScript = redisscript.Script(look, admit)
)

// New returns a store in Redis 5 or later, or in a server that speaks its
// protocol, on a client such as *[redis.Client], *[redis.ClusterClient] or
// *[redis.Ring]. The caller remains responsible for closing the client. New does
// not connect. It panics if the client is nil or the timeout negative.
//
// A decision is one script on one key, hence one round trip, on a cluster too.
// Time is the server's. Keys expire when they no longer matter; they are
// readable, see [rates.Key], and hold less than 1 KiB. A request that is
// abandoned, by its client or after the timeout, may have been counted. The
// server must not evict keys: [ginauth.Auth.Check] finds one that does when its
// memory is full.
//
// [ginauth.Auth.Check]: https://pkg.go.dev/github.com/ginauth/ginauth/ginauth#Auth.Check
func New(client redis.Scripter, config ...Config) rates.Store {
	c := wiring.Config("redisrate: New", config)
	return &store{scripts: redisscript.New("redisrate", client, c.Timeout), prefix: cmp.Or(c.Prefix, defaultPrefix)}
}

var errAnswer = errors.New("redisrate: the script answered something other than four numbers")

// Take implements [rates.Store].
func (s *store) Take(ctx context.Context, key rates.Key, rate rates.Rate) (rates.Tally, error) {
	return s.run(ctx, takeScript, key, rate)
}

// Peek implements [rates.Store].
func (s *store) Peek(ctx context.Context, key rates.Key, rate rates.Rate) (t rates.Tally, known bool, err error) {
	t, err = s.run(ctx, peekScript, key, rate)
	return t, err == nil, err
}

func (s *store) run(ctx context.Context, script *redis.Script, key rates.Key, rate rates.Rate) (rates.Tally, error) {
	keys, period := []string{s.prefix + ":" + key.String()}, ceilMicroseconds(rate.Period)
	reply, err := s.scripts.Run(ctx, script, keys, rate.Limit, period, maxSlots).Int64Slice()
	switch {
	case err != nil:
		return rates.Tally{}, fmt.Errorf("redisrate: %w", err)
	case len(reply) != 4:
		return rates.Tally{}, errAnswer
	}
	return rates.Tally{
		Admitted: reply[0] == 1, Stored: int(reply[1]), Oldest: microseconds(reply[2]), Wait: microseconds(reply[3]),
	}, nil
}

// Preflight finds a server that drops keys when its memory is full.
func (s *store) Preflight(ctx context.Context) error { return s.scripts.Preflight(ctx) }

// maxSlots is the number of groups of requests that a log is kept in, see
// [rates.Store].
const maxSlots = 64

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func ceilMicroseconds(d time.Duration) int64 {
	return int64((d + time.Microsecond - 1) / time.Microsecond)
}
