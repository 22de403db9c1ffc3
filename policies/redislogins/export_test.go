package redislogins

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// NewClocked is [New] with the test's clock in place of the server's.
func NewClocked(client redis.Scripter, now func() time.Time, config Config) *Store {
	s := New(clocked{client, now}, config)
	for script, text := range map[**redis.Script]string{&s.reserve: common + reserve, &s.settle: common + settle, &s.reset: reset, &s.page: page} {
		timed := strings.Replace(text, "redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}", 1)
		if timed == text {
			panic("a script reads the clock in another way")
		}
		*script = redis.NewScript(timed)
	}
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
