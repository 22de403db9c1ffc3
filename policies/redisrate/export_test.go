package redisrate

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// NewClocked is [New] with the test's clock in place of the server's.
func NewClocked(client redis.Scripter, now func() time.Time, config Config) *Store {
	s := New(clocked{client, now}, config)
	script := strings.Replace(take, "redis.call('TIME')", "{ARGV[4], ARGV[5]}", 1)
	if script == take {
		panic("take.lua reads the clock in another way")
	}
	s.script = redis.NewScript(script)
	return s
}

// clocked adds the time to the arguments.
type clocked struct {
	redis.Scripter
	now func() time.Time
}

func (c clocked) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return c.Scripter.Eval(ctx, script, keys, c.timed(args)...)
}

func (c clocked) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	return c.Scripter.EvalSha(ctx, sha1, keys, c.timed(args)...)
}

func (c clocked) timed(args []any) []any {
	now := c.now()
	return append(args, now.Unix(), now.Nanosecond()/1000)
}
