package redislogins

import (
	"cmp"
	"context"
	_ "embed"
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
	// the store in memory shares them; on a Redis Cluster in each of the 16
	// parts. Default: 100,000. Each takes about 0.4 KiB.
	MaxCounters int

	// Timeout bounds each step of a login, whatever timeouts the client has. A
	// step that takes longer is a failure. Default: 250 ms.
	Timeout time.Duration
}

// form follows the prefix in every key. It contains the version of what the
// keys hold: keys of an earlier version are not read, and expire.
const form = ":login:2"

const (
	defaultPrefix      = "ginauth"
	defaultMaxCounters = 100_000
	mostNetworks       = 100 // in which a user can be known
)

// store is what [New] returns.
type store struct {
	scripts *redisscript.Runner
	name    string // begins the hash tag of every key: ginauth:login:2
	parts   int
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
	//go:embed enter.lua
	enterText string
	//go:embed leave.lua
	leaveText string
	//go:embed page.lua
	pageText string
	//go:embed reset.lua
	resetText string

	reserveScript = redisscript.Script(commonText, reserveText)
	settleScript  = redisscript.Script(commonText, settleText)
	enterScript   = redisscript.Script(commonText, enterText)
	leaveScript   = redisscript.Script(commonText, leaveText)
	pageScript    = redisscript.Script(pageText)
	resetScript   = redisscript.Script(resetText)
)

// New returns a store for the Limits of package policies/logins, on a client
// such as *[redis.Client], *[redis.ClusterClient] or *[redis.Ring]. The caller
// remains responsible for closing the client. New does not connect. It panics
// if the client is nil, a number is negative, or the prefix is unfit.
//
// The server is Redis 5 or later, or one that speaks its protocol. A step is
// one script, and so takes one round trip. Time is the server's.
//
// The counters of a Redis Cluster are in 16 parts, which its nodes share: those
// of an account, and where it is known, are in one part, and that of a network
// is in another. A user that logs in where it is known needs only the account's
// part. Otherwise reserving takes three scripts, the second for a place at the
// network's gate, and settling takes two. If the account refuses,
// or its node fails, the place is given back; no password is tested without a
// place in both. The client must be a *redis.ClusterClient, or embed one, in
// all processes.
//
// Keys expire when they no longer matter. They contain the digest of a user
// name or the address of a network. Of each part there are at most MaxCounters,
// some thousands that are shared when there is no room, and one for each user,
// which is known in at most 100 networks. The server must not evict keys: Check
// finds a maxmemory-policy other than noeviction.
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
		name:    cmp.Or(c.Prefix, defaultPrefix) + form, parts: partsOf(client),
		max: cmp.Or(c.MaxCounters, defaultMaxCounters),
	}
}

// Preflight finds a server that drops keys when its memory is full.
func (s *store) Preflight(ctx context.Context) error { return s.scripts.Preflight(ctx) }

// numbers returns the first arguments of the scripts; see common.lua.
func numbers(a loginstore.Attempt, c loginstore.Curve) []any {
	return []any{
		c.Free, c.FirstWait.Microseconds(), c.LongestWait.Microseconds(),
		c.Network.Burst, c.Network.Every.Microseconds(), c.Account.Burst, c.Account.Every.Microseconds(),
		c.LongestTurn.Microseconds(), c.Forget.Microseconds(), c.KnownFor.Microseconds(),
		loginstore.NetworkText(a.Network),
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
