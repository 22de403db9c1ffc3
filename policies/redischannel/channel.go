package redischannel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Config configures [New].
type Config struct {
	// Prefix begins the name of the channel, followed by ":revoked". All
	// servers of an application have the same. Applications that share one
	// empty each other's caches. Default: "ginauth".
	Prefix string

	// Timeout bounds an announcement, whatever timeouts the client has. One
	// that takes longer is a failure. Default: 250 ms.
	Timeout time.Duration
}

// Channel sends announcements, for models.Revocation, and hears those of all
// servers, for authcache.NewListener. It is safe for concurrent use.
type Channel struct {
	client  redis.UniversalClient
	name    string
	scripts *redisscript.Runner
}

// New returns a channel on a server of Redis 5 or later, or one that speaks its
// protocol, or on a cluster. The caller remains responsible for closing the
// client. New does not connect. It panics if the client is nil or the timeout
// negative.
//
// Each Listen has a connection of its own, on which it sends a PING every 2
// seconds in which it has heard nothing. Nothing is stored.
func New(client redis.UniversalClient, config ...Config) *Channel {
	c := wiring.Config("redischannel: New", config)
	return &Channel{
		client:  client,
		name:    cmp.Or(c.Prefix, "ginauth") + ":revoked",
		scripts: redisscript.New("redischannel", client, c.Timeout),
	}
}

var publishScript = redisscript.Script(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`)

// Announce implements models.Announcer. An announcement that takes longer than
// the timeout may have been sent.
func (c *Channel) Announce(ctx context.Context, message string) error {
	if err := c.scripts.Run(ctx, publishScript, []string{c.name}, message).Err(); err != nil {
		return fmt.Errorf("redischannel: %w", err)
	}
	return nil
}

// silence is how long the server may say nothing before it is asked whether it
// still answers, and again before the connection counts as dead.
const silence = 2 * time.Second

// Listen implements authcache.Channel. Within 4 seconds it notices that the
// connection is dead; connecting may take as long as the client's timeouts let
// it.
func (c *Channel) Listen(ctx context.Context, joined func(), heard func(message string)) error {
	// While it connects, a client need not watch the context.
	ended := make(chan error, 1)
	go func() { ended <- c.subscribe(ctx, joined, heard) }()
	select {
	case err := <-ended:
		return fmt.Errorf("redischannel: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Channel) subscribe(ctx context.Context, joined func(), heard func(message string)) error {
	subscription := c.client.Subscribe(ctx, c.name)
	defer context.AfterFunc(ctx, func() { _ = subscription.Close() })() // ends a wait
	defer func() { _ = subscription.Close() }()
	err := c.listen(ctx, subscription, joined, heard)
	if cluster, ok := c.client.(interface{ ReloadState(ctx context.Context) }); ok {
		cluster.ReloadState(ctx) // the node may be gone
	}
	return err
}

var errSilent = errors.New("the server does not answer")

func (c *Channel) listen(
	ctx context.Context, subscription *redis.PubSub, joined func(), heard func(message string),
) error {
	asked := true // the subscription itself
	for {
		reply, err := subscription.ReceiveTimeout(ctx, silence)
		switch {
		case err != nil && (asked || !timedOut(err) || ctx.Err() != nil):
			if timedOut(err) {
				err = errSilent
			}
			return err
		case err != nil:
			asked = true
			if err := subscription.Ping(ctx); err != nil {
				return err
			}
			continue
		}
		asked = false
		switch reply := reply.(type) {
		case *redis.Subscription: // at first, and when the client has reconnected by itself
			joined()
		case *redis.Message:
			heard(reply.Payload)
		}
	}
}

func timedOut(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}
