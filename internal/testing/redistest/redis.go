// Package redistest gives tests the Redis server that GINAUTH_TEST_REDIS names,
// to which they may write:
//
//	GINAUTH_TEST_REDIS=redis://127.0.0.1:6379 go test ./...
package redistest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Variable is the environment variable with the URL of the server.
const Variable = "GINAUTH_TEST_REDIS"

// Open returns a client of the server, and a prefix of the test's own. Keys
// that begin with the prefix, or with the prefix in braces, are deleted when
// the test ends. Without a server the test is skipped.
func Open(t testing.TB) (client *redis.Client, prefix string) {
	t.Helper()
	need(t)
	options, err := redis.ParseURL(os.Getenv(Variable))
	if err != nil {
		t.Fatal(Variable + " is not a URL of Redis") // the error quotes the password
	}
	client = redis.NewClient(options)
	prefix = "redistest_" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		for _, key := range append(Keys(t, client, prefix), Keys(t, client, "{"+prefix)...) {
			client.Del(context.Background(), key)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client, prefix
}

// Connect returns a client of the server for a process that a test has started.
func Connect() *redis.Client {
	options, err := redis.ParseURL(os.Getenv(Variable))
	if err != nil {
		panic(Variable + " is not a URL of Redis")
	}
	return redis.NewClient(options)
}

// Keys returns the keys that begin with a prefix.
func Keys(t testing.TB, client *redis.Client, prefix string) (keys []string) {
	t.Helper()
	found := client.Scan(context.Background(), 0, prefix+"*", 1000).Iterator()
	for found.Next(context.Background()) {
		keys = append(keys, found.Val())
	}
	if err := found.Err(); err != nil {
		t.Error(err)
	}
	return keys
}

// Clock is a clock that moves only when it is told to. It begins at the present
// time.
type Clock struct{ now time.Time }

// NewClock returns a clock.
func NewClock() *Clock { return &Clock{time.Now()} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return c.now }

// Advance moves the clock, back if d is negative.
func (c *Clock) Advance(d time.Duration) { c.now = c.now.Add(d) }

// Commands counts the commands that a client sends.
type Commands struct{ n atomic.Int64 }

// Count counts the client's commands from now on.
func Count(client *redis.Client) *Commands {
	c := new(Commands)
	client.AddHook(c)
	return c
}

// Sent returns the number of commands.
func (c *Commands) Sent() int64 { return c.n.Load() }

// DialHook implements [redis.Hook].
func (c *Commands) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements [redis.Hook].
func (c *Commands) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements [redis.Hook].
func (c *Commands) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}
