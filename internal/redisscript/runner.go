// Package redisscript runs the Lua scripts of the stores that count in Redis.
package redisscript

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const defaultTimeout = 250 * time.Millisecond

// Runner runs scripts on a server, each within a timeout. It is safe for
// concurrent use.
type Runner struct {
	// Clock replaces the server's clock, for tests. It is set before the first
	// call of Run.
	Clock func() time.Time

	client  redis.Scripter
	cancels bool // the client ends its calls at the deadline of their context
	timeout time.Duration
	late    error // the error after the timeout
}

// New returns a runner for a store's constructor New in the named package. It
// does not connect. A timeout of zero stands for 250 ms. It panics if the
// client is nil or the timeout negative.
func New(name string, client redis.Scripter, timeout time.Duration) *Runner {
	if client == nil || reflect.ValueOf(client).Kind() == reflect.Pointer && reflect.ValueOf(client).IsNil() {
		panic(name + ": New was given a nil client")
	}
	if timeout < 0 {
		panic(name + ": New: the timeout must not be negative; 0 stands for 250 ms")
	}
	timeout = cmp.Or(timeout, defaultTimeout)
	return &Runner{
		client: client, cancels: heedsDeadlines(client), timeout: timeout,
		late: fmt.Errorf("no answer within %v: %w", timeout, context.DeadlineExceeded),
	}
}

//go:embed clock.lua
var clock string

// Script returns the script that consists of the given parts, in which the
// local variable now holds the time in microseconds since 1970.
func Script(parts ...string) *redis.Script {
	text := clock
	for _, part := range parts {
		text += part
	}
	return redis.NewScript(text)
}

// heedsDeadlines reports whether the client is configured to end a call at its
// context's deadline. Functions of the application that it calls on the way may
// not, so it must have none. Its hooks cannot be seen: they must heed the
// context.
func heedsDeadlines(client redis.Scripter) bool {
	switch c := client.(type) {
	case *redis.Client:
		o := c.Options()
		return o.ContextTimeoutEnabled && o.OnConnect == nil && o.CredentialsProvider == nil &&
			o.StreamingCredentialsProvider == nil && o.Limiter == nil
	case *redis.ClusterClient:
		o := c.Options()
		return o.ContextTimeoutEnabled && o.OnConnect == nil && o.CredentialsProvider == nil &&
			o.StreamingCredentialsProvider == nil
	}
	return false
}

// Run runs a script made by [Script], within the timeout. Once the server knows
// the script, that is one round trip. A script that was abandoned, because the
// context ended or after the timeout, may have run.
func (r *Runner) Run(ctx context.Context, script *redis.Script, keys []string, arguments ...any) *redis.Cmd {
	ctx, cancel := r.Bound(ctx)
	defer cancel()
	arguments = append(slices.Clip(arguments), r.time())
	run := r.askBeside
	if r.cancels {
		run = r.ask
	}
	reply := run(ctx, script, keys, arguments)
	if reply.Err() != nil {
		r.reload(ctx)
	}
	return reply
}

// ask runs a script on a client that ends its calls at their deadline. If the
// context is cancelled before, the call goes on until then.
func (r *Runner) ask(ctx context.Context, script *redis.Script, keys []string, arguments []any) *redis.Cmd {
	reply := script.Run(ctx, r.client, keys, arguments...)
	if reply.Err() != nil && ctx.Err() != nil {
		return failed(ctx)
	}
	return reply
}

// askBeside is ask for any other client. It returns when the context ends; the
// client's call goes on in a goroutine until its own timeout.
func (r *Runner) askBeside(ctx context.Context, script *redis.Script, keys []string, arguments []any) *redis.Cmd {
	answered := make(chan *redis.Cmd, 1)
	go func() { answered <- script.Run(ctx, r.client, keys, arguments...) }()
	select {
	case reply := <-answered:
		return reply
	case <-ctx.Done():
		return failed(ctx)
	}
}

// failed returns the reply to a script that was abandoned.
func failed(ctx context.Context) *redis.Cmd {
	reply := redis.NewCmd(ctx)
	reply.SetErr(context.Cause(ctx))
	return reply
}

// Bound returns a context that ends after the timeout, for a caller that runs
// several scripts within one.
func (r *Runner) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, r.timeout, r.late)
}

// reload lets the client of a cluster ask, in the background, which node has
// which keys. By itself it asks once a minute, and until then sends commands to
// a node that is gone.
func (r *Runner) reload(ctx context.Context) {
	if cluster, ok := r.client.(interface{ ReloadState(ctx context.Context) }); ok {
		cluster.ReloadState(ctx)
	}
}

// time returns the last argument of every script; see clock.lua. Nothing that a
// client sends can take its place, because it is added here.
func (r *Runner) time() any {
	if r.Clock == nil {
		return ""
	}
	return r.Clock().UnixMicro()
}
