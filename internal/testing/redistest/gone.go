package redistest

import (
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Gone returns clients, by name, of servers that are of no use: one that is
// gone, an address without a listener, and one that is hanging, a listener that
// never answers. The clients' own timeouts are long.
func Gone(t testing.TB) map[string]*redis.Client {
	t.Helper()
	closed := listen(t)
	closed.Close()
	clients := map[string]*redis.Client{}
	for name, listener := range map[string]net.Listener{"gone": closed, "hanging": listen(t)} {
		client := redis.NewClient(&redis.Options{
			Addr: listener.Addr().String(), ReadTimeout: time.Minute, DialTimeout: time.Minute, MaxRetries: 10,
		})
		t.Cleanup(func() { client.Close() })
		clients[name] = client
	}
	return clients
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
