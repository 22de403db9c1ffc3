package redislogins

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Config configures [New].
type Config struct {
	// Prefix begins every key, so that applications can share a server. It must
	// not contain braces. Default: "ginauth".
	Prefix string

	// MaxCounters is the number of counters kept before new ones are shared, as
	// the store in memory shares them. Default: 100,000. Each takes about
	// 0.4 KiB.
	MaxCounters int

	// Timeout bounds each request to the server, whatever timeouts the client
	// has. A request that takes longer is a failure. Default: 250 ms.
	Timeout time.Duration
}

// form follows the prefix in every key. It contains the version of what the
// keys hold: keys of an earlier version are not read, and expire.
const form = ":login:2}:"

const (
	defaultPrefix      = "ginauth"
	defaultMaxCounters = 100_000
	mostNetworks       = 100 // in which a user can be known
)

// store is what [New] returns. All keys have one hash tag, so that one node of
// a cluster has them all.
type store struct {
	scripts *redisscript.Runner
	prefix  string // of every key: {ginauth:login:2}:
	max     int
}

var _ loginstore.Store = (*store)(nil)

var (
	//go:embed common.lua
	commonText string
	//go:embed reserve.lua
	reserveText string
	//go:embed settle.lua
	settleText string
	//go:embed page.lua
	pageText string
	//go:embed reset.lua
	resetText string

	reserveScript = redisscript.Script(commonText, reserveText)
	settleScript  = redisscript.Script(commonText, settleText)
	pageScript    = redisscript.Script(pageText)
	resetScript   = redisscript.Script(resetText)
)

// New returns a store for the Limits of package policies/logins, on a client
// such as *[redis.Client], *[redis.ClusterClient] or *[redis.Ring]. The caller
// remains responsible for closing the client. New does not connect. It panics
// if the client is nil, a number is negative, or the prefix is unfit.
//
// The server is Redis 5 or later, or one that speaks its protocol. A step is
// one script, and so takes one round trip. On a cluster all counters are on one
// node, because an attempt is counted in three of them at once; hashing a
// password takes longer than counting it. Time is the server's.
//
// Keys expire when they no longer matter. They contain the digest of a user
// name or the address of a network. There are at most MaxCounters of them, some
// thousands that are shared when there is no room, and one for each user, who
// is known in at most 100 networks. The server must not evict keys: Check finds a
// maxmemory-policy other than noeviction.
func New(client redis.Scripter, config ...Config) loginstore.Store {
	c := wiring.Config("redislogins: New", config)
	if c.MaxCounters < 0 {
		panic("redislogins: New: MaxCounters must not be negative; 0 stands for 100,000")
	}
	if strings.ContainsAny(c.Prefix, "{}") {
		panic("redislogins: New: the prefix must not hold braces, which choose the node of a cluster")
	}
	return &store{
		scripts: redisscript.New("redislogins", client, c.Timeout),
		prefix:  "{" + cmp.Or(c.Prefix, defaultPrefix) + form, max: cmp.Or(c.MaxCounters, defaultMaxCounters),
	}
}

var errAnswer = errors.New("redislogins: the script answered something other than seven numbers")

// Reserve implements [loginstore.Store]. An attempt that is abandoned, by its
// client or after the timeout, may have been counted.
func (s *store) Reserve(ctx context.Context, attempt loginstore.Attempt, curve loginstore.Curve) (loginstore.Reservation, error) {
	arguments := append(numbers(attempt, curve), s.max, (curve.KnownFor - curve.KnownFor/30).Microseconds())
	reply, err := s.scripts.Run(ctx, reserveScript, s.keys(attempt), arguments...).Int64Slice()
	switch {
	case err != nil:
		return loginstore.Reservation{}, fmt.Errorf("redislogins: %w", err)
	case len(reply) != 7 || reply[0] < int64(loginstore.Reserved) || reply[0] > int64(loginstore.Crowded):
		return loginstore.Reservation{}, errAnswer
	}
	return loginstore.Reservation{
		Attempt: attempt, Verdict: loginstore.Verdict(reply[0]), Wait: time.Duration(reply[1]) * time.Microsecond, Known: reply[2] == 1,
		Reusable: reply[3] == 1, At: reply[4], Turn: reply[5] == 1, Shared: int(reply[6]),
	}, nil
}

// Preflight finds a server that drops keys when its memory is full.
func (s *store) Preflight(ctx context.Context) error { return s.scripts.Preflight(ctx) }

// Settle implements [loginstore.Store].
func (s *store) Settle(ctx context.Context, r loginstore.Reservation, outcome loginstore.Outcome, curve loginstore.Curve) error {
	arguments := append(numbers(r.Attempt, curve), int(outcome), number(r.Known), r.At, number(r.Turn), r.Shared, mostNetworks)
	if err := s.scripts.Run(ctx, settleScript, s.keys(r.Attempt), arguments...).Err(); err != nil {
		return fmt.Errorf("redislogins: %w", err)
	}
	return nil
}

// numbers returns the first arguments of the scripts; see common.lua.
func numbers(a loginstore.Attempt, c loginstore.Curve) []any {
	return []any{
		c.Free, c.FirstWait.Microseconds(), c.LongestWait.Microseconds(),
		c.Network.Burst, c.Network.Every.Microseconds(), c.Account.Burst, c.Account.Every.Microseconds(),
		c.LongestTurn.Microseconds(), c.Forget.Microseconds(), c.KnownFor.Microseconds(), loginstore.NetworkText(a.Network),
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
