package redislogins_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// TestCluster counts on six nodes, with two clients as two server processes
// have.
func TestCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	var clients []*redis.ClusterClient
	var stores []loginstore.Store
	for range 2 {
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addresses})
		t.Cleanup(func() { client.Close() })
		clients = append(clients, client)
		stores = append(stores, redislogins.New(client, redislogins.Config{Timeout: 10 * time.Second}))
	}
	cluster.Ready(t, clients...)

	t.Run("a pair", func(t *testing.T) { logintest.Concurrent(t, stores...) })
	t.Run("a network's gate", func(t *testing.T) {
		atOnce(t, stores, 100, func(n int) loginstore.Attempt { return logintest.From(fmt.Sprint("user", n), 50) })
	})
	t.Run("an account's gate", func(t *testing.T) {
		atOnce(t, stores, 20, func(n int) loginstore.Attempt { return logintest.From("carol", 100+n) })
	})
	t.Run("spread", func(t *testing.T) { spread(t, clients[0]) })
	t.Run("listed and reset", func(t *testing.T) { listed(t, stores[1]) })
}

// atOnce makes 300 attempts with wrong passwords, a hundred at a time, and
// checks how many were tested.
func atOnce(t *testing.T, stores []loginstore.Store, want int64, attempt func(n int) loginstore.Attempt) {
	curve := logintest.Curve()
	curve.FirstWait, curve.Network.Every, curve.Account.Every = curve.LongestWait, time.Hour, time.Hour
	var tested atomic.Int64
	var wg sync.WaitGroup
	for worker := range 100 {
		wg.Go(func() {
			for n := worker; n < 300; n += 100 {
				store, r := stores[n%len(stores)], loginstore.Reservation{Verdict: loginstore.Crowded}
				for err := error(nil); r.Verdict == loginstore.Crowded; time.Sleep(5 * time.Millisecond) {
					if r, err = store.Reserve(t.Context(), attempt(n), curve); err != nil {
						t.Error(err)
						return
					}
				}
				if r.Verdict != loginstore.Reserved {
					continue
				}
				tested.Add(1)
				if err := store.Settle(t.Context(), r, loginstore.Failed, curve); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := tested.Load(); n != want {
		t.Errorf("%d of 300 wrong passwords were tested, want %d", n, want)
	}
}

// spread checks that each master has counters.
func spread(t *testing.T, client *redis.ClusterClient) {
	var lines []string
	var mu sync.Mutex
	err := client.ForEachMaster(t.Context(), func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		slots := map[int64]bool{}
		for _, key := range redistest.Keys(t, node, "{ginauth:login:2/") {
			slots[node.ClusterKeySlot(t.Context(), key).Val()] = true
		}
		lines = append(lines, fmt.Sprintf("%s: %d slots", node.Options().Addr, len(slots)))
		if len(slots) < 2 {
			t.Errorf("%s has counters in %d slots", node.Options().Addr, len(slots))
		}
		return nil
	})
	if err != nil || len(lines) != 3 {
		t.Error(err, lines)
	}
	t.Log(lines)
}

// listed checks that counters are found wherever they are, and reset.
func listed(t *testing.T, store loginstore.Store) {
	carol, network := logintest.From("carol", 0), logintest.From("", 50)
	for _, row := range []struct {
		what   string
		filter loginstore.Filter
		least  int
	}{
		{"an account", loginstore.Filter{Account: &carol.Account}, 21},   // and 20 networks or more
		{"a network", loginstore.Filter{Network: &network.Network}, 101}, // and 100 accounts
		{"all", loginstore.Filter{}, 101},                                // and 100 accounts of that network
	} {
		count := func() (n int) {
			for c, err := range store.Counters(t.Context(), row.filter) {
				if err != nil {
					t.Fatal(err)
				}
				if c.Kind != loginstore.OfUserInNetwork {
					n++
				}
			}
			return n
		}
		found := count()
		reset, err := store.Reset(t.Context(), row.filter)
		if err != nil || found < row.least || reset != found {
			t.Errorf("%s: %d counters, want %d or more; %d reset, %v", row.what, found, row.least, reset, err)
		}
		if n := count(); n != 0 {
			t.Errorf("%s: %d counters after the reset", row.what, n)
		}
	}
}
