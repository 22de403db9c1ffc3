package redisrate

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"

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

const (
	defaultPrefix  = "ginauth"
	defaultTimeout = 250 * time.Millisecond
)

// Store is a [rates.Store] in Redis 5 or later, or in a server that
// speaks its protocol. A decision is one script on one key, hence one round
// trip, on a cluster too. Time is the server's. Keys expire when they no longer
// matter; they are readable, see [rates.Key], and hold less than 1 KiB.
// Store is safe for concurrent use.
type Store struct {
	client  redis.Scripter
	script  *redis.Script
	prefix  string
	timeout time.Duration
	late    error // the error after the timeout
}

var _ rates.Store = (*Store)(nil)

//go:embed take.lua
var take string

// New returns a store on a client, such as *[redis.Client],
// *[redis.ClusterClient] or *[redis.Ring]. The caller remains responsible for
// closing the client. New does not connect. It panics if the client is nil or
// the timeout negative.
func New(client redis.Scripter, config ...Config) *Store {
	if client == nil || reflect.ValueOf(client).Kind() == reflect.Pointer && reflect.ValueOf(client).IsNil() {
		panic("redisrate: New was given a nil client")
	}
	if len(config) > 1 {
		panic("redisrate: New takes one config")
	}
	s := &Store{client: client, script: redis.NewScript(take), prefix: defaultPrefix, timeout: defaultTimeout}
	for _, c := range config {
		if c.Timeout < 0 {
			panic("redisrate: New: the timeout must not be negative; 0 stands for 250 ms")
		}
		s.prefix, s.timeout = cmp.Or(c.Prefix, s.prefix), cmp.Or(c.Timeout, s.timeout)
	}
	s.late = fmt.Errorf("no answer within %v: %w", s.timeout, context.DeadlineExceeded)
	return s
}

// Take implements [rates.Store]. A request that is abandoned, by its
// client or after the timeout, may have been counted.
func (s *Store) Take(ctx context.Context, key rates.Key, rate rates.Rate) (rates.Tally, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, s.late)
	defer cancel()
	// While it waits for the server, a client watches the context only if it
	// was configured to when it was made. So Take does not wait for it; the
	// goroutine ends after the client's own timeouts.
	answered := make(chan answer, 1)
	go func() { answered <- s.run(ctx, key, rate) }()
	select {
	case a := <-answered:
		return a.tally, a.err
	case <-ctx.Done():
		return rates.Tally{}, fmt.Errorf("redisrate: %w", context.Cause(ctx))
	}
}

type answer struct {
	tally rates.Tally
	err   error
}

var errAnswer = errors.New("redisrate: the script answered something other than four numbers")

func (s *Store) run(ctx context.Context, key rates.Key, rate rates.Rate) answer {
	period := ceilMicroseconds(rate.Period)
	reply, err := s.script.Run(ctx, s.client, []string{s.prefix + ":" + key.String()}, rate.Limit, period, maxSlots).Int64Slice()
	switch {
	case err != nil:
		return answer{err: fmt.Errorf("redisrate: %w", err)}
	case len(reply) != 4:
		return answer{err: errAnswer}
	}
	return answer{tally: rates.Tally{
		Admitted: reply[0] == 1, Stored: int(reply[1]), Oldest: microseconds(reply[2]), Wait: microseconds(reply[3]),
	}}
}

// maxSlots is the number of groups of requests that a log is kept in, see
// [rates.Store].
const maxSlots = 64

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func ceilMicroseconds(d time.Duration) int64 {
	return int64((d + time.Microsecond - 1) / time.Microsecond)
}
