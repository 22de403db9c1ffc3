package redistest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Gone returns clients, by name, of servers that are of no use: one that is
// gone, an address without a listener; one that is hanging, a listener that
// never answers; one that is unreachable, which no connection is made to; and
// one whose credentials do not come.
// The clients' own timeouts are long. Each of them is there twice: the name of
// the one that heeds the deadlines of contexts begins with "heeding, ".
func Gone(t testing.TB) map[string]*redis.Client {
	t.Helper()
	closed, hanging := listen(t), listen(t)
	closed.Close()
	unreachable := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	never := func() (name, password string) {
		<-t.Context().Done()
		return "", ""
	}
	clients := map[string]*redis.Client{}
	for name, options := range map[string]redis.Options{
		"gone":        {Addr: closed.Addr().String()},
		"hanging":     {Addr: hanging.Addr().String()},
		"unreachable": {Dialer: unreachable},
		"locked":      {Addr: hanging.Addr().String(), CredentialsProvider: never},
	} {
		options.ReadTimeout, options.DialTimeout, options.MaxRetries = time.Minute, time.Minute, 10
		clients[name] = newClient(t, options)
		options.ContextTimeoutEnabled = true
		clients["heeding, "+name] = newClient(t, options)
	}
	return clients
}

func newClient(t testing.TB, options redis.Options) *redis.Client {
	t.Helper()
	client := redis.NewClient(&options)
	t.Cleanup(func() { client.Close() })
	return client
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}
